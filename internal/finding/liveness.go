package finding

import (
	"cmp"
	"strings"
)

// Liveness is what a credential's own service says of it.
type Liveness struct {
	Status  string   `json:"status"`            // "live", "dead" or "unknown"
	Subject string   `json:"subject,omitempty"` // whose it is: "user octocat"
	Scopes  []string `json:"scopes,omitempty"`  // what it may do, in the service's words
	Expires string   `json:"expires,omitempty"` // when it ends by itself, RFC 3339
	Reason  string   `json:"reason,omitempty"`  // why it is dead or unknown
	Asked   string   `json:"asked,omitempty"`   // the hosts that got a request
}

// String says it in one line: "live: user octocat, may repo, workflow, until 2027-01-31 (asked api.github.com)".
func (l *Liveness) String() string {
	var parts []string
	if l.Subject != "" {
		parts = append(parts, l.Subject)
	}
	if len(l.Scopes) > 0 {
		parts = append(parts, "may "+strings.Join(l.Scopes, ", "))
	}
	if day, _, _ := strings.Cut(l.Expires, "T"); day != "" {
		parts = append(parts, "until "+day)
	}
	if l.Reason != "" {
		parts = append(parts, l.Reason)
	}
	line := l.Status
	if len(parts) > 0 {
		line += ": " + strings.Join(parts, ", ")
	}
	return line + " (asked " + cmp.Or(l.Asked, "nobody") + ")"
}

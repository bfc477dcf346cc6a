package finding

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"github.com/curfew-ci/curfew/internal/source"
)

// Finding is one fault at one place.
type Finding struct {
	Rule     string        `json:"rule"`
	Severity Severity      `json:"severity"`
	Message  string        `json:"message"` // one sentence, lower case, no full stop, never a secret's value
	Region   source.Region `json:"region"`
	Label    string        `json:"label,omitempty"`   // what stands under the carets, e.g. `job "publish"`
	Related  []Related     `json:"related,omitempty"` // other places, first the manifest line that decided
	Flow     []Step        `json:"flow,omitempty"`    // credential → job → step, in the order of travel
	Fix      string        `json:"fix,omitempty"`     // what to do next, one sentence, lower case
	Owner    string        `json:"owner,omitempty"`   // the manifest's owner id, where one is known
	Identity string        `json:"identity,omitempty"`
	Job      string        `json:"job,omitempty"`

	// Credential says which one the finding is about; nil where it is about none, or about several.
	Credential *Credential `json:"credential,omitempty"`

	// Source is what was read for it, where that isn't what its rule reads first: "platform" of what an inventory alone
	// tells. Only who reads that again can say that it is gone.
	Source string `json:"source,omitempty"`

	// Key tells this finding from the others of its rule in the same file without naming a line:
	// job and secret, an enclosing key, or a value's fingerprint. It is the fingerprint's material.
	Key string `json:"key"`

	// Fingerprint is set by Assign.
	Fingerprint string `json:"fingerprint"`
	// Snippet is set by scan, which alone knows what must be masked.
	Snippet Snippet `json:"snippet,omitzero"`
	// History is set where the finding stands in a commit and not, or not only, in the files as they are.
	History *History `json:"history,omitempty"`
	// Liveness is set where the credential's service was asked about it.
	Liveness *Liveness `json:"liveness,omitempty"`
	// Suppressed says why this finding doesn't count; nil where it does.
	Suppressed *Suppression `json:"suppressed,omitempty"`
}

// Related is another place that explains a finding.
type Related struct {
	Role    string        `json:"role"` // "manifest", "policy", "see": printed before the message
	Message string        `json:"message"`
	Region  source.Region `json:"region,omitzero"`
}

// Step is one stop on a credential's way.
type Step struct {
	Message string        `json:"message"`
	Region  source.Region `json:"region"`
}

// Snippet is the source under a finding, already masked: code point by code point, so that the columns
// of the finding's region still fit.
type Snippet struct {
	FirstLine int      `json:"firstLine"`
	Lines     []string `json:"lines"` // without line breaks
}

// IsZero reports whether there is no source to show.
func (s Snippet) IsZero() bool { return len(s.Lines) == 0 }

// Suppression says what silenced a finding.
type Suppression struct {
	Kind   string        `json:"kind"` // "ignore", "baseline" or "exception"
	Reason string        `json:"reason,omitempty"`
	Until  string        `json:"until,omitempty"` // date, YYYY-MM-DD
	Region source.Region `json:"region,omitzero"` // where the ignore or exception stands
}

// Counts reports whether f weighs on the exit status.
func (f *Finding) Counts() bool { return f.Suppressed == nil }

// Fingerprint is the first 16 bytes, in hex, of SHA-256 over "curfew/finding/v1", the rule, the path,
// the key and n, each ended by NUL; n numbers findings that agree in all three, in order of position.
func Fingerprint(rule, path, key string, n int) string {
	h := sha256.New()
	for _, s := range []string{"curfew/finding/v1", rule, path, key, strconv.Itoa(n)} {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

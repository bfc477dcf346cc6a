package manifest

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// MarshalJSON writes the decision as docs/decide.md describes it.
func (d Decision) MarshalJSON() ([]byte, error) {
	out := struct {
		Allow      bool        `json:"allow"`
		Grant      string      `json:"grant"`
		Owner      string      `json:"owner,omitempty"`
		Privilege  Privilege   `json:"privilege,omitempty"`
		TTLSeconds int64       `json:"ttlSeconds,omitempty"`
		Ends       string      `json:"ends,omitempty"`
		Guard      GuardState  `json:"guard,omitempty"`
		Triggers   []Taken     `json:"triggers,omitempty"`
		Conditions []Condition `json:"conditions"`
		Reasons    []Reason    `json:"reasons"`
	}{
		Allow: d.Allow, Grant: d.Grant, Owner: d.Owner, Privilege: d.Privilege, TTLSeconds: int64(d.TTL / time.Second),
		Guard: d.Guard, Triggers: d.Triggers, Conditions: d.Conditions, Reasons: d.Reasons,
	}
	if d.Allow {
		out.Ends = d.Ends.UTC().Format(time.RFC3339)
	}
	if out.Reasons == nil {
		out.Reasons = []Reason{}
	}
	return json.Marshal(out)
}

// Text is the decision for a person, each reason with its place. What tokens and files say is printed as
// one line without control characters.
func (d Decision) Text() string {
	var b strings.Builder
	if d.Allow {
		b.WriteString("allowed: " + oneLine(d.Grant) + " for " + Duration(d.TTL).String() + ", until " + d.Ends.UTC().Format(time.RFC3339) + "\n")
		for _, t := range d.Triggers {
			b.WriteString("  by " + strings.TrimSpace(t.Kind+" "+oneLine(t.Ref)) + "\n")
		}
		if d.Guard == GuardUnverified {
			b.WriteString("  note: what protects the manifest wasn't proven\n")
		}
		return b.String()
	}
	b.WriteString("denied: " + oneLine(d.Grant) + ", for " + count(len(d.Reasons), "reason") + "\n")
	for i := range d.Reasons {
		b.WriteString("\n" + d.Reasons[i].Text())
	}
	return b.String()
}

// Text is the reason on a few lines.
func (r *Reason) Text() string {
	var b strings.Builder
	b.WriteString(r.Region.String() + ": " + oneLine(r.Message) + " [" + string(r.Code) + "]\n")
	for _, line := range []struct{ name, text string }{
		{"received", r.Received}, {"expected", r.Expected}, {"try", r.Fix},
	} {
		if line.text != "" {
			b.WriteString("  " + line.name + ": " + oneLine(line.text) + "\n")
		}
	}
	if !r.Policy.IsZero() {
		b.WriteString("  policy: " + r.Policy.String() + "\n")
	}
	return b.String()
}

// oneLine escapes what would move the cursor or hide text: control characters, line breaks and marks
// that turn the direction of writing.
func oneLine(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return !strconv.IsPrint(r) }) < 0 {
		return s
	}
	quoted := strconv.Quote(s)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

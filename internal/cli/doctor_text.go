package cli

import (
	"fmt"
	"strings"

	"github.com/curfew-ci/curfew/internal/doctor"
	"github.com/curfew-ci/curfew/internal/jsontree"
)

// doctorText is the report for a person: a line a check, details indented, and what they come to.
func doctorText(r doctor.Report) string {
	width := 0
	for _, f := range r.Findings {
		width = max(width, len(checkName(f)))
	}
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%-11s  %-*s  %s\n", statusWord(f.Status), width, checkName(f), checkMessage(f))
		for _, p := range f.Points {
			writePoint(&b, p)
		}
		for i, line := range f.Fix {
			lead := "     "
			if i == 0 {
				lead = "try: "
			}
			b.WriteString(margin + lead + printableLine(line) + "\n")
		}
	}
	b.WriteString("\n" + doctorSum(r) + "\n")
	return b.String()
}

// margin is where a check's details stand.
const margin = "             "

func checkName(f doctor.Finding) string {
	return printableLine(strings.TrimSpace(f.Check + " " + f.Grant))
}

func statusWord(s doctor.Status) string {
	switch s {
	case doctor.OK:
		return "ok"
	case doctor.Wrong:
		return "WRONG"
	}
	return "not checked"
}

func checkMessage(f doctor.Finding) string { return printableLine(f.Message) }

// writePoint writes a detail. It begins with a dash, so that no name can begin a line: a runner takes "::" for a command,
// whatever space stands before it.
func writePoint(b *strings.Builder, p doctor.Point) {
	what := p.What
	if p.Place != "" {
		what = p.Place + ": " + what
	}
	if p.Received != "" && p.Expected == "" && p.Fix == "" {
		what += ": " + p.Received
		p.Received = ""
	}
	b.WriteString(margin + "- " + printableLine(what) + "\n")
	for _, line := range []struct{ name, text string }{{"received", p.Received}, {"expected", p.Expected}, {"try", p.Fix}} {
		if line.text != "" {
			b.WriteString(margin + "    " + line.name + ": " + printableLine(line.text) + "\n")
		}
	}
}

// doctorSum is the last line.
func doctorSum(r doctor.Report) string {
	counts := fmt.Sprintf("%d wrong, %d not checked, %d ok", r.Count(doctor.Wrong), r.Count(doctor.Unchecked), r.Count(doctor.OK))
	if r.Count(doctor.Wrong) > 0 {
		return counts + ": mend the first that is wrong, and run it again"
	}
	if r.Count(doctor.Unchecked) > 0 {
		return counts + ": nothing speaks against a lease, and what wasn't checked may"
	}
	return counts
}

// doctorJSON is the report for a program.
func doctorJSON(r doctor.Report) (string, error) {
	text, err := jsontree.Indented(struct {
		Schema    int              `json:"schema"`
		Wrong     int              `json:"wrong"`
		Unchecked int              `json:"not-checked"`
		OK        int              `json:"ok"`
		Checks    []doctor.Finding `json:"checks"`
	}{1, r.Count(doctor.Wrong), r.Count(doctor.Unchecked), r.Count(doctor.OK), r.Findings})
	return printable(string(text)), err
}

package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/markup"
	"github.com/curfew-ci/curfew/internal/scan"
)

// counting returns the findings of r that weigh, in r's order.
func counting(r *scan.Result) []*finding.Finding {
	var fs []*finding.Finding
	for i := range r.Findings {
		if r.Findings[i].Counts() {
			fs = append(fs, &r.Findings[i])
		}
	}
	return fs
}

// every lists the findings of r, silenced ones too.
func every(r *scan.Result) []*finding.Finding {
	fs := make([]*finding.Finding, len(r.Findings))
	for i := range r.Findings {
		fs[i] = &r.Findings[i]
	}
	return fs
}

// worstFirst returns fs with the worst first, those of one severity in their old order.
func worstFirst(fs []*finding.Finding) []*finding.Finding {
	sorted := slices.Clone(fs)
	slices.SortStableFunc(sorted, func(a, b *finding.Finding) int { return cmp.Compare(b.Severity, a.Severity) })
	return sorted
}

// tally says how many findings there are: "3 findings", "1 finding", "No findings". An interrupted scan proves
// nothing: "Interrupted after 3 findings", "Interrupted before any finding".
func tally(r *scan.Result, fs []*finding.Finding) string {
	switch {
	case r.Interrupted() && len(fs) == 0:
		return "Interrupted before any finding"
	case r.Interrupted():
		return "Interrupted after " + count(len(fs), "finding")
	case len(fs) == 0:
		return "No findings"
	}
	return count(len(fs), "finding")
}

// bySeverity says "1 high, 2 medium".
func bySeverity(fs []*finding.Finding) string {
	n := map[finding.Severity]int{}
	for _, f := range fs {
		n[f.Severity]++
	}
	var parts []string
	for _, s := range finding.Severities() {
		if n[s] > 0 {
			parts = append(parts, number(n[s])+" "+s.String())
		}
	}
	return strings.Join(parts, ", ")
}

// suppressed says what doesn't count and why, "4 in baseline, 1 ignored until 2026-12-31": by kind,
// then by date, which the many entries of a baseline are spared; empty where nothing is suppressed.
func suppressed(r *scan.Result) string {
	type group struct{ kind, until string }
	n := map[group]int{}
	for i := range r.Findings {
		switch s := r.Findings[i].Suppressed; {
		case s == nil:
		case s.Kind == "baseline":
			n[group{kind: s.Kind}]++
		default:
			n[group{s.Kind, s.Until}]++
		}
	}
	groups := make([]group, 0, len(n))
	for g := range n {
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b group) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.until, b.until))
	})
	parts := make([]string, len(groups))
	for i, g := range groups {
		parts[i] = number(n[g]) + " " + suppressedBy(g.kind)
		if g.until != "" {
			parts[i] += " until " + markup.Visible(g.until)
		}
	}
	return markup.Clip(strings.Join(parts, ", "), markup.MaxField)
}

func suppressedBy(kind string) string {
	switch kind {
	case "baseline":
		return "in baseline"
	case "ignore":
		return "ignored"
	case "exception":
		return "excepted"
	}
	return "suppressed by " + markup.Visible(kind)
}

// headline says "3 findings: 1 high, 2 medium (4 in baseline)".
func headline(r *scan.Result) string {
	fs := counting(r)
	line := tally(r, fs)
	if len(fs) > 0 {
		line += ": " + bySeverity(fs)
	}
	if s := suppressed(r); s != "" {
		line += " (" + s + ")"
	}
	return line
}

// checked says what was looked at, zeros included: that a scan read no workflow is worth knowing.
func checked(c scan.Checked) string {
	if c.Scope.Alone() {
		return "Checked " + count(c.Files, "file") + " for secrets."
	}
	line := fmt.Sprintf("Checked %s, %s, %s, %s, %s and %s.",
		count(c.Workflows, "workflow"), count(c.Actions, "action"), count(c.Jobs, "job"),
		count(c.Files, "file"), count(c.Secrets, "secret"), count(c.Entitlements, "entitlement"))
	if c.Commits > 0 {
		line += fmt.Sprintf(" Searched %s: %s of files, %s MB.", count(c.Commits, "commit"), count(c.Versions, "version"), number(int(c.Bytes/1e6)))
	}
	return line
}

// leftOut says what looks like a credential and is no finding; empty where there is nothing of the kind.
func leftOut(l scan.LeftOut) string {
	var parts []string
	if l.Allowlisted > 0 {
		parts = append(parts, number(l.Allowlisted)+" by allowlists")
	}
	if l.Ending > 0 {
		parts = append(parts, count(l.Ending, "token")+" that ended or will within a day")
	}
	guesses := 0
	reasons := make([]string, len(l.Unlikely))
	for i, u := range l.Unlikely {
		guesses += u.Count
		reasons[i] = count(u.Count, markup.Visible(u.What))
	}
	if guesses > 0 {
		noun := " guesses as unlikely: "
		if guesses == 1 {
			noun = " guess as unlikely: "
		}
		parts = append(parts, number(guesses)+noun+strings.Join(reasons, ", "))
	}
	if len(parts) == 0 {
		return ""
	}
	return "Left out: " + strings.Join(parts, ", ") + "."
}

// judge says which manifest judged; escape is the format's own. Where nothing but secrets is searched for,
// a manifest that isn't there isn't missed.
func judge(r *scan.Result, escape func(string) string) string {
	m := r.Manifest
	if m.Path == "" || m.From == "none" {
		if r.Checked.Scope.Alone() {
			return ""
		}
		line := "Manifest: none; curfew init writes one"
		if n := unentitled(r); n > 0 {
			return line + " from what is there: " + count(n, "finding") + " would be entitled by it, for an owner to review."
		}
		return line + "."
	}
	line := "Manifest: " + escape(m.Path) + " (" + escape(m.From) + ")"
	if strings.HasPrefix(m.From, "working tree; base ") {
		return line + ": this change brings the first one, which judges the change itself. From its merge on the base's judges, and its `mode` counts."
	}
	if m.Mode == "observe" {
		return line + ", which only observes: findings don't fail the scan."
	}
	return line + "."
}

// notChecked says what could not be judged and what would change that; escape is the format's own.
func notChecked(n scan.NotChecked, escape func(string) string) string {
	line := "Not checked (" + escape(string(n.Source)) + "): " + escape(n.What) + ": " + escape(n.Reason)
	if n.Fix != "" {
		line += "; try: " + escape(n.Fix)
	}
	return line + "."
}

// count says "1 secret", "1,204 secrets".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return number(n) + " " + noun + "s"
}

// number writes n with commas between thousands.
func number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/markup"
	"github.com/curfew-ci/curfew/internal/scan"
)

// Of more findings than that nobody reads each with its source: the worst are shown so, and of the others a few of each kind
// in a line each. All are in every other format, and in this one where it is asked for.
const (
	maxFull  = 25 // findings that are all shown with their source
	maxWorst = 10 // of more, those that are
	maxAlike = 3  // of these, those of one kind
	maxKind  = 5  // of each kind's others, those that have a line
)

// kind is the findings of one rule and severity.
type kind struct {
	severity finding.Severity
	rule     string
	findings []*finding.Finding
}

// kinds parts findings by severity and rule, the worst first, and keeps their order in each.
func kinds(fs []*finding.Finding) []*kind {
	var all []*kind
	for _, f := range worstFirst(fs) {
		i := slices.IndexFunc(all, func(k *kind) bool { return k.severity == f.Severity && k.rule == f.Rule })
		if i < 0 {
			i, all = len(all), append(all, &kind{severity: f.Severity, rule: f.Rule})
		}
		all[i].findings = append(all[i].findings, f)
	}
	return all
}

// textMany writes the worst of many findings with their source, and what the others are.
func textMany(b *strings.Builder, p paint, fs []*finding.Finding, ids map[string]string) {
	all := kinds(fs)
	shown := 0
	for _, k := range all {
		n := min(maxAlike, len(k.findings), maxWorst-shown)
		for _, f := range k.findings[:n] {
			textFinding(b, p, f, ids[f.Fingerprint])
			b.WriteByte('\n')
		}
		k.findings = k.findings[n:]
		shown += n
	}
	for _, k := range all {
		if len(k.findings) == 0 {
			continue
		}
		head := k.severity.String() + "[" + markup.Visible(k.rule) + "]"
		fmt.Fprintf(b, "%s: %s\n", p.severity(k.severity, head), p.bold(number(len(k.findings))+" more in "+count(files(k.findings), "file")))
		for _, f := range k.findings[:min(maxKind, len(k.findings))] {
			fmt.Fprintf(b, "  %s %s: %s   %s\n", p.frame("-->"), markup.Visible(f.Region.String()), markup.Visible(f.Message), markup.Visible(ids[f.Fingerprint]))
		}
		if left := len(k.findings) - maxKind; left > 0 {
			fmt.Fprintf(b, "  … and %s\n", number(left)+" of the same kind")
		}
		b.WriteByte('\n')
	}
}

// files counts the files that findings are in.
func files(fs []*finding.Finding) int {
	seen := map[string]bool{}
	for _, f := range fs {
		seen[f.Region.Path] = true
	}
	return len(seen)
}

// next says what to do about many findings; "" about few. Who has a baseline or only observes has begun.
func next(r *scan.Result, many, full bool) string {
	if !many {
		return ""
	}
	line := "Next: `curfew explain RULE` says how to mend a kind"
	if !full {
		line += "; --full shows each finding with its source"
	}
	begun := r.Manifest.Mode == "observe" || slices.ContainsFunc(r.Findings, func(f finding.Finding) bool {
		return f.Suppressed != nil && f.Suppressed.Kind == "baseline"
	})
	if begun {
		return line + "."
	}
	return line + ". To fail for what is new alone, accept what is there by --write-baseline, or begin with `mode: observe` in the manifest."
}

// unentitled counts the findings that are there because nothing is entitled to anything yet.
func unentitled(r *scan.Result) int {
	n := 0
	for _, f := range counting(r) {
		if slices.ContainsFunc(f.Related, func(rel finding.Related) bool { return rel.Role == "manifest" && rel.Message == "there is no manifest" }) {
			n++
		}
	}
	return n
}

package report

import (
	"fmt"
	"slices"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/markup"
	"github.com/curfew-ci/curfew/internal/scan"
	"github.com/curfew-ci/curfew/rules"
)

// part is what has a run of its own: a source, and what stands in the history alone, which most scans don't search.
type part struct {
	source scan.Source
	past   bool
}

// parts are all, in the order of their runs.
func parts() []part {
	var all []part
	for _, s := range scan.Sources() {
		all = append(all, part{source: s})
		if s == scan.Secrets {
			all = append(all, part{s, true})
		}
	}
	return all
}

// read reports whether r read all of the part.
func (p part) read(r *scan.Result) bool {
	history := r.Checked.Scope == scan.InHistory
	switch {
	case !slices.Contains(r.Checked.Sources, p.source):
		return false
	case p.past:
		return history && !r.Checked.HistoryInPart
	}
	return p.source != scan.Secrets || !history || r.Checked.Files > 0 // a bare repository has none
}

// gaps is what the i-th run tells of what wasn't checked: what concerns its own source, where that has no run before,
// and, in the first run, what concerns a source that has none.
func gaps(all []scan.NotChecked, runs []part, i int) []scan.NotChecked {
	has := func(runs []part, s scan.Source) bool {
		return slices.ContainsFunc(runs, func(p part) bool { return p.source == s })
	}
	var told []scan.NotChecked
	for _, n := range all {
		if n.Source == runs[i].source && !has(runs[:i], n.Source) || i == 0 && !has(runs, n.Source) {
			told = append(told, n)
		}
	}
	return told
}

// bySource sorts findings by the source that was read for them, their rule's or their own, and by whether they stand in the history alone.
func bySource(shown []*finding.Finding, all []*rules.Rule) (map[part][]*finding.Finding, error) {
	source := make(map[string]scan.Source, len(all))
	for _, rule := range all {
		src := scan.Source(rule.Source)
		if !slices.Contains(scan.Sources(), src) {
			return nil, fmt.Errorf("write sarif: rule %q reads source %q, which no scan has", rule.ID, rule.Source)
		}
		source[rule.ID] = src
	}
	found := map[part][]*finding.Finding{}
	for _, f := range shown {
		src, ok := source[f.Rule]
		if !ok {
			return nil, fmt.Errorf("write sarif: %s: no rule is called %q", markup.Visible(f.Region.String()), markup.Visible(f.Rule))
		}
		if f.Source != "" {
			src = scan.Source(f.Source)
		}
		if !slices.Contains(scan.Sources(), src) {
			return nil, fmt.Errorf("write sarif: %s: no scan reads source %q", markup.Visible(f.Region.String()), markup.Visible(f.Source))
		}
		p := part{src, src == scan.Secrets && f.History != nil}
		found[p] = append(found[p], f)
	}
	return found, nil
}

package suppress

import (
	"slices"

	"github.com/curfew-ci/curfew/internal/finding"
)

// match is a finding and what covers it.
type match struct {
	f *finding.Finding
	s *silencer
}

// matchIgnores pairs findings with the ignores of their rule that cover the line they start on.
func matchIgnores(found []finding.Finding, silencers []*silencer) []match {
	type id struct {
		rule, path string
		line       int
	}
	by := map[id][]*silencer{}
	for _, s := range silencers {
		if s.kind == "ignore" && s.line > 0 {
			k := id{s.rule, s.path, s.line}
			by[k] = append(by[k], s)
		}
	}
	var out []match
	for i := range found {
		f := &found[i]
		if f.Suppressed != nil || f.History != nil { // whose line is one of another version of the file
			continue
		}
		for _, s := range by[id{f.Rule, f.Region.Path, f.Region.Start.Line}] {
			out = append(out, match{f, s})
		}
	}
	return out
}

// matchBaseline pairs findings with baseline entries, one to one.
func matchBaseline(found []finding.Finding, silencers []*silencer) []match {
	type file struct{ rule, path string }
	entries := map[file][]*silencer{}
	for _, s := range silencers {
		if s.kind == "baseline" {
			k := file{s.rule, s.path}
			entries[k] = append(entries[k], s)
		}
	}
	type group struct{ rule, path, key string }
	groups := map[group][]*finding.Finding{}
	var order []group
	for i := range found {
		f := &found[i]
		if f.Suppressed != nil || len(entries[file{f.Rule, f.Region.Path}]) == 0 {
			continue
		}
		k := group{f.Rule, f.Region.Path, f.Key}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], f)
	}
	var out []match
	for _, k := range order {
		out = append(out, pair(groups[k], entries[file{k.rule, k.path}])...)
	}
	return out
}

// pair matches findings that agree in rule, path and key with the entries that carry one of their
// fingerprints. Such findings are numbered by position, so one that goes away renumbers the others: the
// entry that says the same of what it stands for is taken first, then any that is left.
func pair(group []*finding.Finding, entries []*silencer) []match {
	var prints []string
	for n, f := range group {
		prints = append(prints, finding.Fingerprint(f.Rule, f.Region.Path, f.Key, n))
	}
	var free []*silencer
	for _, e := range entries {
		if slices.Contains(prints, e.fingerprint) {
			free = append(free, e)
		}
	}
	var out []match
	take := func(fits func(*finding.Finding, *silencer) bool) {
		group = slices.DeleteFunc(group, func(f *finding.Finding) bool {
			i := slices.IndexFunc(free, func(e *silencer) bool { return fits(f, e) })
			if i < 0 {
				return false
			}
			out = append(out, match{f, free[i]})
			free = slices.Delete(free, i, i+1)
			return true
		})
	}
	take(func(f *finding.Finding, e *silencer) bool {
		return e.what == f.Message && e.fingerprint == f.Fingerprint
	})
	take(func(f *finding.Finding, e *silencer) bool { return e.what == f.Message })
	take(func(*finding.Finding, *silencer) bool { return true })
	return out
}

package engine

import (
	"slices"

	"github.com/zricethezav/gitleaks/v8/config"
)

// require hides the findings of rules that require others which have none nearby: what
// processRequiredRules of gitleaks does. The others' findings count whether or not they are told, and those
// of one layer only count for that layer.
func (s *Scanner) require() {
	for i := range s.findings {
		f := &s.findings[i]
		needs := s.e.plans.rules[f.rule].rule.RequiredRules
		if f.hidden || len(needs) == 0 || f.path {
			continue
		}
		for _, q := range needs {
			if !s.met(f, needs, q.RuleID) {
				f.hidden = true
				s.left.Required++
				break
			}
		}
	}
}

// met reports whether one of the requirements about a rule is met: of several about one, the library asks for one.
func (s *Scanner) met(f *finding, needs []*config.Required, rule string) bool {
	return slices.ContainsFunc(needs, func(q *config.Required) bool { return q.RuleID == rule && s.near(f, q) })
}

// near reports whether a required rule has a finding near f.
func (s *Scanner) near(f *finding, q *config.Required) bool {
	for i := range s.findings {
		o := &s.findings[i]
		if o.Rule == q.RuleID && o.Depth == f.Depth && within(f.Location, o.Location, q) {
			return true
		}
	}
	return false
}

// within is gitleaks' withinProximity.
func within(a, b Location, q *config.Required) bool {
	return (q.WithinLines == nil || apart(a.StartLine, b.StartLine) <= *q.WithinLines) &&
		(q.WithinColumns == nil || apart(a.StartColumn, b.StartColumn) <= *q.WithinColumns)
}

func apart(a, b int) int { return max(a-b, b-a) }

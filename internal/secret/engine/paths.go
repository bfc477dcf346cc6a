package engine

import "hash/maphash"

// judgement is what a path alone says of rules.
type judgement struct {
	leftOut bool     // by a global allowlist
	found   []int32  // the rules about paths that it matches
	rules   []answer // by rule; nil before the first was asked for
}

// answer says whether a rule is searched at a path.
type answer uint8

const (
	unasked answer = iota
	itRuns
	itDoesNot
)

// at is what a path says.
func (s *Scanner) at(path string) *judgement {
	if s.last != nil && s.lastPath == path {
		return s.last
	}
	key := maphash.String(s.e.seed, path)
	j := s.paths.get(key)
	if j == nil {
		j = &judgement{leftOut: s.e.LeavesOut(path)}
		for _, rule := range s.e.byPaths {
			if p := s.e.plans.rules[rule]; p.rule.Path.MatchString(path) && !allowsPath(s.e.listed[rule].paths, path) {
				j.found = append(j.found, rule)
			}
		}
		s.paths.keep(key, j)
	}
	s.last, s.lastPath = j, path
	return j
}

// runsAt reports whether a rule is searched at a path.
func (s *Scanner) runsAt(j *judgement, rule int32, path string) bool {
	p, lists := &s.e.plans.rules[rule].rule, s.e.listed[rule].paths
	if p.Path == nil && len(lists) == 0 {
		return true
	}
	if j.rules == nil {
		j.rules = make([]answer, len(s.e.plans.rules))
	}
	if j.rules[rule] == unasked {
		j.rules[rule] = itRuns
		if p.Path != nil && !p.Path.MatchString(path) || allowsPath(lists, path) {
			j.rules[rule] = itDoesNot
		}
	}
	return j.rules[rule] == itRuns
}

// addPath adds the finding of a rule about paths.
func (s *Scanner) addPath(rule int32, path string, text []byte) {
	hidden := s.hides(rule, text)
	if hidden && !s.e.needed[rule] {
		return
	}
	m := finding{rule: rule, path: true, hidden: hidden}
	m.Rule, m.Text = s.e.plans.rules[rule].id, []byte("file detected: "+path)
	s.findings = append(s.findings, m)
}

package engine

import (
	"hash/maphash"
	"slices"
)

// territory is where a rule is searched, as numbers of patterns of paths.
type territory struct {
	within  int32   // the rule's own pattern, or everywhere
	without []int32 // those of its allowlists
}

const everywhere = -1

// survey makes the territory of a rule with a pattern, which may be none, and allowlists.
func (s *pathSet) survey(r *rule, lists []*allowlist) (t territory, err error) {
	t.within = everywhere
	if r.path.compiled != nil {
		if t.within, err = s.add(r.path.text); err != nil {
			return t, err
		}
	}
	t.without, err = s.addAll(lists)
	return t, err
}

// addAll adds the patterns of allowlists.
func (s *pathSet) addAll(lists []*allowlist) (numbers []int32, err error) {
	for _, a := range lists {
		for _, pattern := range separate(a.paths) {
			n, err := s.add(pattern)
			if err != nil {
				return nil, err
			}
			numbers = append(numbers, n)
		}
	}
	return numbers, nil
}

// judgement is what a path alone says of rules.
type judgement struct {
	patterns []int32 // that match it
	leftOut  bool    // by a global allowlist
	found    []int32 // the rules about paths that it matches
}

// judgePath is what a path says. Allowlists say nothing of a text without a path.
func (e *Engine) judgePath(path string) judgement {
	j := judgement{patterns: e.paths.matching(path)}
	j.leftOut = path != "" && j.matches(e.global)
	for _, rule := range e.byPaths {
		if e.runsAt(&j, rule, path) {
			j.found = append(j.found, rule)
		}
	}
	return j
}

// matches reports whether the path matches any of some patterns.
func (j *judgement) matches(some []int32) bool {
	return slices.ContainsFunc(j.patterns, func(n int32) bool { return slices.Contains(some, n) })
}

// LeavesOut reports whether a global allowlist of the configuration leaves out all that is at path.
func (e *Engine) LeavesOut(path string) bool { return e.judgePath(path).leftOut }

// LeavesOut is the engine's. What it says is remembered.
func (s *Scanner) LeavesOut(path string) bool { return s.at(path).leftOut }

// at is what a path says.
func (s *Scanner) at(path string) *judgement {
	if s.last != nil && s.lastPath == path {
		return s.last
	}
	key := maphash.String(s.e.memos.seed, path)
	j := s.e.memos.paths.get(key)
	if j == nil {
		j = &s.e.unremarkable
		if made := s.e.judgePath(path); len(made.patterns)+len(made.found) > 0 {
			j = &made
		}
		s.e.memos.paths.keep(key, j)
	}
	s.last, s.lastPath = j, path
	return j
}

// runsAt reports whether a rule is searched at a path.
func (e *Engine) runsAt(j *judgement, rule int32, path string) bool {
	t := &e.where[rule]
	return (t.within == everywhere || slices.Contains(j.patterns, t.within)) && (path == "" || !j.matches(t.without))
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

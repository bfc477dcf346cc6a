package engine

import (
	"regexp/syntax"
	"slices"
)

// pathSet is all patterns that a configuration has of paths: where a rule is searched, and what allowlists
// leave out. They are searched as rules are in a text: a pattern's regular expression runs on the paths that
// have one of its literals with something around it that may match, and on all paths where it has no literal.
type pathSet struct {
	patterns []pattern
	numbers  map[string]int32 // of the patterns
	literals literals
	anchors  [][]anchor // by pattern; none where it is tried on all paths
	auto     *automaton
	uses     [][]use // by literal: the patterns, by number, and the anchors that it is
}

func newPathSet() *pathSet {
	return &pathSet{numbers: make(map[string]int32), literals: literals{numbers: make(map[string]int32)}}
}

// add adds a pattern and tells its number.
func (s *pathSet) add(text string) (int32, error) {
	n, ok := s.numbers[text]
	if ok {
		return n, nil
	}
	re, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return 0, err
	}
	n = int32(len(s.patterns)) //nolint:gosec // fewer than the bytes of a configuration
	s.numbers[text] = n
	s.patterns = append(s.patterns, later(text))
	best := choose(sequence(re), surroundings{})
	s.anchors = append(s.anchors, newAnchors(best.spots, s.literals.number))
	return n, nil
}

// finish makes the set ready to search: nothing is added any more.
func (s *pathSet) finish() {
	s.auto = newAutomaton(s.literals.list)
	s.uses = make([][]use, len(s.auto.literals))
	for i := range s.patterns {
		for k := range s.anchors[i] {
			a := &s.anchors[i][k]
			s.uses[a.literal] = append(s.uses[a.literal], use{int32(i), a})
		}
	}
}

// matching lists the patterns that match somewhere in a path.
func (s *pathSet) matching(path string) (out []int32) {
	var text [256]byte
	var hits [64]hit
	var tried [64]int32
	for _, n := range s.possible(append(text[:0], path...), hits[:0], tried[:0]) {
		if s.patterns[n].compiled().MatchString(path) {
			out = append(out, n)
		}
	}
	return out
}

// possible appends to out the patterns that may match, each once. hits is scratch memory.
func (s *pathSet) possible(path []byte, hits []hit, out []int32) []int32 {
	for i := range s.patterns {
		if len(s.anchors[i]) == 0 {
			out = append(out, int32(i))
		}
	}
	for _, h := range s.auto.scan(path, 0, len(path), hits) {
		if isOdd(h.lit) {
			return s.all(out[:0])
		}
		for _, u := range s.uses[h.lit] {
			if !slices.Contains(out, u.rule) && u.anchor.quick(path, int(h.end)) {
				out = append(out, u.rule)
			}
		}
	}
	return out
}

func (s *pathSet) all(out []int32) []int32 {
	for i := range s.patterns {
		out = append(out, int32(i))
	}
	return out
}

package engine

import (
	"bytes"
	"cmp"
	"context"
	"slices"
)

// search is the scratch memory of one call of Matches.
type search struct {
	matches  [][2]int
	findings []finding
	others   []int // those of findings that have precedence over generic ones
	left     Suppressed
	text     lines // of the text
	layer    lines // of the last layer that something was found in
	spans    []Span
	revealed []*revealed
	allowed  map[heldLine]bool
	words    []int32    // the literals in the text that rules ask for anywhere in it
	lower    string     // the text in lower case, where that was needed
	last     *judgement // of lastPath
	lastPath string
}

// finding is a match on its way to being told.
type finding struct {
	Match
	rule   int32
	path   bool // it is about the path alone
	hidden bool // its rule is told only with another's, or asks for a keyword that isn't there
	extra  bool // the library doesn't tell it
	line   []byte
	own    []byte
}

// Suppressed counts what the last call of Matches left out.
func (s *Scanner) Suppressed() Suppressed { return s.left }

// Matches lists the findings in a text at a path, in the order of their places; none where LeavesOut(path).
// text is what st was made of. It returns ErrTooMany, ErrTooLong or ctx's error, with what was found so far.
//
// It tells all that gitleaks' library tells. What it tells besides is:
//   - what the library allows for a line that isn't the finding's own (see allowedByLine);
//   - in decoded text, what a rule finds whose keyword stands outside of its match and only in text that
//     another layer has;
//   - where the library panics.
func (s *Scanner) Matches(ctx context.Context, path string, text []byte, st *State) ([]Match, error) {
	s.left = Suppressed{}
	if s.at(path).leftOut {
		return nil, ctx.Err()
	}
	return s.MatchesAnyway(ctx, path, text, st)
}

// MatchesAnyway is Matches for a path that may be left out by a global allowlist.
func (s *Scanner) MatchesAnyway(ctx context.Context, path string, text []byte, st *State) ([]Match, error) {
	s.left = Suppressed{}
	j := s.at(path)
	if st.tooLong {
		return nil, ErrTooLong
	}
	if st.empty() && len(j.found) == 0 && !s.e.blind {
		return nil, ctx.Err()
	}
	defer s.forget()
	err := s.collect(ctx, j, path, text, st)
	if len(s.findings) == 0 {
		return nil, err
	}
	s.dropPlaced(path)
	if s.sort(); len(s.findings) > MaxMatches {
		s.findings, err = s.findings[:MaxMatches], cmp.Or(err, ErrTooMany)
	}
	if s.e.require {
		s.require()
	}
	s.dropGeneric()
	return s.tell(), err
}

// forget lets go of the text and of what was found in it.
func (s *Scanner) forget() {
	clear(s.findings[:cap(s.findings)])
	clear(s.revealed[:cap(s.revealed)])
	clear(s.allowed)
	if cap(s.findings) > MaxMatches {
		s.findings = nil
	}
	s.findings, s.lower = s.findings[:0], ""
	s.text.text, s.layer.text = nil, nil
}

// sort puts findings in the order of their places.
func (s *Scanner) sort() {
	slices.SortFunc(s.findings, func(a, b finding) int {
		return cmp.Or(
			cmp.Compare(a.Match.Match.Start, b.Match.Match.Start), cmp.Compare(a.Match.Match.End, b.Match.Match.End),
			cmp.Compare(a.rule, b.rule), cmp.Compare(a.Depth, b.Depth),
			cmp.Compare(a.Secret.Start, b.Secret.Start), bytes.Compare(a.Text, b.Text))
	})
}

// dropPlaced drops the findings that their line or path allows.
func (s *Scanner) dropPlaced(path string) {
	kept := s.findings[:0]
	for i := range s.findings {
		f := s.findings[i]
		switch s.placedAllow(&f, path) {
		case byAllowlist:
			s.left.Allowlist++
		case byStopword:
			s.left.Stopword++
		default:
			kept = append(kept, f)
		}
	}
	s.findings = kept
}

// dropGeneric is gitleaks' filter: a generic finding isn't told where another rule tells a secret that has
// it in it, on the same line. What only we tell drops nothing.
func (s *Scanner) dropGeneric() {
	all, others := s.findings, s.others[:0]
	for i := range all {
		if o := &all[i]; !s.e.generic[o.rule] && !o.extra && !o.hidden {
			others = append(others, i)
		}
	}
	s.others = others
	if len(others) == 0 {
		return
	}
	for i := range all {
		f := &all[i]
		if s.e.generic[f.rule] && !f.hidden && s.betterTold(f, others) {
			f.hidden = true
			s.left.Generic++
		}
	}
}

// betterTold reports whether one of others has the secret of f in its own, on the same line.
func (s *Scanner) betterTold(f *finding, others []int) bool {
	for _, i := range others {
		if o := &s.findings[i]; o.Location.StartLine == f.Location.StartLine && bytes.Contains(o.Group, f.Group) {
			return true
		}
	}
	return false
}

// tell makes the result of what is left.
func (s *Scanner) tell() []Match {
	n := 0
	for i := range s.findings {
		if !s.findings[i].hidden {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	out := make([]Match, 0, n)
	for i := range s.findings {
		if f := &s.findings[i]; !f.hidden {
			out = append(out, f.Match)
		}
	}
	return out
}

package engine

import (
	"cmp"
	"math"
	"slices"

	"github.com/curfew-ci/curfew/internal/delta"
)

// Scanner searches texts, one after the other.
type Scanner struct {
	e *Engine

	// What follows is scratch memory.
	hits   []hit
	cand   []candidate
	gates  []hit
	lines  []Span
	ranges ranges
	copies []delta.Copy // of what a layer is made of
	shadow shadow
	broken []int32
	counts []int32 // by rule: how many of cand were made of a hit
	filled []bool  // by rule: whether one of cand is the whole text

	search
}

// NewScanner makes a Scanner: the scratch memory of one goroutine.
func (e *Engine) NewScanner() *Scanner {
	n := len(e.plans.rules)
	return &Scanner{e: e, counts: make([]int32, n), filled: make([]bool, n)}
}

// candidate is a window on its way into a state: that of one hit, or one that was taken over.
type candidate struct {
	window
	hit hit // where the window has none of its own; its end is counted from the window's start
}

// Whole looks over a text of which nothing is known yet.
func (s *Scanner) Whole(text []byte) *State {
	if len(text) > math.MaxInt32-sight {
		return &State{tooLong: true}
	}
	s.restart()
	s.hits = s.e.plans.auto.scan(text, 0, len(text), s.hits[:0])
	odd := s.take(text)
	if odd {
		s.takeOdd(text)
	}
	s.lines = encodedLines(text, 0, len(text), s.lines[:0])
	return s.settle(odd)
}

// take turns the hits at hand into candidates and gates. It reports whether the text has an odd letter.
func (s *Scanner) take(text []byte) (odd bool) {
	p := s.e.plans
	for _, h := range s.hits {
		if isOdd(h.lit) {
			odd = true
		}
		if len(p.gates[h.lit]) > 0 {
			s.gates = append(s.gates, h)
		}
		for _, u := range p.uses[h.lit] {
			if u.anchor.quick(text, int(h.end)) {
				s.add(text, u.rule, u.anchor, h)
			}
		}
	}
	return odd
}

// restart begins the search of a text.
func (s *Scanner) restart() {
	s.cand, s.gates = s.cand[:0], s.gates[:0]
	clear(s.counts)
	clear(s.filled)
}

// A rule with so many hits that stand so close, on average, is searched in the whole text: regular
// expressions take less time for that than it takes to follow each hit.
const (
	manyFollowed = 1 << 12
	closeHits    = 1 << 8 // bytes
)

// add makes the window of a hit a candidate. Where a hit before it has the whole text for a window, they will
// be one, whatever its own is: so a text that is full of hits isn't followed from each of them.
func (s *Scanner) add(text []byte, rule int32, a *anchor, h hit) {
	w := span{h.end - int32(a.length), h.end} //nolint:gosec // a literal
	if !s.filled[rule] {
		if s.counts[rule]++; s.counts[rule] >= manyFollowed && int(s.counts[rule])*closeHits >= len(text) {
			w = span{0, int32(len(text))} //nolint:gosec // texts are shorter than 2 GiB
		} else {
			w = narrow(a.window(text, int(h.end)))
		}
		s.filled[rule] = int(w.end-w.start) == len(text)
	}
	h.end -= w.start
	s.cand = append(s.cand, candidate{window: window{rule: rule, span: w}, hit: h})
}

// settle makes the candidates, gates and encoded lines at hand a state.
func (s *Scanner) settle(odd bool) *State {
	if len(s.cand)+len(s.gates)+len(s.lines) == 0 && !odd {
		return &s.e.nothing
	}
	st := &State{odd: odd, gates: slices.Clone(s.gates)}
	if odd {
		st.broken = slices.Clone(s.broken)
	}
	if len(s.lines) > 0 {
		st.encoded = make([]span, len(s.lines))
		for i, l := range s.lines {
			st.encoded[i] = narrow(l)
		}
	}
	st.windows = s.merge()
	return st
}

// merge makes windows of the candidates: those of a rule that overlap are one. A window that was taken
// over stays as it is where it meets none but those of its own hits.
func (s *Scanner) merge() []window {
	if len(s.cand) == 0 {
		return nil
	}
	slices.SortFunc(s.cand, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.rule, b.rule), cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end), cmp.Compare(len(b.hits), len(a.hits)))
	})
	groups, loose := s.group()
	out := make([]window, 0, groups)
	hits := make([]hit, 0, loose)
	for i := 0; i < len(s.cand); {
		end := i + 1
		whole := s.cand[i].window
		for ; end < len(s.cand) && s.cand[end].rule == whole.rule && s.cand[end].start < whole.end; end++ {
			whole.end = max(whole.end, s.cand[end].end)
		}
		if first := s.cand[i].window; len(first.hits) == 0 || first.end != whole.end || !known(first, s.cand[i+1:end]) {
			mark := len(hits)
			hits = appendHits(hits, s.cand[i:end], whole.start)
			whole.hits, whole.seen = hits[mark:len(hits):len(hits)], nil
		}
		out = append(out, whole)
		i = end
	}
	return out
}

// group counts the windows that merge will make, and the most hits that they will have anew.
func (s *Scanner) group() (groups, hits int) {
	reach, rule := int32(0), int32(-1)
	for i := range s.cand {
		c := &s.cand[i]
		if c.rule != rule || c.start >= reach {
			groups++
			rule, reach = c.rule, c.end
		}
		reach = max(reach, c.end)
		hits += max(1, len(c.hits))
	}
	return groups, hits
}

// known reports whether a window that was taken over has the hits of all others already.
func known(w window, others []candidate) bool {
	for i := range others {
		o := &others[i]
		if len(o.hits) > 0 {
			return false
		}
		h := hit{o.hit.lit, o.hit.end + o.start - w.start}
		if _, found := slices.BinarySearchFunc(w.hits, h, compareHits); !found {
			return false
		}
	}
	return true
}

// appendHits appends the hits of candidates, each once, in order, counted from start.
func appendHits(out []hit, cand []candidate, start int32) []hit {
	first := len(out)
	for i := range cand {
		c := &cand[i]
		by := c.start - start
		if len(c.hits) == 0 {
			out = append(out, hit{c.hit.lit, c.hit.end + by})
		}
		for _, h := range c.hits {
			out = append(out, hit{h.lit, h.end + by})
		}
	}
	slices.SortFunc(out[first:], compareHits)
	return out[:first+len(slices.Compact(out[first:]))]
}

func compareHits(a, b hit) int {
	return cmp.Or(cmp.Compare(a.end, b.end), cmp.Compare(a.lit, b.lit))
}

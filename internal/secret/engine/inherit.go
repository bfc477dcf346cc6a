package engine

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"sort"
	"unicode/utf8"

	"github.com/curfew-ci/curfew/internal/delta"
)

// Next looks over a text that takes over runs of another, its base, which is baseLen bytes long and whose
// state is known. copies are in the order of their Dst and don't overlap there. What is known after it is
// what Whole would know, but for windows that hold nothing.
//
// What no copy covers is dirty, and so is every seam between two copies. Hits are looked for in what is
// dirty and as far around it as a literal or a quick test may reach. A window depends on its own bytes and
// a character more at either end: one that lies in a copy with these is taken over as it is, with what was
// found in it. Of the others the hits are, and their windows are made anew.
func (s *Scanner) Next(text []byte, base *State, baseLen int, copies []delta.Copy) *State {
	if base.odd || base.tooLong || len(text) > math.MaxInt32-sight || !s.ranges.lay(len(text), baseLen, copies) {
		return s.Whole(text)
	}
	if len(s.ranges.dirty) == 0 {
		return base
	}
	if s.inherit(text, base, baseLen) {
		return s.Whole(text)
	}
	s.inheritLines(text, base, baseLen, s.ranges.copies)
	return s.settle(false)
}

// inherit makes the candidates and gates of a text that is made of another as s.ranges has it. It reports
// whether what is new in it has an odd letter.
func (s *Scanner) inherit(text []byte, base *State, baseLen int) (odd bool) {
	s.restart()
	s.hits = s.hits[:0]
	s.ranges.widen(s.e.plans.auto.longest, len(text))
	for _, r := range s.ranges.scanned {
		s.hits = s.e.plans.auto.scan(text, int(r.start), int(r.end), s.hits)
	}
	if s.take(text) {
		return true
	}
	s.inheritWindows(text, base, baseLen, s.ranges.copies)
	s.inheritGates(base, s.ranges.copies)
	return false
}

// ranges are parts of a text that is made of another, in order and apart from each other.
type ranges struct {
	copies  []delta.Copy // those that go on where another ends, in both texts, are one with it
	dirty   []span       // what isn't taken over; empty ones are seams
	scanned []span       // where hits are looked for: those that end after start, up to end
	lines   []Span       // whole lines that are looked through for encoded text
}

// lay joins copies and finds what is dirty. It reports false where the copies aren't what Next asks for.
func (r *ranges) lay(size, baseLen int, copies []delta.Copy) bool {
	r.copies, r.dirty = r.copies[:0], r.dirty[:0]
	at, from := 0, 0 // where the last copy ended in the text, and in the base
	for _, c := range copies {
		dst, src, n := int(c.Dst), int(c.Src), int(c.Len)
		if n <= 0 || dst < at || src < 0 || dst+n > size || src+n > baseLen {
			return false
		}
		if dst > at || src != from {
			r.dirty = append(r.dirty, narrow(Span{at, dst}))
			r.copies = append(r.copies, c)
		} else if last := len(r.copies) - 1; last >= 0 {
			r.copies[last].Len += c.Len
		} else {
			r.copies = append(r.copies, c)
		}
		at, from = dst+n, src+n
	}
	if at < size || from != baseLen {
		r.dirty = append(r.dirty, narrow(Span{at, size}))
	}
	return len(copies) > 0
}

// widen makes the ranges in which a hit can end that is new, gone, or of which a quick test may say
// something else than before.
func (r *ranges) widen(longest, size int) {
	r.scanned = r.scanned[:0]
	for _, d := range r.dirty {
		w := narrow(Span{max(0, int(d.start)-sight-1), min(size, int(d.end)+sight+longest+1)})
		if n := len(r.scanned); n > 0 && w.start <= r.scanned[n-1].end {
			r.scanned[n-1].end = max(w.end, r.scanned[n-1].end)
			continue
		}
		r.scanned = append(r.scanned, w)
	}
}

// holds reports whether a hit that ends at an offset was looked for.
func holds(scanned []span, end int32) bool {
	i := sort.Search(len(scanned), func(i int) bool { return scanned[i].end >= end })
	return i < len(scanned) && end > scanned[i].start
}

// takesOver reports whether a copy has all of a part of the base, and a character more at either end or
// the end of both texts there.
func takesOver(c delta.Copy, s span, baseLen, size int) bool {
	end := c.Src + c.Len
	return c.Src <= s.start && s.end <= end &&
		(s.start-c.Src >= utf8.UTFMax || c.Src == 0 && c.Dst == 0) &&
		(end-s.end >= utf8.UTFMax || int(end) == baseLen && int(c.Dst+c.Len) == size)
}

// inheritWindows makes candidates of the base's windows, rule by rule.
func (s *Scanner) inheritWindows(text []byte, base *State, baseLen int, copies []delta.Copy) {
	for rest := base.windows; len(rest) > 0; {
		rule := rest[0].rule
		n := sort.Search(len(rest), func(i int) bool { return rest[i].rule > rule })
		for _, c := range copies {
			first := sort.Search(n, func(i int) bool { return rest[i].end >= c.Src })
			for i := first; i < n && rest[i].start <= c.Src+c.Len; i++ {
				w := &rest[i]
				if takesOver(c, w.span, baseLen, len(text)) {
					taken := *w
					taken.span = w.shift(c.Dst - c.Src)
					s.cand = append(s.cand, candidate{window: taken})
					continue
				}
				s.inheritHits(text, w, c)
			}
		}
		rest = rest[n:]
	}
}

// inheritHits makes windows anew of those hits of a window that a copy takes over and that weren't looked
// for. What quick said of them is still true: all that it looked at is in the copy.
func (s *Scanner) inheritHits(text []byte, w *window, c delta.Copy) {
	by := w.start + c.Dst - c.Src
	first := sort.Search(len(w.hits), func(i int) bool { return w.hits[i].end+w.start > c.Src })
	for _, h := range w.hits[first:] {
		if h.end+w.start > c.Src+c.Len {
			break
		}
		if s.isIn(h, h.end+w.start, c) && !holds(s.ranges.scanned, h.end+by) {
			moved := hit{h.lit, h.end + by}
			s.add(text, w.rule, s.e.plans.rules[w.rule].anchor(moved), moved)
		}
	}
}

// isIn reports whether a copy takes over a hit that ends at an offset of the base.
func (s *Scanner) isIn(h hit, end int32, c delta.Copy) bool {
	start := end - int32(len(s.e.plans.auto.literals[h.lit])) //nolint:gosec // a literal
	return c.Src <= start && end <= c.Src+c.Len
}

// inheritGates takes over the hits of keywords.
func (s *Scanner) inheritGates(base *State, copies []delta.Copy) {
	if len(base.gates) == 0 {
		return
	}
	for _, c := range copies {
		first := sort.Search(len(base.gates), func(i int) bool { return base.gates[i].end > c.Src })
		for _, h := range base.gates[first:] {
			if h.end > c.Src+c.Len {
				break
			}
			moved := hit{h.lit, h.end + c.Dst - c.Src}
			if s.isIn(h, h.end, c) && !holds(s.ranges.scanned, moved.end) {
				s.gates = append(s.gates, moved)
			}
		}
	}
	slices.SortFunc(s.gates, compareHits)
}

// inheritLines lists the encoded lines: those of dirty lines anew, the others taken over. Of encoded lines
// of which a copy has a part, that part is dirty as well.
func (s *Scanner) inheritLines(text []byte, base *State, baseLen int, copies []delta.Copy) {
	dirty := s.ranges.lines[:0]
	for _, d := range s.ranges.dirty {
		if n := len(dirty); n > 0 && int(d.end) < dirty[n-1].End { // a line may be long, and much of it dirty
			continue
		}
		dirty = append(dirty, wholeLines(text, d))
	}
	dirty = union(dirty)
	fresh := len(dirty)
	s.lines = s.lines[:0]
	for _, c := range copies {
		end := c.Src + c.Len
		first := sort.Search(len(base.encoded), func(i int) bool { return base.encoded[i].end >= c.Src })
		for _, l := range base.encoded[first:] {
			if l.start > end {
				break
			}
			moved := span{max(l.start, c.Src), min(l.end, end)}.shift(c.Dst - c.Src)
			if takesOver(c, l, baseLen, len(text)) && !meets(dirty[:fresh], moved.wide()) {
				s.lines = append(s.lines, moved.wide())
				continue
			}
			if !inOneOf(dirty[:fresh], moved.wide()) {
				dirty = append(dirty, wholeLines(text, moved))
			}
		}
	}
	if len(dirty) > fresh {
		dirty = union(dirty)
	}
	for _, l := range dirty {
		s.lines = encodedLines(text, l.Start, l.End, s.lines)
	}
	s.lines = union(s.lines)
	s.ranges.lines = dirty
}

// wholeLines is s with all of the lines that it stands on, those before and after a seam among them.
func wholeLines(text []byte, s span) Span {
	return Span{bytes.LastIndexByte(text[:s.start], '\n') + 1, endOfLine(text, int(s.end))}
}

// meets reports whether one of parts, which are in order and apart, overlaps or touches s.
func meets(parts []Span, s Span) bool {
	i := sort.Search(len(parts), func(i int) bool { return parts[i].End >= s.Start })
	return i < len(parts) && parts[i].Start <= s.End
}

// inOneOf reports whether one of parts, which are in order and apart, has all of s.
func inOneOf(parts []Span, s Span) bool {
	i := sort.Search(len(parts), func(i int) bool { return parts[i].End >= s.End })
	return i < len(parts) && parts[i].Start <= s.Start
}

// union puts parts in order and joins those that overlap or touch.
func union(parts []Span) []Span {
	slices.SortFunc(parts, func(a, b Span) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)) })
	out := parts[:0]
	for _, p := range parts {
		if n := len(out); n > 0 && p.Start <= out[n-1].End {
			out[n-1].End = max(p.End, out[n-1].End)
			continue
		}
		out = append(out, p)
	}
	return out
}

package engine

import (
	"slices"
	"sort"
	"strings"
)

// shadow is a text with its odd letters as the ASCII ones that they are without regard to case.
type shadow struct {
	text []byte
	odd  []Span  // the odd letters' places in the text that was shadowed; in order
	at   []int32 // and in text
}

// cast makes h the shadow of a text.
func (h *shadow) cast(text []byte) {
	h.text, h.odd, h.at = h.text[:0], h.odd[:0], h.at[:0]
	for off := 0; off < len(text); {
		letter, size := oddAt(text[off:])
		if size == 0 {
			h.text = append(h.text, text[off])
			off++
			continue
		}
		h.odd, h.at = append(h.odd, Span{off, off + size}), append(h.at, int32(len(h.text))) //nolint:gosec // texts are shorter than 2 GiB
		h.text = append(h.text, letter)
		off += size
	}
}

// oddAt is the ASCII letter for which an odd one stands at the beginning of a text, and the size of the odd
// one; 0 where there is none.
func oddAt(text []byte) (letter byte, size int) {
	switch {
	case text[0] < 0xc4:
	case hasPrefix(text, longS):
		return 's', len(longS)
	case hasPrefix(text, kelvin):
		return 'k', len(kelvin)
	case hasPrefix(text, dottedI):
		return 'i', len(dottedI)
	}
	return 0, 0
}

func hasPrefix(text []byte, prefix string) bool { return strings.HasPrefix(asString(text), prefix) }

// origin maps an offset of the shadow to the text.
func (h *shadow) origin(off int32) int32 {
	n := sort.Search(len(h.at), func(i int) bool { return h.at[i] >= off })
	if n == 0 {
		return off
	}
	return int32(h.odd[n-1].End) + off - h.at[n-1] - 1 //nolint:gosec // texts are shorter than 2 GiB
}

// near reports whether an odd letter is within some bytes of s.
func (h *shadow) near(s Span, bytes int) bool {
	return meets(h.odd, Span{s.Start - bytes, s.End + bytes})
}

// takeOdd is take for a text with odd letters. Its hits are those of its shadow. Where an odd letter is in
// or at a window, neither literals nor the window's bounds can be relied on: the rule then is searched in the
// whole text, as the library does. All other windows are as they would be without the odd letters.
func (s *Scanner) takeOdd(text []byte) {
	p := s.e.plans
	s.restart()
	s.broken = s.broken[:0]
	s.shadow.cast(text)
	s.hits = p.auto.scan(s.shadow.text, 0, len(s.shadow.text), s.hits[:0])
	for _, h := range s.hits {
		size := int32(len(p.auto.literals[h.lit])) //nolint:gosec // a literal
		start := s.shadow.origin(h.end - size)
		h.end = s.shadow.origin(h.end)
		if h.end-start != size {
			for _, u := range p.uses[h.lit] {
				s.breakRule(u.rule)
			}
			continue
		}
		unsure := s.shadow.near(Span{int(start), int(h.end)}, sight+1)
		for _, u := range p.uses[h.lit] {
			if unsure || u.anchor.quick(text, int(h.end)) {
				s.add(text, u.rule, u.anchor, h)
				if s.shadow.near(s.cand[len(s.cand)-1].wide(), 1) {
					s.breakRule(u.rule)
				}
			}
		}
	}
}

func (s *Scanner) breakRule(rule int32) {
	if !slices.Contains(s.broken, rule) {
		s.broken = append(s.broken, rule)
	}
}

// revealOdd searches the layers of a whole text, one of which has odd letters near what was decoded: what
// escapes stand for in JavaScript's tables of characters, for one.
func (s *Scanner) revealOdd(text []byte) *revealed {
	layers := decodeCluster(strings.Clone(asString(text)))
	r := &revealed{odd: true}
	r.shrunk.add(layers)
	for n := range layers {
		top := layers[n].text
		s.takeOdd(asBytes(top))
		windows := s.merge()
		lower := strings.ToLower(top)
		for _, w := range windows {
			if !slices.Contains(s.broken, w.rule) {
				s.openRule(r, layers[:n+1], w.rule, w.wide(), lower)
			}
		}
		for _, rule := range slices.Concat(s.broken, s.e.ungated) {
			s.openRule(r, layers[:n+1], rule, Span{0, len(top)}, lower)
		}
	}
	return r
}

// openRule searches a window of the last of layers, whose text in lower case is lower. What a rule finds of which no
// keyword is there counts only for those that require it.
func (s *Scanner) openRule(r *revealed, layers []layer, rule int32, w Span, lower string) {
	open := s.e.plans.rules[rule].open(lower)
	if !s.e.searched(rule) || !open && !s.e.needed[rule] {
		return
	}
	before := len(r.found)
	s.openWindow(r, layers, rule, w, nil, atStart|atEnd)
	for i := before; i < len(r.found); i++ {
		r.found[i].closed = !open
	}
}

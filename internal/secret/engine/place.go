package engine

import "sort"

// place is where the library says that something in decoded text was written.
//
// The library maps a range of a layer to the layer below by the segments that the range touches, and so
// on down. What is decoded in a pass nearly always touches what was decoded in the one before, or it would
// have been decoded then. Where it doesn't, as of U+0061 in
//
//	abcdefghi%32U+0055 U+0061
//
// which first touches something with precedence and then stands beside a run that has grown long enough
// to take U+0055, the library stops and takes the offset in that layer for one in the text: it is off by
// as much as everything before it shrank in the passes up to there. In a cluster that is what shrank in
// the cluster; the library sees the whole text, so that what shrank in the clusters before it has to be
// taken off as well (shrinkage.place).
type place struct {
	Span
	passes int // how many passes were made of the text that the offsets count in
}

// touched lists the segments of a layer that overlap a range of its text or only touch it: a match
// that touches none was found in a layer below.
func (l *layer) touched(s Span) []segment {
	first := sort.Search(len(l.segments), func(i int) bool { return l.segments[i].decoded.End >= s.Start })
	end := first
	for end < len(l.segments) && l.segments[end].decoded.Start <= s.End {
		end++
	}
	return l.segments[first:end]
}

// toldPlace is where the library says that a range of the last layer's text was written.
func toldPlace(layers []layer, s Span) place {
	for n := len(layers); n > 0; n-- {
		touched := layers[n-1].touched(s)
		if len(touched) == 0 {
			return place{s, n}
		}
		for _, p := range touched {
			if p.decoded.Start <= s.Start && s.End <= p.decoded.End {
				return p.place
			}
		}
		first, last := touched[0], touched[len(touched)-1]
		s = Span{first.encoded.Start + min(0, s.Start-first.decoded.Start), last.encoded.End + max(0, s.End-last.decoded.End)}
	}
	return place{s, 0}
}

// origin is where a range of the last layer's text was really written. What begins or ends inside of
// decoded text begins or ends where the encoded text does.
func origin(layers []layer, s Span) Span {
	if s.End <= s.Start {
		return s
	}
	for n := len(layers); n > 0; n-- {
		segments := layers[n-1].segments
		first := sort.Search(len(segments), func(i int) bool { return segments[i].decoded.End > s.Start })
		last := sort.Search(len(segments), func(i int) bool { return segments[i].decoded.Start >= s.End })
		s = Span{startBelow(segments, first, s.Start), endBelow(segments, last, s.End)}
	}
	return s
}

// startBelow maps the start of a range to the layer below; first is the first segment that ends after it.
func startBelow(segments []segment, first, at int) int {
	switch {
	case first < len(segments) && segments[first].decoded.Start <= at:
		return segments[first].encoded.Start
	case first > 0:
		before := segments[first-1]
		return at + before.encoded.End - before.decoded.End
	}
	return at
}

// endBelow maps the end of a range to the layer below; last is the first segment that begins there or
// after it.
func endBelow(segments []segment, last, at int) int {
	if last == 0 {
		return at
	}
	before := segments[last-1]
	return before.encoded.End + max(0, at-before.decoded.End)
}

// shrinkage is by how many bytes each pass shortened some part of a text.
type shrinkage [MaxDepth]int

// add counts in what the passes made of another part.
func (s *shrinkage) add(layers []layer) {
	for n := range layers {
		for _, p := range layers[n].segments {
			s[n] += p.encoded.Len() - p.decoded.Len()
		}
	}
}

// place is p, a place in a cluster, as the library tells it of the whole text. s is the shrinkage of all
// clusters before, start where the cluster stands.
func (s *shrinkage) place(p place, start int) Span {
	off := start
	for n := range p.passes {
		off -= s[n]
	}
	return Span{p.Start + off, p.End + off}
}

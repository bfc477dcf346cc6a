package secret

import (
	"github.com/zricethezav/gitleaks/v8/detect/codec"
	"github.com/zricethezav/gitleaks/v8/report"
)

// locateDecoded finds the encoded text that a finding in decoded text stands for. It decodes again, layer
// by layer, finds the rule's match in the layer that the finding names, and maps the secret's range back.
//
// The library's own mapping gives the match and not the secret, and where text before it was decoded in
// an earlier pass it can give a place that is off by as much as that text shrank.
func (l *locator) locateDecoded(f *report.Finding) []hit {
	id := toldMatch{f.RuleID, depth(f), f.Match}
	if l.told[id] {
		return nil
	}
	l.told[id] = true
	top := l.decode(id.depth)
	if top == 0 {
		return l.search(f)
	}
	rule, in := l.engine.rules[f.RuleID], l.layers[top]
	s := secretIn(f.RuleID, f.Match, rule.Regex, rule.SecretGroup)
	var out []hit
	for _, m := range in.places(f.RuleID, rule.Regex, f.Match) {
		if l.allowed(f, in, m) {
			continue
		}
		at := span{m.start + s.start, m.start + s.end}
		for n := top; n > 0; n-- {
			at = encoded(l.layers[n].segments, at)
		}
		out = append(out, hit{detector: f.RuleID, region: at, value: []byte(f.Match[s.start:s.end])})
	}
	return out
}

// decode decodes n layers of the text and returns how many there are, at most n.
func (l *locator) decode(n int) int {
	decoder := codec.NewDecoder()
	for len(l.layers) <= n {
		// Without the segments of the pass before, a segment's place is one in the text before.
		decoded, segments := decoder.Decode(l.layers[len(l.layers)-1].text, nil)
		if len(segments) == 0 {
			break
		}
		l.layers = append(l.layers, &layer{text: decoded, segments: segments})
	}
	return min(n, len(l.layers)-1)
}

// encoded maps a range of a layer to the text it was decoded from. What begins or ends inside of decoded
// text begins or ends where the encoded text does.
func encoded(segments []*codec.EncodedSegment, s span) span {
	if s.end <= s.start {
		return s
	}
	out := span{before(segments, s.start), before(segments, s.end)}
	if in := within(segments, s.start); in != nil {
		out.start = codec.AdjustMatchIndex(in, []int{s.start, s.start})[0]
	}
	if in := within(segments, s.end-1); in != nil {
		out.end = codec.AdjustMatchIndex(in, []int{s.end, s.end})[1]
	}
	return out
}

// within is the segment that the byte at off was decoded from, in a slice for the library; nil where it
// was not decoded. The library counts what only touches a segment as overlapping it, so the ends asked
// for are one byte further in.
func within(segments []*codec.EncodedSegment, off int) []*codec.EncodedSegment {
	if in := codec.SegmentsWithDecodedOverlap(segments, off+1, off); len(in) > 0 {
		return in[:1]
	}
	return nil
}

// before maps a place outside of decoded text, by the segments that begin before it.
func before(segments []*codec.EncodedSegment, off int) int {
	earlier := codec.SegmentsWithDecodedOverlap(segments, 0, off-1)
	if len(earlier) == 0 {
		return off
	}
	return codec.AdjustMatchIndex(earlier, []int{0, off})[1]
}

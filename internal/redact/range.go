package redact

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Range is a stretch of a text in byte offsets; End is exclusive.
type Range struct{ Start, End int }

// maskRune stands for one hidden code point of a snippet.
const maskRune = '*'

// MaskRanges renders line with every code point that ranges touch replaced by one "*", so that columns
// still fit and carets can stand under the line. Offsets count from the line's first byte; what lies
// outside of the line is ignored, so a range that spans several lines may be given for each of them.
func MaskRanges(line []byte, ranges []Range) string {
	var b strings.Builder
	b.Grow(len(line))
	off := 0
	for _, r := range merge(ranges) {
		for off < len(line) && off < r.End {
			_, n := utf8.DecodeRune(line[off:])
			if off+n <= r.Start {
				b.Write(line[off : off+n])
			} else {
				b.WriteRune(maskRune)
			}
			off += n
		}
	}
	b.Write(line[min(off, len(line)):])
	return b.String()
}

// merge sorts ranges, joins those that overlap or touch and drops empty ones; it leaves its argument alone.
func merge(ranges []Range) []Range {
	sorted := slices.DeleteFunc(slices.Clone(ranges), func(r Range) bool { return r.Start >= r.End })
	slices.SortFunc(sorted, func(a, b Range) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)) })
	out := sorted[:0]
	for _, r := range sorted {
		if last := len(out) - 1; last >= 0 && r.Start <= out[last].End {
			out[last].End = max(out[last].End, r.End)
			continue
		}
		out = append(out, r)
	}
	return out
}

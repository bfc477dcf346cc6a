package engine

import "bytes"

// encodedLines appends the lines of text[from:to) in which the library's decoder would decode something,
// in order; from and to are at lines' beginnings or the text's end. Lines that stand side by side are one
// span. Where code points run on over line breaks, from before from or past to, the span is as long.
func encodedLines(text []byte, from, to int, out []Span) []Span {
	return out
}

// clusters appends the lines of spans and, around each, as many whole lines as it takes to have margin
// bytes on either side of it, where the text has so many; what touches is one. The spans are of whole
// lines and in order. A margin of at least one byte gives what decodeCluster asks for.
func clusters(text []byte, lines []Span, margin int, out []Span) []Span {
	first := len(out)
	for _, s := range lines {
		start := bytes.LastIndexByte(text[:max(0, s.Start-margin)], '\n') + 1
		end := len(text)
		if at := s.End + margin; at < len(text) {
			if nl := bytes.IndexByte(text[at-1:], '\n'); nl >= 0 {
				end = at + nl
			}
		}
		if n := len(out); n > first && start <= out[n-1].End {
			out[n-1].End = max(end, out[n-1].End)
			continue
		}
		out = append(out, Span{start, end})
	}
	return out
}

package engine

import (
	"bytes"
	"sort"
)

// lines are the line breaks of a text.
type lines struct {
	text   []byte
	breaks []int
	rest   Span // of the last line: from an offset that was asked for to the next "\r", or the end
}

// reset makes l the lines of text.
func (l *lines) reset(text []byte) {
	l.text, l.breaks, l.rest = text, l.breaks[:0], Span{-1, -1}
	for off := 0; ; off++ {
		i := bytes.IndexByte(text[off:], '\n')
		if i < 0 {
			return
		}
		off += i
		l.breaks = append(l.breaks, off)
	}
}

// of reports whether l is of text.
func (l *lines) of(text []byte) bool { return extentOf(l.text) == extentOf(text) }

// locate is gitleaks' location (detect/location.go): where a match stands as the library counts it, and
// the text that the library takes for its line. A line begins at the break before it. Of a match on a last
// line without a break the library takes all of the text before as well.
func (l *lines) locate(match Span) (Location, Span) {
	breaks := l.breaks
	if len(breaks) == 0 {
		breaks = []int{len(l.text)}
	}
	first := sort.SearchInts(breaks, match.Start+1) // the breaks at or before the start
	if first == len(breaks) || match.Start < 0 {
		return l.onLast(match, breaks)
	}
	at := Location{StartLine: first, EndLine: first, StartColumn: match.Start - lineStart(breaks, first) + 1}
	line := Span{lineStart(breaks, first), breaks[first]}
	last := sort.SearchInts(breaks, match.End) // the breaks before the end
	if last < len(breaks) && match.End > 0 {
		at.EndColumn = match.End - lineStart(breaks, last)
		if last >= first {
			at.EndLine, line.End = last, breaks[last]
		}
	}
	line.End = max(line.End, match.End)
	return at, line
}

// onLast locates a match that begins after the last break.
func (l *lines) onLast(match Span, breaks []int) (Location, Span) {
	n := len(breaks)
	at := Location{StartLine: n, EndLine: n, StartColumn: match.Start - breaks[n-1] + 1, EndColumn: match.End - breaks[n-1]}
	end := min(max(match.End, 0), len(l.text))
	if end < l.rest.Start || l.rest.End < end { // else known: the line may be as long as the text
		l.rest = Span{end, len(l.text)}
		if i := bytes.IndexAny(l.text[end:], "\r\n"); i >= 0 {
			l.rest.End = end + i
		}
	}
	return at, Span{0, l.rest.End}
}

// lineStart is where line n begins: at the break before it.
func lineStart(breaks []int, n int) int {
	if n == 0 {
		return 0
	}
	return breaks[n-1]
}

// own is the line, or the lines, that s stands on, without the breaks around them.
func (l *lines) own(s Span) Span {
	out := Span{0, len(l.text)}
	if i := sort.SearchInts(l.breaks, s.Start); i > 0 {
		out.Start = l.breaks[i-1] + 1
	}
	if i := sort.SearchInts(l.breaks, s.End); i < len(l.breaks) {
		out.End = l.breaks[i]
	}
	return out
}

// around is what gitleaks takes for the line of a match in decoded text (codec.CurrentLine): from the break
// before what was decoded, this break included, to the one after it.
func (l *lines) around(start, end int) Span {
	out := Span{0, len(l.text)}
	if i := sort.SearchInts(l.breaks, start+1); i > 0 {
		out.Start = l.breaks[i-1]
	}
	if i := sort.SearchInts(l.breaks, end); i < len(l.breaks) {
		out.End = l.breaks[i]
	}
	return out
}

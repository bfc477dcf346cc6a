package source

import (
	"bytes"
	"fmt"
	"sort"
	"unicode/utf8"
)

// Pos is one place in a text. Line and Col start at 1, Col counts Unicode code points (SARIF's
// columnKind "unicodeCodePoints"), Offset is the byte offset and starts at 0. The zero Pos means
// "no place".
type Pos struct {
	Line   int `json:"line"`
	Col    int `json:"column"`
	Offset int `json:"offset"`
}

// IsZero reports whether p names no place.
func (p Pos) IsZero() bool { return p.Line == 0 }

// String renders "line:col".
func (p Pos) String() string { return fmt.Sprintf("%d:%d", p.Line, p.Col) }

// Span is a range of a text; End is exclusive.
type Span struct {
	Start Pos `json:"start"`
	End   Pos `json:"end"`
}

// IsZero reports whether s names no range.
func (s Span) IsZero() bool { return s.Start.IsZero() }

// Contains reports whether byte offset off lies in s.
func (s Span) Contains(off int) bool { return s.Start.Offset <= off && off < s.End.Offset }

// Region is a Span of a named file. Path is relative to the repository's root, with slashes.
type Region struct {
	Path string `json:"path"`
	Span
}

// String renders "path:line:col", or the path alone where there is no place.
func (r Region) String() string {
	if r.Span.IsZero() {
		return r.Path
	}
	return r.Path + ":" + r.Start.String()
}

// Text is a file's content with an index of its lines.
type Text struct {
	Path   string
	Src    []byte
	starts []int // byte offset of each line's first byte
}

// NewText indexes src. A line ends at LF; a CR before it belongs to the line but not to LineAt.
func NewText(path string, src []byte) *Text {
	starts := make([]int, 1, bytes.Count(src, []byte{'\n'})+1)
	for off := 0; ; {
		i := bytes.IndexByte(src[off:], '\n')
		if i < 0 {
			return &Text{Path: path, Src: src, starts: starts}
		}
		off += i + 1
		starts = append(starts, off)
	}
}

// Lines is the number of lines; an empty text has one.
func (t *Text) Lines() int { return len(t.starts) }

// Start is the byte offset at which line n (from 1) begins, clamped to the text.
func (t *Text) Start(n int) int {
	switch {
	case n < 1:
		return 0
	case n > len(t.starts):
		return len(t.Src)
	}
	return t.starts[n-1]
}

// LineAt is the content of line n (from 1) without its line break; nil where there is no such line.
func (t *Text) LineAt(n int) []byte {
	if n < 1 || n > len(t.starts) {
		return nil
	}
	return bytes.TrimRight(t.Src[t.Start(n):t.Start(n+1)], "\r\n")
}

// Pos is the place of byte offset off, clamped to the text.
func (t *Text) Pos(off int) Pos {
	off = min(max(off, 0), len(t.Src))
	line := sort.SearchInts(t.starts, off+1)
	start := t.starts[line-1]
	return Pos{Line: line, Col: utf8.RuneCount(t.Src[start:off]) + 1, Offset: off}
}

// Offset is the byte offset of a line and a column in code points, clamped to that line.
func (t *Text) Offset(line, col int) int {
	off, end := t.Start(line), t.Start(line+1)
	for ; col > 1 && off < end; col-- {
		_, n := utf8.DecodeRune(t.Src[off:end])
		off += n
	}
	return off
}

// Span is the range between two byte offsets.
func (t *Text) Span(start, end int) Span { return Span{t.Pos(start), t.Pos(end)} }

// Region is the range between two byte offsets, with the text's path.
func (t *Text) Region(start, end int) Region { return Region{t.Path, t.Span(start, end)} }

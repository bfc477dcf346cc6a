package yamltree

import (
	"unicode/utf8"

	"github.com/curfew-ci/curfew/internal/source"
)

// cursor turns byte offsets into places. It counts from the last place asked for, so that a walk
// through a file is linear however long its lines are.
type cursor struct {
	*scanner
	last source.Pos
}

// pos is the place of byte offset off.
func (c *cursor) pos(off int) source.Pos {
	t, line := c.text, c.last.Line
	for line < t.Lines() && t.Start(line+1) <= off {
		line++
	}
	start := t.Start(line)
	switch {
	case off < start:
		c.last = t.Pos(off)
		return c.last
	case c.ascii:
		c.last = source.Pos{Line: line, Col: off - start + 1, Offset: off}
		return c.last
	case line != c.last.Line:
		c.last = source.Pos{Line: line, Col: 1, Offset: start}
	}
	if d := c.last.Offset; d <= off {
		c.last.Col += utf8.RuneCount(t.Src[d:off])
	} else {
		c.last.Col -= utf8.RuneCount(t.Src[off:d])
	}
	c.last.Offset = off
	return c.last
}

func (c *cursor) span(start, end int) source.Span {
	s := c.pos(start)
	return source.Span{Start: s, End: c.pos(end)}
}

package secret

import (
	"bytes"
	"slices"
	"sort"
	"unicode/utf8"

	"github.com/curfew-ci/curfew/internal/source"
)

// regionsOf turns the places of hits into regions of a file, in one pass over it: a line may be as long
// as the file, and have a hit every few bytes.
func regionsOf(path string, content []byte, hits []hit) []source.Region {
	var offsets []int
	for _, h := range hits {
		offsets = append(offsets, h.region.start, h.region.end)
	}
	slices.Sort(offsets)
	at := make(map[int]source.Pos, len(offsets))
	c := cursor{content, source.Pos{Line: 1, Col: 1}}
	for _, off := range slices.Compact(offsets) {
		at[off] = c.to(off)
	}
	out := make([]source.Region, len(hits))
	for i, h := range hits {
		out[i].Path = path
		if h.region.start < h.region.end {
			out[i].Span = source.Span{Start: at[h.region.start], End: at[h.region.end]}
		}
	}
	return out
}

// cursor goes through a text forward and counts as source.Text does.
type cursor struct {
	content []byte
	pos     source.Pos // of the beginning of a code point
}

// to is the place of byte offset off, which isn't before the last one that was asked for.
func (c *cursor) to(off int) source.Pos {
	for {
		i := bytes.IndexByte(c.content[c.pos.Offset:off], '\n')
		if i < 0 {
			break
		}
		c.pos = source.Pos{Line: c.pos.Line + 1, Col: 1, Offset: c.pos.Offset + i + 1}
	}
	for c.pos.Offset < off {
		_, n := utf8.DecodeRune(c.content[c.pos.Offset:])
		if c.pos.Offset+n > off { // off cuts a code point in two
			cut := c.pos
			cut.Col += utf8.RuneCount(c.content[c.pos.Offset:off])
			cut.Offset = off
			return cut
		}
		c.pos.Offset += n
		c.pos.Col++
	}
	return c.pos
}

// linesWith lists the lines of content in which word stands, in order, without the breaks that end them.
func linesWith(content []byte, word string) []span {
	var out []span
	for off := 0; ; {
		i := bytes.Index(content[off:], []byte(word))
		if i < 0 {
			return out
		}
		line := span{bytes.LastIndexByte(content[:off+i], '\n') + 1, len(content)}
		if end := bytes.IndexByte(content[off+i:], '\n'); end >= 0 {
			line.end = off + i + end
		}
		out, off = append(out, line), line.end
	}
}

// meets reports whether s lies on one of lines, or a part of it does.
func meets(lines []span, s source.Span) bool {
	if s.IsZero() {
		return false
	}
	at := sort.Search(len(lines), func(i int) bool { return lines[i].end >= s.Start.Offset })
	return at < len(lines) && lines[at].start <= s.End.Offset
}

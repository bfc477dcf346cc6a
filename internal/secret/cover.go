package secret

import (
	"bytes"
	"cmp"
	"slices"
)

// cover is the regions of hits that are told, each better than those that are asked about after it.
type cover struct {
	regions map[span]bool
	lines   []span // those that lie on one line, by their starts
	longest int    // of lines
}

// add adds a region of content.
func (c *cover) add(content []byte, s span) {
	c.regions[s] = true
	if bytes.IndexByte(content[s.start:s.end], '\n') >= 0 {
		return
	}
	at, _ := slices.BinarySearchFunc(c.lines, s, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	c.lines = slices.Insert(c.lines, at, s)
	c.longest = max(c.longest, s.len())
}

// covers reports whether one of the regions speaks for s as well: one that has all of s in it or, where any part will
// do, one that has a part of it. What lies inside of several lines isn't spoken for: a "private key" can be made to
// begin at the top of a file and to end below.
func (c *cover) covers(s span, anyPart bool) bool {
	if c.regions[s] {
		return true
	}
	at, _ := slices.BinarySearchFunc(c.lines, s.start-c.longest, func(a span, start int) int { return cmp.Compare(a.start, start) })
	for _, a := range c.lines[at:] {
		switch {
		case a.start >= s.end && a.start > s.start:
			return false
		case a.start <= s.start && s.end <= a.end, anyPart && a.start < s.end && s.start < a.end:
			return true
		}
	}
	return false
}

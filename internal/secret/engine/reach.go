package engine

import "unicode/utf8"

// far is how many bytes from a literal a match is followed. One that may go on is taken to go on to the
// end of the text: else a long line that is full of literals would be followed once for each.
const far = 4 << 10

// around is the part of a text that is followed around a span.
func around(text []byte, s Span) Span {
	return Span{max(0, s.Start-far), min(s.End+far, len(text))}
}

// reach is the offset that no way goes beyond which begins at one of the offsets from and takes a pattern's
// steps, or gives up on them. No byte beyond the next one has a say in it.
func (l *look) reach(way []step, from offsets) int {
	l.follow(way, from)
	switch {
	case l.dir == rightward && l.unsure:
		return len(l.text)
	case l.dir == rightward:
		return l.origin + int(l.deepest)
	case l.unsure:
		return 0
	}
	return l.origin + 1 - int(l.deepest)
}

// pad widens a span by a character at either end, for what looks around there, and to whole characters:
// half a character would match as one of its own.
func pad(text []byte, s Span) Span {
	return Span{characterStart(text, s.Start-1), characterEnd(text, s.End+1)}
}

// characterStart is where the character begins that has the byte at off.
func characterStart(text []byte, off int) int {
	for back := 0; back < utf8.UTFMax && back <= off; back++ {
		if start := off - back; utf8.RuneStart(text[start]) {
			if _, size := utf8.DecodeRune(text[start:]); size > back {
				return start
			}
			break
		}
	}
	return max(off, 0)
}

// characterEnd is where the character ends that has the byte before off.
func characterEnd(text []byte, off int) int {
	if off >= len(text) {
		return len(text)
	}
	start := characterStart(text, off-1)
	_, size := utf8.DecodeRune(text[start:])
	return max(off, start+size)
}

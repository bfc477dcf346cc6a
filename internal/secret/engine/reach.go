package engine

import "unicode/utf8"

// walk is how far from offset at on a match can reach in text by taking steps in a direction: an offset
// beyond which none does.
//
// It is a bound for all ways at once. Let f be the bound of a part. Whoever begins that part at at, or
// nearer to the literal than at, ends it at f(at) or nearer. For a run this holds as one that begins nearer
// either ends before at or passes it, and is then in the run of bytes that begins at at; for a sequence
// each part's bound is the next one's beginning; of alternatives it is the farthest, and a repeat is a
// sequence. What isn't there is passed over: that bounds those who needn't take it.
func walk(text []byte, at int, way []step, dir direction) int {
	for i := range way {
		s := &way[i]
		switch s.kind {
		case runStep:
			at = walkRun(text, at, s, dir)
		case anyStep:
			from := at
			for _, branch := range s.any {
				at = farther(at, walk(text, from, branch, dir), dir)
			}
		case repeatStep:
			for n := int32(0); n != s.most; n++ {
				to := walk(text, at, s.any[0], dir)
				if to == at {
					break
				}
				at = to
			}
		}
	}
	return at
}

func walkRun(text []byte, at int, s *step, dir direction) int {
	edge := len(text)
	if dir == leftward {
		edge = 0
	}
	if s.most == unbounded && s.set.full() {
		return edge
	}
	if most := int(s.most); s.most != unbounded && dir == rightward {
		edge = min(edge, at+most)
	} else if s.most != unbounded {
		edge = max(edge, at-most)
	}
	if dir == leftward {
		for at > edge && s.set.has(text[at-1]) {
			at--
		}
		return at
	}
	for at < edge && s.set.has(text[at]) {
		at++
	}
	return at
}

func farther(a, b int, dir direction) int {
	if dir == leftward {
		return min(a, b)
	}
	return max(a, b)
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

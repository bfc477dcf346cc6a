package redact

const (
	// maxGap is how many bytes may stand between two characters of a value.
	maxGap = 256
	// minRun is how many characters of base64 in a row make a line that may have been wrapped. Tools wrap at 60 and more; what
	// is shorter comes through at once, whatever it ends in.
	minRun = 48
)

// bridge follows the beginning of a form across gaps. It is a second state beside a Stream's own, for which every byte is a
// character, and sleeps as long as there is no gap.
type bridge struct {
	state   int32   // the beginning that has come, and that may go on; 0: it sleeps
	gaps    []Range // that it goes across, in order, by offsets in what is held
	within  gap
	since   int32 // so many characters have come since the last gap
	wrapped bool  // what stands before that may have been wrapped
	shown   int   // so much of what is held comes through, though it may be of the beginning
}

func (b *bridge) sleep() { *b = bridge{gaps: b.gaps[:0]} }

// cross takes in c, the last of so many bytes, where it is of a gap.
func (b *bridge) cross(c byte, bytes int) bool {
	if b.within == noGap {
		return false
	}
	of := false
	b.within, of = b.within.after(c, b.wrapped)
	if b.within == misread || of && !b.extend(bytes) {
		b.sleep()
		return false
	}
	return of
}

// extend lets the last gap go on to the last of so many bytes, unless that is too far.
func (b *bridge) extend(bytes int) bool {
	last := &b.gaps[len(b.gaps)-1]
	if b.shown == last.End {
		b.shown = bytes
	}
	last.End = bytes
	return last.End-last.Start <= maxGap
}

// start is where the last n characters of so many bytes begin, without what comes through of them.
func (b *bridge) start(bytes, n int) int {
	for i := len(b.gaps) - 1; i >= 0; i-- {
		between := bytes - b.gaps[i].End
		if n <= between {
			break
		}
		n -= between
		bytes = b.gaps[i].Start
	}
	return max(bytes-n, b.shown)
}

// shift is told that the first n of the bytes that are held are no longer.
func (b *bridge) shift(n int) {
	left := b.gaps[:0]
	for i, g := range b.gaps {
		if g.End > n || i == len(b.gaps)-1 { // the last may go on
			left = append(left, Range{g.Start - n, g.End - n})
		}
	}
	b.gaps, b.shown = left, max(b.shown-n, 0)
}

// advance takes in the last of so many first bytes of what is held.
func (s *Stream) advance(bytes int) {
	c, was, b := s.held[bytes-1], s.state, &s.bridge
	s.state = s.trie.next(was, c)
	switch {
	case b.state == 0 && (was == 0 || !opens(c)), b.cross(c, bytes), opens(c) && s.open(was, bytes), b.state == 0:
		return
	}
	b.state = s.trie.next(b.state, c)
	if b.since++; s.trie.nodes[b.state].depth <= b.since {
		b.sleep() // all of it has come since the last gap, and is the state's
	}
}

// open begins a gap with the last of so many first bytes of what is held, where the beginning before it doesn't go on with that: the
// bridge's, or that at was where it is a longer one.
func (s *Stream) open(was int32, bytes int) bool {
	b, at, c := &s.bridge, s.bridge.state, s.held[bytes-1]
	next := b.since == 0 // to the gap before
	if s.trie.nodes[was].depth > s.trie.nodes[at].depth {
		at, next = was, false
	}
	if s.trie.nodes[at].wait == 0 || s.trie.childOf(at, c) > 0 {
		return false
	}
	wrapped := next && b.wrapped || s.trie.nodes[at].depth >= minLine || s.run(bytes-1) >= minRun
	within := begun(c, wrapped, s.trie.childOf(at, '\n') > 0)
	if within == noGap {
		return false
	}
	if next {
		if !b.extend(bytes) {
			b.sleep()
			return true
		}
	} else {
		if at != b.state {
			b.gaps, b.shown = b.gaps[:0], 0
		}
		b.gaps = append(b.gaps, Range{bytes - 1, bytes})
	}
	b.state, b.within, b.wrapped, b.since = at, within, wrapped, 0
	if c != escape && s.trie.nodes[at].wait == 1 {
		b.shown = bytes // a single character tells too little for a line to wait for the next
	}
	return true
}

// run is how many characters of base64 stand right before the one after so many first bytes of what is held, as far as that matters.
func (s *Stream) run(bytes int) int {
	n := 0
	for n < minRun && n < bytes && isBase64(s.held[bytes-1-n]) {
		n++
	}
	if n == bytes {
		n += s.before
	}
	return min(n, minRun)
}

package engine

// A quick test takes a pattern's steps away from a literal, all ways at once: the offsets where a way may
// be after each step are a few ranges, as a run turns a range into ranges. So no way is taken back, and a
// byte is looked at about once a step.

// look is a text seen from a literal in one direction.
type look struct {
	text   []byte
	origin int // of the byte next to the literal
	dir    direction
	end    int32 // how many bytes are in sight
	whole  bool  // whether the text has no more than these
	// deepest is the farthest offset that was looked at.
	deepest int32
	// unsure is set once what is beyond sight would matter.
	unsure bool
}

// lookRight and lookLeft look from a literal's end, and from its beginning, as far as a span goes.
func lookRight(text []byte, end int, in Span) look {
	return look{text: text, origin: end, dir: rightward, end: int32(in.End - end), whole: in.End == len(text)} //nolint:gosec // shorter than 2 GiB
}

func lookLeft(text []byte, start int, in Span) look {
	return look{text: text, origin: start - 1, dir: leftward, end: int32(start - in.Start), whole: in.Start == 0} //nolint:gosec // the same
}

func (l *look) at(off int32) byte { return l.text[l.origin+int(l.dir)*int(off)] }

// passes reports whether some way may come through all of steps.
func (l *look) passes(way []step) bool {
	o := l.follow(way, startOffset())
	return l.unsure || o.n > 0
}

func (l *look) follow(way []step, o offsets) offsets {
	for i := 0; i < len(way) && o.n > 0 && !l.unsure; i++ {
		s := &way[i]
		switch s.kind {
		case runStep:
			if n := singles(way[i:]); n > 1 {
				o = l.string(way[i:i+n], &o)
				i += n - 1
			} else {
				o = l.run(s, &o)
			}
		case anyStep:
			o = l.anyOf(s, &o)
		case repeatStep:
			o = l.repeat(s, o)
		default:
			o = l.around(s.kind, &o)
		}
	}
	return o
}

// singles counts the steps of exactly one byte that a way begins with.
func singles(way []step) int {
	for i := range way {
		if s := &way[i]; s.kind != runStep || s.least != 1 || s.most != 1 {
			return i
		}
	}
	return len(way)
}

// string follows steps of one byte each together, so that what only begins like them leaves no offsets.
func (l *look) string(way []step, o *offsets) (out offsets) {
	for _, r := range o.ranges[:o.n] {
		for p := r.from; p <= r.to; p++ {
			n := int32(0)
			for int(n) < len(way) && p+n < l.end && way[n].set.has(l.at(p+n)) {
				n++
			}
			l.deepest = max(l.deepest, p+n)
			if int(n) == len(way) {
				out.add(p+n, p+n)
			} else if p+n == l.end && !l.whole {
				l.unsure = true
				return out
			}
		}
	}
	return out
}

// run follows a run of bytes of one set. Whoever begins it within a stretch of such bytes can go on to the
// stretch's end, so all who begin there come to one range.
func (l *look) run(s *step, o *offsets) (out offsets) {
	for _, r := range o.ranges[:o.n] {
		most := l.end
		if s.most != unbounded {
			most = min(most, r.to+s.most)
		}
		for p := r.from; p <= r.to; p++ {
			stop := p
			for stop < most && s.set.has(l.at(stop)) {
				stop++
			}
			l.deepest = max(l.deepest, stop)
			if stop == l.end && !l.whole {
				l.unsure = true
				return out
			}
			from, to := p+s.least, stop
			if s.most != unbounded {
				to = min(stop, min(r.to, stop)+s.most)
			}
			if from <= to {
				out.add(from, to)
			}
			p = stop
		}
	}
	return out
}

// anyOf follows alternatives, from where one of them can begin.
func (l *look) anyOf(s *step, o *offsets) (out offsets) {
	from := *o
	if !s.set.empty() {
		from = l.where(&s.set, o)
	}
	for _, branch := range s.any {
		if from.n == 0 || l.unsure {
			break
		}
		some := l.follow(branch, from)
		out.addAll(&some)
	}
	return out
}

// where keeps the offsets at which there is a byte of a set.
func (l *look) where(set *byteset, o *offsets) (out offsets) {
	for _, r := range o.ranges[:o.n] {
		for p := r.from; p <= r.to; p++ {
			l.deepest = max(l.deepest, p)
			if p == l.end {
				l.unsure = l.unsure || !l.whole
				break
			}
			if set.has(l.at(p)) {
				out.add(p, p)
			}
		}
	}
	return out
}

// manyTimes is how often a part is followed that may come a number of times. From there on it is taken to
// come any number of times.
const manyTimes = 16

func (l *look) repeat(s *step, o offsets) (out offsets) {
	n := int32(0)
	for ; n < s.least && o.n > 0 && !l.unsure; n++ {
		o = l.follow(s.any[0], o)
	}
	out = o
	if s.most == unbounded || s.most-s.least > manyTimes {
		for grown := true; grown && !l.unsure; {
			more := l.follow(s.any[0], out)
			grown = out.addAll(&more)
		}
		return out
	}
	for ; n < s.most && o.n > 0 && !l.unsure; n++ {
		o = l.follow(s.any[0], o)
		out.addAll(&o)
	}
	return out
}

// around keeps the offsets with an edge there: of the text, of a line or of a word.
func (l *look) around(kind stepKind, o *offsets) (out offsets) {
	for _, r := range o.ranges[:o.n] {
		for p := r.from; p <= r.to; p++ {
			l.deepest = max(l.deepest, p)
			if p == l.end && !l.whole {
				l.unsure = true
				return out
			}
			if l.isEdge(kind, p) {
				out.add(p, p)
			}
		}
	}
	return out
}

// isEdge reports whether there is an edge between the byte at off and the one before, which may be the
// literal's.
func (l *look) isEdge(kind stepKind, off int32) bool {
	switch last := off == l.end; kind {
	case lineStep:
		return last || l.at(off) == '\n'
	case wordStep:
		return isWord(l.at(off-1)) != (!last && isWord(l.at(off)))
	case noWordStep:
		return isWord(l.at(off-1)) == (!last && isWord(l.at(off)))
	default:
		return last
	}
}

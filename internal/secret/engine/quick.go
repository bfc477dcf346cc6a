package engine

// A quick test takes a pattern's steps away from a literal, all ways at once: the offsets where a way may
// be after each step are a few ranges, as a run turns a range into ranges. So no way is taken back, and a
// byte is looked at about once a step.

// offsets are the distances from a literal that some way has come to, as ranges with both ends included.
type offsets struct {
	n      int
	ranges [8]struct{ from, to int32 }
}

func startOffset() (o offsets) {
	o.n = 1
	return o
}

// add puts a range in. It reports whether there was room.
func (o *offsets) add(from, to int32) bool {
	for i := range o.ranges[:o.n] {
		if r := &o.ranges[i]; from <= r.to+1 && r.from <= to+1 {
			r.from, r.to = min(r.from, from), max(r.to, to)
			return true
		}
	}
	if o.n == len(o.ranges) {
		return false
	}
	o.ranges[o.n].from, o.ranges[o.n].to = from, to
	o.n++
	return true
}

// look is a text seen from a literal in one direction.
type look struct {
	text   []byte
	origin int // of the byte next to the literal
	dir    direction
	end    int32 // how many bytes are in sight
	whole  bool  // whether there is no more than these
	// unsure is set once what is beyond sight would matter, or the ways are too many to follow.
	unsure bool
}

func lookFrom(text []byte, start, end int, dir direction) look {
	l := look{text: text, origin: end, dir: dir}
	rest := len(text) - end
	if dir == leftward {
		l.origin, rest = start-1, start
	}
	l.whole = rest <= sight
	l.end = int32(min(rest, sight)) //nolint:gosec // at most sight
	return l
}

func (l *look) at(off int32) byte { return l.text[l.origin+int(l.dir)*int(off)] }

// passes reports whether some way may come through all of steps.
func (l *look) passes(way []step) bool {
	o := l.follow(way, startOffset())
	return l.unsure || o.n > 0
}

func (l *look) follow(way []step, o offsets) offsets {
	for i := range way {
		if o.n == 0 || l.unsure {
			return o
		}
		s := &way[i]
		switch s.kind {
		case runStep:
			o = l.run(s, &o)
		case anyStep:
			o = l.anyOf(s, &o)
		case repeatStep:
			o = l.repeat(s, o)
		case edgeStep:
			o = l.edge(&o, false)
		case lineStep:
			o = l.edge(&o, true)
		}
	}
	return o
}

func (l *look) add(o *offsets, from, to int32) {
	if !o.add(from, to) {
		l.unsure = true
	}
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
			if stop == l.end && !l.whole {
				l.unsure = true
				return out
			}
			from, to := p+s.least, stop
			if s.most != unbounded {
				to = min(stop, min(r.to, stop)+s.most)
			}
			if from <= to {
				l.add(&out, from, to)
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
		for _, r := range some.ranges[:some.n] {
			l.add(&out, r.from, r.to)
		}
	}
	return out
}

// where keeps the offsets at which there is a byte of a set.
func (l *look) where(set *byteset, o *offsets) (out offsets) {
	for _, r := range o.ranges[:o.n] {
		for p := r.from; p <= r.to; p++ {
			if p == l.end {
				l.unsure = l.unsure || !l.whole
				break
			}
			if set.has(l.at(p)) {
				l.add(&out, p, p)
			}
		}
	}
	return out
}

// manyTimes is how often a part is followed that is repeated.
const manyTimes = 8

func (l *look) repeat(s *step, o offsets) (out offsets) {
	for n := int32(0); o.n > 0 && !l.unsure; n++ {
		if n >= s.least {
			for _, r := range o.ranges[:o.n] {
				l.add(&out, r.from, r.to)
			}
		}
		if n == s.most {
			break
		}
		if n == manyTimes {
			l.unsure = true
			break
		}
		o = l.follow(s.any[0], o)
	}
	return out
}

// edge keeps the offsets at the end of the text, or else at the end of a line.
func (l *look) edge(o *offsets, line bool) (out offsets) {
	for _, r := range o.ranges[:o.n] {
		for p := r.from; p <= min(r.to, l.end); p++ {
			switch {
			case p == l.end:
				if !l.whole {
					l.unsure = true
				} else {
					l.add(&out, p, p)
				}
			case line && l.at(p) == '\n':
				l.add(&out, p, p)
			}
		}
	}
	return out
}

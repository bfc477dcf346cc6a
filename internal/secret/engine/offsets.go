package engine

// offsets are the distances from a literal that some way has come to, as ranges with both ends included.
type offsets struct {
	n      int
	ranges [8]struct{ from, to int32 }
}

func startOffset() (o offsets) {
	o.n = 1
	return o
}

// add puts a range in. Where there is no room, it joins the last one, with all that is between.
func (o *offsets) add(from, to int32) {
	for i := range o.ranges[:o.n] {
		if r := &o.ranges[i]; from <= r.to+1 && r.from <= to+1 {
			r.from, r.to = min(r.from, from), max(r.to, to)
			return
		}
	}
	if o.n == len(o.ranges) {
		last := &o.ranges[o.n-1]
		last.from, last.to = min(last.from, from), max(last.to, to)
		return
	}
	o.ranges[o.n].from, o.ranges[o.n].to = from, to
	o.n++
}

// addAll puts all of more in. It reports whether any of it was new.
func (o *offsets) addAll(more *offsets) (added bool) {
	for _, r := range more.ranges[:more.n] {
		if !o.covers(r.from, r.to) {
			o.add(r.from, r.to)
			added = true
		}
	}
	return added
}

// covers reports whether a range is within one of o.
func (o *offsets) covers(from, to int32) bool {
	for i := range o.ranges[:o.n] {
		if r := &o.ranges[i]; r.from <= from && to <= r.to {
			return true
		}
	}
	return false
}

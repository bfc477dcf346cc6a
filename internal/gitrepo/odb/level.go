package odb

import (
	"errors"

	"github.com/curfew-ci/curfew/internal/delta"
)

// level is an object on the way from the root.
type level struct {
	num   Num
	child Num // the next to visit
	size  int64
	data  []byte // nil where it isn't read, or was dropped
	state readState
	alone bool // not made of the level above
}

// readState is what became of an object.
type readState uint8

const (
	damaged readState = iota // and reported
	omitted
	read
)

// load reads the object of level d, whose base is the level above.
func (w *Walker) load(d int) {
	l := &w.levels[d]
	headers, err := w.own(d)
	if err == nil {
		l.state = read
		return
	}
	l.data = nil
	if large := tooLargeError(0); errors.As(err, &large) {
		l.state, l.size = omitted, int64(large)
		return
	}
	l.alone = true
	_, data, failed := w.reader.another(l.num, err)
	if failed == nil {
		w.keep(d, data)
	}
	told := l.state == read || headers && w.forest.kinds[l.num] != 0 // before, or by the forest
	if !told {
		w.faults.add(w.db.fault(l.num, err))
	}
	if failed == nil {
		l.state = read
	}
}

// keep takes over what the reader read.
func (w *Walker) keep(d int, data []byte) {
	l := &w.levels[d]
	l.size = int64(len(data))
	l.data = w.take(d, len(data))
	copy(l.data, data)
}

// own reads the copy that Find knows of the object of level d. Besides an error it says whether that is one of
// the headers, which the forest reads too.
func (w *Walker) own(d int) (headers bool, err error) {
	l := &w.levels[d]
	at := w.db.place(l.num)
	if at.pack == nil {
		l.alone = true
		return w.loose(d)
	}
	off, ok := at.pack.idx.offset(at.pos)
	if !ok {
		return true, errOutside
	}
	e, err := at.pack.entry(off)
	if err != nil {
		return true, err
	}
	if e.isDelta() && d > 1 {
		return false, w.apply(d, at.pack, &e)
	}
	l.alone = true
	if e.isDelta() { // the walk begins within a tree
		_, data, err := w.reader.read(l.num)
		if err == nil {
			w.keep(d, data)
		}
		return false, err
	}
	if e.size > w.maxBytes {
		return false, tooLargeError(e.size)
	}
	l.size = e.size
	l.data = w.take(d, int(e.size))
	return false, w.inflater.inflate(at.pack.file, e.data, at.pack.end, l.data)
}

// loose reads a loose object, and says what own does.
func (w *Walker) loose(d int) (header bool, err error) {
	l := &w.levels[d]
	f, err := open(w.db.path(l.num))
	if err != nil {
		return true, err
	}
	defer f.close() //nolint:errcheck // only read
	var head [looseHeader]byte
	o, err := w.inflater.beginLoose(f, &head)
	if err != nil {
		return true, err
	}
	if o.size > w.maxBytes {
		return false, tooLargeError(o.size)
	}
	l.size = o.size
	l.data = w.take(d, int(o.size))
	return false, w.inflater.endLoose(o, l.data)
}

// errDamagedBase is the fault of a delta whose base was reported.
var errDamagedBase = errors.New("the object that it is a delta of is damaged")

// apply makes the object of level d of the one above.
func (w *Walker) apply(d int, p *pack, e *entry) error {
	l, base := &w.levels[d], &w.levels[d-1]
	switch {
	case base.state == damaged:
		return errDamagedBase
	case base.state == omitted, e.size > w.maxBytes:
		made, err := w.inflater.made(p, e)
		if err != nil {
			return err
		}
		return tooLargeError(made)
	}
	stream, err := w.inflater.delta(p, e, w.delta, w.maxBytes)
	w.delta = scratch(stream)
	if err != nil {
		return err
	}
	_, made, _, err := delta.Sizes(stream)
	switch {
	case err != nil:
		return err
	case made > w.maxBytes:
		return tooLargeError(made)
	}
	l.size = made
	l.data = w.take(d, int(made))
	w.copies, err = delta.Apply(l.data, base.data, stream, w.copies[:0])
	return err
}

package odb

import (
	"errors"
	"fmt"
	"math"

	"github.com/curfew-ci/curfew/internal/delta"
)

// WalkerOptions bounds what a Walker holds in memory. The zero value asks for the defaults.
type WalkerOptions struct {
	MaxBytes int64 // objects larger than this are handed out without Data; DefaultMaxBytes, and at most 2 GiB
	Budget   int64 // bytes of buffers held for going back up a chain of deltas; DefaultBudget
}

// DefaultBudget is how much a Walker holds in buffers unless asked.
const DefaultBudget = 256 << 20

// Walker is the scratch memory of walks. It is one goroutine's; several may walk one Forest.
type Walker struct {
	forest   *Forest
	db       *DB
	maxBytes int64
	inflater inflater
	delta    []byte
	reader   *Reader // for other copies of what is damaged
	faults   faults
	states   any // of the last Walk, a *[]S

	levels  []level // from the root to the object that is visited
	buffers buffers // one a level
	version Version
	hasBase bool
	copies  []delta.Copy
}

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

// NewWalker returns a walker of the forest.
func (f *Forest) NewWalker(options WalkerOptions) *Walker {
	w := &Walker{forest: f, db: f.db, maxBytes: options.MaxBytes}
	if w.maxBytes <= 0 {
		w.maxBytes = DefaultMaxBytes
	}
	w.maxBytes = min(w.maxBytes, math.MaxInt32)
	w.buffers.budget = options.Budget
	if w.buffers.budget <= 0 {
		w.buffers.budget = DefaultBudget
	}
	w.reader = f.db.NewReader(0)
	w.reader.MaxBytes = w.maxBytes
	return w
}

// Faults lists the objects that the walks so far could not read, and their descendants.
func (w *Walker) Faults() []Fault { return w.faults.list() }

// begin sets the walk above the root, which next reads.
func (w *Walker) begin(root Num) {
	w.levels = append(w.levels[:0], level{num: none, child: root})
}

// depth is how many deltas lie between the root and the object that is visited.
func (w *Walker) depth() int { return len(w.levels) - 2 }

// next goes to the next object and puts it into version; false at the end. Objects that can't be read are
// passed over.
func (w *Walker) next() bool {
	for {
		top := len(w.levels) - 1
		n := w.levels[top].child
		switch {
		case n == none && top == 0:
			return false
		case n == none:
			w.levels = w.levels[:top]
			continue
		case top == 0:
			w.levels[top].child = none // the root's siblings are not asked for
		default:
			w.levels[top].child = w.forest.next[n]
		}
		w.restore(top)
		w.levels = append(w.levels, level{num: n, child: w.forest.child[n]})
		if w.enter(top + 1) {
			return true
		}
	}
}

// enter reads the object of level d for its visit.
func (w *Walker) enter(d int) bool {
	l := &w.levels[d]
	w.copies = w.copies[:0]
	w.load(d)
	w.hasBase = l.state == read && !l.alone
	w.version = Version{Num: l.num, Kind: w.forest.kinds[l.num], Size: l.size, Data: l.data}
	switch {
	case l.state == omitted && l.size > w.maxBytes:
		w.version.Omitted = fmt.Sprintf("larger than %d MiB", w.maxBytes>>20)
	case l.state == omitted:
		w.version.Omitted = fmt.Sprintf("made of something that is larger than %d MiB", w.maxBytes>>20)
	case w.hasBase:
		w.version.Copies = w.copies
		w.version.BaseLen = int(w.levels[d-1].size)
	}
	return l.state != damaged
}

// restore reads again what was dropped of the level that the next object is made of, and for it the levels
// above. They are read as they were before, so nothing is reported.
func (w *Walker) restore(d int) {
	from := d
	for w.dropped(from) && !w.levels[from].alone {
		from--
	}
	if !w.dropped(from) {
		from++
	}
	for ; from <= d; from++ {
		w.load(from)
	}
}

// dropped reports whether level d was read and its buffer given up.
func (w *Walker) dropped(d int) bool { return w.levels[d].state == read && w.levels[d].data == nil }

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
	_, data, failed := w.reader.other(l.num, err, 0)
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
		_, data, err := w.reader.read(l.num, 0)
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
	w.delta = stream
	if cap(stream) > maxScratch {
		w.delta = nil
	}
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

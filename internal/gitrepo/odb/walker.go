package odb

import (
	"context"
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
// passed over. The error is the context's.
func (w *Walker) next(ctx context.Context) (bool, error) {
	for {
		top := len(w.levels) - 1
		n := w.levels[top].child
		switch {
		case n == none && top == 0:
			return false, nil
		case n == none:
			w.levels = w.levels[:top]
			continue
		case top == 0:
			w.levels[top].child = none // the root's siblings are not asked for
		default:
			w.levels[top].child = w.forest.next[n]
		}
		if err := w.restore(ctx, top); err != nil {
			return false, err
		}
		w.levels = append(w.levels, level{num: n, child: w.forest.child[n]})
		if w.enter(top + 1) {
			return true, ctx.Err()
		}
	}
}

// enter reads the object of level d for its visit.
func (w *Walker) enter(d int) bool {
	l := &w.levels[d]
	w.copies = scratch(w.copies)
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
// above. They are read as they were before, so nothing is reported. That may take long, so an end of the context is heard.
func (w *Walker) restore(ctx context.Context, d int) error {
	from := d
	for w.dropped(from) && !w.levels[from].alone {
		from--
	}
	if !w.dropped(from) {
		from++
	}
	for ; from <= d; from++ {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		w.load(from)
	}
	return nil
}

// dropped reports whether level d was read and its buffer given up.
func (w *Walker) dropped(d int) bool { return w.levels[d].state == read && w.levels[d].data == nil }

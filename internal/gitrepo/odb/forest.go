package odb

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"sort"
)

// Forest is how the objects of a DB are made of each other: trees of deltas, whose roots are stored whole.
// It may be used by several goroutines. It takes 9 bytes an object.
type Forest struct {
	db *DB
	// The objects that are deltas of n are child[n], next[child[n]] and so on, ended by none.
	child, next []Num
	kinds       []Kind
	roots       [Tag + 1][]Num
	faults      faults
}

// none ends a list of objects.
const none Num = -1

// Forest sorts and links all objects. An object that is stored more than once is in it once, with the
// number that Find has for it. The error is the context's.
func (db *DB) Forest(ctx context.Context) (*Forest, error) {
	b := &forester{Forest: Forest{
		db:    db,
		child: make([]Num, db.n),
		next:  make([]Num, db.n),
		kinds: make([]Kind, db.n),
	}}
	for n := range b.child {
		b.child[n], b.next[n] = none, none
	}
	b.reader = db.NewReader(0)
	b.findTwins()
	b.addLoose(ctx)
	// Children and roots are put in front of those that are there, so the last comes first.
	for i := len(db.packs) - 1; i >= 0; i-- {
		b.addPack(ctx, i)
	}
	for _, roots := range b.roots {
		slices.Reverse(roots)
	}
	b.settle()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return &b.Forest, nil
}

// Roots lists the objects of a kind that are stored whole, in the order in which they are stored. The
// objects of that kind are these and what Walk finds below them.
func (f *Forest) Roots(kind Kind) []Num { return f.roots[kind] }

// Kind is the type of object n; 0 where it couldn't be told, or n isn't what Find has for its id.
func (f *Forest) Kind(n Num) Kind { return f.kinds[n] }

// Faults lists the objects that are damaged as far as their headers tell, and those that no walk reaches since
// they are deltas of one that is damaged or missing.
func (f *Forest) Faults() []Fault { return f.faults.list() }

// forester builds a Forest.
type forester struct {
	Forest
	reader *Reader
	// twin says of which object, that Find has, this is another copy. It is nil where there are no copies.
	twin   []Num
	sorted []begin // of one pack, in the order of offsets
}

// begin is where an object of a pack begins.
type begin struct {
	off int64
	pos int32 // in the order of ids
}

// bad marks a damaged object among the kinds until all are settled.
const bad Kind = 0xff

func (b *forester) fail(n Num, err error) {
	b.kinds[n] = bad
	b.faults.add(b.db.fault(n, err))
}

// original is the number that Find has for the object.
func (b *forester) original(n Num) Num {
	if b.twin == nil {
		return n
	}
	return b.twin[n]
}

// addRoot adds an object that a walk can begin with.
func (b *forester) addRoot(n Num, kind Kind) {
	b.kinds[n] = kind
	b.roots[kind] = append(b.roots[kind], n)
}

// rescue reports that n is damaged, and makes it a root if there is another copy that a walk can read.
func (b *forester) rescue(n Num, err error) {
	b.fail(n, err)
	if b.twin == nil {
		return
	}
	if kind, err := b.reader.Kind(n); err == nil {
		b.addRoot(n, kind)
	}
}

// addLoose adds the loose objects, which are all roots.
func (b *forester) addLoose(ctx context.Context) {
	for _, l := range slices.Backward(b.db.loose) {
		for pos := l.len() - 1; pos >= 0 && ctx.Err() == nil; pos-- {
			n := l.first + Num(pos) //nolint:gosec // below the numbers' limit
			if b.original(n) != n {
				continue
			}
			if kind, _, err := b.reader.headerAt(n); err != nil {
				b.rescue(n, err)
			} else {
				b.addRoot(n, kind)
			}
		}
	}
}

// addPack adds the objects of a pack.
func (b *forester) addPack(ctx context.Context, number int) {
	p := b.db.packs[number]
	b.sort(p)
	for i := len(b.sorted) - 1; i >= 0; i-- {
		if i%4096 == 0 {
			p.file.unload() // each header that was read holds some pages
			if ctx.Err() != nil {
				return
			}
		}
		n := p.first + Num(b.sorted[i].pos)
		if b.original(n) != n {
			continue
		}
		e, err := p.entry(b.sorted[i].off)
		if err != nil {
			b.rescue(n, err)
			continue
		}
		if !e.isDelta() {
			b.addRoot(n, e.kind)
			continue
		}
		base, err := b.base(p, &e)
		if err != nil {
			b.rescue(n, err)
			continue
		}
		b.next[n], b.child[base] = b.child[base], n
	}
}

// sort sorts the beginnings of a pack's objects.
func (b *forester) sort(p *pack) {
	b.sorted = slices.Grow(b.sorted[:0], p.idx.n)
	ascending := true
	var last []byte
	for pos := range p.idx.n {
		id := p.idx.id(pos)
		ascending = ascending && bytes.Compare(last, id) <= 0
		last = id
		if off, ok := p.idx.offset(pos); ok {
			b.sorted = append(b.sorted, begin{off, int32(pos)})
		} else if n := p.first + Num(pos); b.original(n) == n {
			b.rescue(n, errOutside)
		}
	}
	if !ascending {
		b.faults.add(Fault{Path: p.table.path, What: "the index's ids are not in order, so not all can be found"})
	}
	slices.SortFunc(b.sorted, func(x, y begin) int { return cmp.Compare(x.off, y.off) })
}

// base finds the base of a delta, as Find has it. Bases of offset deltas are looked up in sorted.
func (b *forester) base(p *pack, e *entry) (Num, error) {
	if e.kind == refDelta {
		if n, ok := b.db.FindRaw(e.ref); ok {
			return b.original(n), nil
		}
		return 0, errNoBase
	}
	i, ok := sort.Find(len(b.sorted), func(i int) int { return cmp.Compare(e.base, b.sorted[i].off) })
	if !ok {
		return 0, errNoBase
	}
	return b.original(p.first + Num(b.sorted[i].pos)), nil
}

// errAdrift is the fault of what hangs on no root.
var errAdrift = errors.New("it is a delta of an object that is damaged, missing, or made of this one")

// settle gives the deltas the type of their root, and reports those that have none.
func (b *forester) settle() {
	var open []Num
	for kind := Commit; kind <= Tag; kind++ {
		for _, root := range b.roots[kind] {
			open = append(open, root)
			for len(open) > 0 {
				n := open[len(open)-1]
				open = open[:len(open)-1]
				for c := b.child[n]; c != none; c = b.next[c] {
					b.kinds[c] = kind
					open = append(open, c)
				}
			}
		}
	}
	for n, kind := range b.kinds {
		switch n := Num(n); {
		case kind == bad:
			b.kinds[n] = 0
		case kind == 0 && b.original(n) == n:
			b.faults.add(b.db.fault(n, errAdrift))
		}
	}
}

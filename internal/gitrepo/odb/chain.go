package odb

import (
	"errors"
	"slices"

	"github.com/curfew-ci/curfew/internal/delta"
)

// link is one object of a chain of deltas.
type link struct {
	at  stored
	key cacheKey
	entry
}

// stored is where a copy of an object begins.
type stored struct {
	pack  int   // in db.packs; -1 for a loose object
	off   int64 // in the pack
	loose Num
}

// stored finds where object n begins.
func (db *DB) stored(n Num) (stored, error) {
	at := db.place(n)
	if at.pack == nil {
		return stored{pack: -1, loose: n}, nil
	}
	off, ok := at.pack.idx.offset(at.pos)
	if !ok {
		return stored{}, errOutside
	}
	return stored{pack: slices.Index(db.packs, at.pack), off: off}, nil
}

func (db *DB) key(at stored) cacheKey {
	if at.pack < 0 {
		return cacheKey(len(db.packs))<<offsetBits | cacheKey(at.loose) //nolint:gosec // numbers are not negative
	}
	return cacheKey(at.pack)<<offsetBits | cacheKey(at.off)&(1<<offsetBits-1) //nolint:gosec // offsets are not negative
}

// resolve reads the object that begins at a place: down its chain of deltas to one that is cached or whole,
// and up again.
func (r *Reader) resolve(at stored, detours int) (Kind, []byte, error) {
	mine := len(r.chain) // a detour stands on top of the chain that it is for
	defer func() { r.chain = r.chain[:mine] }()
	kind, base, at, err := r.descend(at)
	if err != nil && len(r.chain) > mine && !errors.Is(err, errCycle) {
		kind, base, err = r.detour(at, err, detours)
	}
	if err != nil {
		return 0, nil, err
	}
	for len(r.chain) > mine {
		l := r.chain[len(r.chain)-1]
		var data []byte
		if l.isDelta() {
			data, err = r.apply(l, base)
		} else {
			kind, data, err = r.whole(l)
		}
		if err == nil {
			r.cache.put(l.key, kind, data)
		} else if len(r.chain) == mine+1 || errors.Is(err, ErrTooLarge) {
			return 0, nil, err
		} else if kind, data, err = r.detour(l.at, err, detours); err != nil {
			return 0, nil, err
		}
		base = data
		r.chain = r.chain[:len(r.chain)-1]
	}
	return kind, base, nil
}

// detour reads another copy of a base that can't be read.
func (r *Reader) detour(at stored, err error, detours int) (Kind, []byte, error) {
	if len(r.db.packs)+len(r.db.loose) < 2 {
		return 0, nil, err // there is none
	}
	n := at.loose
	if at.pack >= 0 {
		var ok bool
		if n, ok = r.db.packs[at.pack].numAt(at.off); !ok {
			return 0, nil, err
		}
	}
	return r.other(n, err, detours)
}

// numAt is the number of the object that begins at off. It looks through the whole index.
func (p *pack) numAt(off int64) (Num, bool) {
	for pos := range p.idx.n {
		if at, ok := p.idx.offset(pos); ok && at == off {
			return p.first + Num(pos), true
		}
	}
	return 0, false
}

// descend puts the object at a place and those that it is made of on the chain, down to a whole one or one
// that is cached, which it returns. With an error it returns the place of the object that can't be read, which
// isn't on the chain.
func (r *Reader) descend(at stored) (Kind, []byte, stored, error) {
	// A chain that comes back to itself meets a link that was noted, since the notes are ever further apart.
	var noted cacheKey
	for step := 1; ; step++ {
		key := r.db.key(at)
		if kind, data, ok := r.cache.get(key); ok {
			return kind, data, at, nil
		}
		if step > 1 && key == noted {
			return 0, nil, at, errCycle
		}
		if step&(step-1) == 0 {
			noted = key
		}
		l := link{at: at, key: key}
		var err error
		if at.pack >= 0 {
			if l.entry, err = r.db.packs[at.pack].entry(at.off); err != nil {
				return 0, nil, at, err
			}
		}
		next := at
		if l.isDelta() {
			if next, err = r.db.base(at.pack, &l.entry); err != nil {
				return 0, nil, at, err
			}
		}
		r.chain = append(r.chain, l)
		if !l.isDelta() {
			return l.kind, nil, at, nil
		}
		at = next
	}
}

// base says where the base of a delta in a pack begins. A base by id is mostly in the same pack; that of a thin
// pack is not.
func (db *DB) base(pack int, e *entry) (stored, error) {
	if e.kind == offsetDelta {
		return stored{pack: pack, off: e.base}, nil
	}
	p := db.packs[pack]
	if pos, ok := p.idx.find(e.ref); ok {
		off, ok := p.idx.offset(pos)
		if !ok {
			return stored{}, errOutside
		}
		return stored{pack: pack, off: off}, nil
	}
	n, ok := db.FindRaw(e.ref)
	if !ok {
		return stored{}, errNoBase
	}
	return db.stored(n)
}

// whole reads an object that is not a delta.
func (r *Reader) whole(l link) (Kind, []byte, error) {
	if l.at.pack < 0 {
		return r.looseWhole(l.at.loose)
	}
	if l.size > r.limit() {
		return 0, nil, tooLargeError(l.size)
	}
	p := r.db.packs[l.at.pack]
	buf := r.cache.buffer(int(l.size))
	return l.kind, buf, r.inflater.inflate(p.file, l.data, p.end, buf)
}

func (r *Reader) looseWhole(n Num) (Kind, []byte, error) {
	f, err := open(r.db.path(n))
	if err != nil {
		return 0, nil, err
	}
	defer f.close() //nolint:errcheck // only read
	var head [looseHeader]byte
	o, err := r.inflater.beginLoose(f, &head)
	if err != nil {
		return 0, nil, err
	}
	if o.size > r.limit() {
		return 0, nil, tooLargeError(o.size)
	}
	buf := r.cache.buffer(int(o.size))
	return o.kind, buf, r.inflater.endLoose(o, buf)
}

// apply makes the object of a delta.
func (r *Reader) apply(l link, base []byte) ([]byte, error) {
	d, err := r.inflater.delta(r.db.packs[l.at.pack], &l.entry, r.delta, r.limit())
	r.delta = scratch(d)
	if err != nil {
		return nil, err
	}
	_, made, _, err := delta.Sizes(d)
	switch {
	case err != nil:
		return nil, err
	case made > r.limit():
		return nil, tooLargeError(made)
	}
	buf := r.cache.buffer(int(made))
	r.copies, err = delta.Apply(buf, base, d, r.copies[:0])
	r.copies = scratch(r.copies)
	return buf, err
}

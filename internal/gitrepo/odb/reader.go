package odb

import (
	"errors"
	"fmt"
	"slices"

	"github.com/curfew-ci/curfew/internal/delta"
)

// DefaultMaxBytes is the size above which an object is not read unless asked: that of the largest file
// that GitHub takes.
const DefaultMaxBytes = 100 << 20

// ErrTooLarge says that an object, or one that it is made of, is larger than what the Reader may read.
var ErrTooLarge = errors.New("too large to read")

// ReadError is the error of reading one object. It wraps ErrTooLarge where that is the reason.
type ReadError struct {
	Fault Fault
	Err   error
}

func (e *ReadError) Error() string { return e.Fault.String() }
func (e *ReadError) Unwrap() error { return e.Err }

// Reader reads single objects. It is one goroutine's.
type Reader struct {
	// MaxBytes is the size above which Read answers ErrTooLarge.
	MaxBytes int64

	db       *DB
	inflater inflater
	cache    *cache
	chain    []link
	delta    []byte
}

// NewReader returns a reader that keeps up to cacheBytes of what it read, as later objects are often made of
// earlier ones.
func (db *DB) NewReader(cacheBytes int) *Reader {
	return &Reader{MaxBytes: DefaultMaxBytes, db: db, cache: newCache(cacheBytes)}
}

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

// Read returns an object's type and content, which is valid until the next Read. The error is a *ReadError.
// Where the object can't be read and is stored a second time, that one is read.
func (r *Reader) Read(n Num) (Kind, []byte, error) {
	kind, data, err := r.read(n, 0)
	if err != nil {
		return 0, nil, &ReadError{Fault: r.db.fault(n, err), Err: err}
	}
	return kind, data, nil
}

// maxDetours bounds how often reading an object turns to another copy of one that it is made of.
const maxDetours = 3

// read reads one copy of n, else the others.
func (r *Reader) read(n Num, detours int) (Kind, []byte, error) {
	at, err := r.db.stored(n)
	if err == nil {
		var kind Kind
		var data []byte
		if kind, data, err = r.resolve(at, detours); err == nil {
			return kind, data, nil
		}
	}
	if errors.Is(err, ErrTooLarge) {
		return 0, nil, err
	}
	return r.other(n, err, detours)
}

// other reads another copy of n than the one that failed with err.
func (r *Reader) other(n Num, err error, detours int) (Kind, []byte, error) {
	if detours == maxDetours {
		return 0, nil, err
	}
	for _, twin := range r.db.twins(n) {
		at, failed := r.db.stored(twin)
		if failed != nil {
			continue
		}
		if kind, data, failed := r.resolve(at, detours+1); failed == nil {
			return kind, data, nil
		}
	}
	return 0, nil, err
}

// twins lists the numbers of the other copies of object n.
func (db *DB) twins(n Num) []Num {
	id := db.raw(n)
	var out []Num
	for _, p := range db.packs {
		if pos, ok := p.idx.find(id); ok && p.first+Num(pos) != n { //nolint:gosec // below the numbers' limit
			out = append(out, p.first+Num(pos)) //nolint:gosec // as above
		}
	}
	for _, l := range db.loose {
		if pos, ok := l.find(id); ok && l.first+Num(pos) != n { //nolint:gosec // below the numbers' limit
			out = append(out, l.first+Num(pos)) //nolint:gosec // as above
		}
	}
	return out
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
	if l.size > r.MaxBytes {
		return 0, nil, tooLargeError(l.size)
	}
	p := r.db.packs[l.at.pack]
	buf := r.cache.buffer(int(l.size))
	return l.kind, buf, r.inflater.inflate(p.file, l.data, p.end, buf)
}

// tooLargeError is ErrTooLarge with the size.
type tooLargeError int64

func (e tooLargeError) Error() string        { return fmt.Sprintf("%v: %d bytes", ErrTooLarge, int64(e)) }
func (e tooLargeError) Is(target error) bool { return target == ErrTooLarge }

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
	if o.size > r.MaxBytes {
		return 0, nil, tooLargeError(o.size)
	}
	buf := r.cache.buffer(int(o.size))
	return o.kind, buf, r.inflater.endLoose(o, buf)
}

// apply makes the object of a delta.
func (r *Reader) apply(l link, base []byte) ([]byte, error) {
	d, err := r.inflater.delta(r.db.packs[l.at.pack], &l.entry, r.delta, r.MaxBytes)
	r.delta = d[:0]
	if err != nil {
		return nil, err
	}
	_, made, _, err := delta.Sizes(d)
	switch {
	case err != nil:
		return nil, err
	case made > r.MaxBytes:
		return nil, tooLargeError(made)
	}
	buf := r.cache.buffer(int(made))
	_, err = delta.Apply(buf, base, d, nil)
	return buf, err
}

// Kind is the object's type, without reading its content.
func (r *Reader) Kind(n Num) (Kind, error) {
	kind, _, err := r.header(n)
	return kind, err
}

// Size is the length of the object's content in bytes, without reading all of it.
func (r *Reader) Size(n Num) (int64, error) {
	_, size, err := r.header(n)
	return size, err
}

// header tells type and size by the headers alone. Where they are damaged, the object may be read from other
// copies.
func (r *Reader) header(n Num) (Kind, int64, error) {
	kind, size, err := r.headerAt(n)
	if err == nil {
		return kind, size, nil
	}
	if kind, data, failed := r.read(n, 0); failed == nil {
		return kind, int64(len(data)), nil
	}
	return 0, 0, &ReadError{Fault: r.db.fault(n, err), Err: err}
}

func (r *Reader) headerAt(n Num) (Kind, int64, error) {
	at, err := r.db.stored(n)
	if err != nil {
		return 0, 0, err
	}
	defer func() { r.chain = r.chain[:0] }()
	kind, data, _, err := r.descend(at)
	if err != nil {
		return 0, 0, err
	}
	if len(r.chain) == 0 {
		return kind, int64(len(data)), nil
	}
	if last := r.chain[len(r.chain)-1]; !last.isDelta() && last.at.pack < 0 {
		f, err := open(r.db.path(last.at.loose))
		if err != nil {
			return 0, 0, err
		}
		defer f.close() //nolint:errcheck // only read
		var head [looseHeader]byte
		o, err := r.inflater.beginLoose(f, &head)
		if err != nil || len(r.chain) == 1 {
			return o.kind, o.size, err
		}
		kind = o.kind
	}
	top := r.chain[0]
	if !top.isDelta() {
		return kind, top.size, nil
	}
	made, err := r.inflater.made(r.db.packs[top.at.pack], &top.entry)
	return kind, made, err
}

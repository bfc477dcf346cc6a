package odb

import (
	"errors"
	"fmt"
	"math"

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
	// MaxBytes is the size above which Read answers ErrTooLarge, 2 GiB at most.
	MaxBytes int64

	db       *DB
	inflater inflater
	cache    *cache
	chain    []link
	delta    []byte
	copies   []delta.Copy // which nobody asks for
	tries    int          // how many other copies may still be tried for the object that is read
}

// NewReader returns a reader that keeps up to cacheBytes of what it read, as later objects are often made of
// earlier ones.
func (db *DB) NewReader(cacheBytes int) *Reader {
	return &Reader{MaxBytes: DefaultMaxBytes, db: db, cache: newCache(cacheBytes)}
}

func (r *Reader) limit() int64 { return min(r.MaxBytes, math.MaxInt32) }

// Read returns an object's type and content, which is valid until the next Read. The error is a *ReadError.
// Where the object can't be read and is stored a second time, that one is read.
func (r *Reader) Read(n Num) (Kind, []byte, error) {
	kind, data, err := r.read(n)
	if err != nil {
		return 0, nil, &ReadError{Fault: r.db.fault(n, err), Err: err}
	}
	return kind, data, nil
}

const (
	// maxDetours bounds how often reading an object turns to another copy of one that it is made of, on the way to one copy.
	maxDetours = 3
	// maxTries bounds how many copies are tried altogether: on each way there may be as many ways again.
	maxTries = 100
)

// read reads one copy of n, else the others, else any that detours lead to.
func (r *Reader) read(n Num) (Kind, []byte, error) {
	at, err := r.db.stored(n)
	if err != nil {
		return r.another(n, err)
	}
	kind, data, err := r.resolve(at, maxDetours)
	if err == nil || errors.Is(err, ErrTooLarge) {
		return kind, data, err
	}
	if kind, data, failed := r.another(n, err); failed == nil {
		return kind, data, nil
	}
	if kind, data, failed := r.resolve(at, 0); failed == nil {
		return kind, data, nil
	}
	return 0, nil, err
}

// another reads another copy of n than the one that failed with err: one that can be read as it is, if there is any.
func (r *Reader) another(n Num, err error) (Kind, []byte, error) {
	r.tries = maxTries
	if kind, data, failed := r.other(n, err, maxDetours-1); failed == nil {
		return kind, data, nil
	}
	return r.other(n, err, 0)
}

// other reads another copy of n than the one that failed with err, after so many detours.
func (r *Reader) other(n Num, err error, detours int) (Kind, []byte, error) {
	if detours == maxDetours {
		return 0, nil, err
	}
	for _, twin := range r.db.twins(n) {
		at, failed := r.db.stored(twin)
		if failed != nil {
			continue
		}
		if r.tries--; r.tries < 0 {
			break
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

// tooLargeError is ErrTooLarge with the size.
type tooLargeError int64

func (e tooLargeError) Error() string        { return fmt.Sprintf("%v: %d bytes", ErrTooLarge, int64(e)) }
func (e tooLargeError) Is(target error) bool { return target == ErrTooLarge }

// Kind is the object's type, without reading its content.
func (r *Reader) Kind(n Num) (Kind, error) {
	kind, _, err := r.header(n)
	return kind, err
}

// header tells type and size by the headers alone. Where they are damaged, the object may be read from other
// copies.
func (r *Reader) header(n Num) (Kind, int64, error) {
	kind, size, err := r.headerAt(n)
	if err == nil {
		return kind, size, nil
	}
	if kind, data, failed := r.read(n); failed == nil {
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

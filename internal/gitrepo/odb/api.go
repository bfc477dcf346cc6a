package odb

import (
	"context"
	"errors"

	"github.com/curfew-ci/curfew/internal/delta"
)

// DefaultMaxBytes is the size above which an object is not read unless asked: that of the largest file
// that GitHub takes.
const DefaultMaxBytes = 100 << 20

// ErrTooLarge says that an object, or one that it is made of, is larger than what the Reader may read.
var ErrTooLarge = errors.New("too large to read")

// DB is an open object database: the packs and loose objects of a folder and of its alternates. Its
// methods may be called by several goroutines, but for Close.
//
// Nothing is verified by its hash: git does that as it receives objects, and it would cost more than all
// the reading. What is damaged in a way that reading notices is reported.
type DB struct{}

// Open opens the database of a folder "objects". What of it can't be read is in Faults; an error means that
// there is no such folder. The time it takes doesn't depend on how large the packs are. Close it after use.
func Open(objects string, hash Hash) (*DB, error) { return nil, errors.New("not yet") }

// Close releases the files. Nothing of the database may be used any more.
func (db *DB) Close() error { return nil }

// Hash is the hash function of the database's ids.
func (db *DB) Hash() Hash { return SHA1 }

// Len is the number of stored objects; each has a Num below it.
func (db *DB) Len() int { return 0 }

// Promised reports whether the repository is a partial clone: an object that is missing may be one that
// was never fetched.
func (db *DB) Promised() bool { return false }

// Faults lists what Open could not read: packs, indexes, alternates.
func (db *DB) Faults() []Fault { return nil }

// Find looks an object up.
func (db *DB) Find(id ID) (Num, bool) { return 0, false }

// FindRaw is Find by the id's bytes, as a tree holds them.
func (db *DB) FindRaw(raw []byte) (Num, bool) { return 0, false }

// ID is the id of object n.
func (db *DB) ID(n Num) ID { return ID{} }

// Reader reads single objects. It is one goroutine's.
type Reader struct {
	// MaxBytes is the size above which Read answers ErrTooLarge.
	MaxBytes int64
}

// NewReader returns a reader that keeps up to cacheBytes of what it read, as later objects are often made of
// earlier ones.
func (db *DB) NewReader(cacheBytes int) *Reader { return nil }

// Read returns an object's type and content, which is valid until the next Read. The error is a *ReadError.
func (r *Reader) Read(n Num) (Kind, []byte, error) { return 0, nil, nil }

// Kind is the object's type, without reading its content.
func (r *Reader) Kind(n Num) (Kind, error) { return 0, nil }

// Size is the length of the object's content in bytes, without reading all of it.
func (r *Reader) Size(n Num) (int64, error) { return 0, nil }

// ReadError is the error of reading one object. It wraps ErrTooLarge where that is the reason.
type ReadError struct {
	Fault Fault
	Err   error
}

func (e *ReadError) Error() string { return e.Fault.String() }
func (e *ReadError) Unwrap() error { return e.Err }

// Forest is how the objects of a DB are made of each other: trees of deltas, whose roots are stored whole.
// It may be used by several goroutines.
type Forest struct{}

// Forest sorts and links all objects. An object that is stored more than once is in it once, with the
// number that Find has for it.
func (db *DB) Forest(ctx context.Context) (*Forest, error) { return nil, nil }

// Roots lists the objects of a kind that are stored whole, in the order in which they are stored. The
// objects of that kind are these and what Walk finds below them.
func (f *Forest) Roots(kind Kind) []Num { return nil }

// Count is the number of objects of a kind.
func (f *Forest) Count(kind Kind) int { return 0 }

// Kind is the type of object n; 0 where it couldn't be told, or n isn't what Find has for its id.
func (f *Forest) Kind(n Num) Kind { return 0 }

// Faults lists the objects that no walk reaches: their headers or their bases are damaged or missing.
func (f *Forest) Faults() []Fault { return nil }

// Version is an object in a walk.
type Version struct {
	Num  Num
	Kind Kind
	Size int64 // of the whole content, in bytes

	// Data is the content. It is valid during the visit and those of its descendants. It is nil where the
	// object is not read, and Omitted says why.
	Data    []byte
	Omitted string

	// Copies says what Data takes over from the object that was visited as its base, and BaseLen how long
	// that one is. Neighbours are joined, and Dst ascends. It is valid during the visit. Without a base
	// there are none.
	Copies  []delta.Copy
	BaseLen int
}

// WalkerOptions bounds what a Walker holds in memory. The zero value asks for the defaults.
type WalkerOptions struct {
	MaxBytes int64 // objects larger than this are handed out without Data; DefaultMaxBytes
	Budget   int64 // bytes of buffers held for going back up a chain of deltas; DefaultBudget
}

// DefaultBudget is how much a Walker holds in buffers unless asked.
const DefaultBudget = 256 << 20

// Walker is the scratch memory of walks. It is one goroutine's; several may walk one Forest.
type Walker struct{}

// NewWalker returns a walker of the forest.
func (f *Forest) NewWalker(options WalkerOptions) *Walker { return nil }

// Faults lists the objects that the walks so far could not read, and their descendants.
func (w *Walker) Faults() []Fault { return nil }

// Walk visits the object root and all that is made of it, depth first along deltas, in an order that
// depends on the packs alone. Visit gets the state that it returned for the object's base; hasBase is false
// where the object is stored whole, or either of the two is not read. An object that can't be read is a
// Fault of the walker, and not visited. The error is the context's or the visit's own; it ends the walk.
func Walk[S any](ctx context.Context, w *Walker, root Num, visit func(v Version, base S, hasBase bool) (S, error)) error {
	return nil
}

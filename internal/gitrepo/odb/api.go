package odb

import (
	"context"

	"github.com/curfew-ci/curfew/internal/delta"
)

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

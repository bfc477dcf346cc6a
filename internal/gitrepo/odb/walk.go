package odb

import (
	"context"

	"github.com/curfew-ci/curfew/internal/delta"
)

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
	// that one is. Neighbours are joined, Dst ascends, and the shortest are left out (delta.MinCopy). It is
	// valid during the visit. Without a base there are none.
	Copies  []delta.Copy
	BaseLen int
}

// Walk visits the object root and all that is made of it, depth first along deltas, in an order that
// depends on the packs alone. Visit gets the state that it returned for the object's base; hasBase is false
// where the object is stored whole, or either of the two is not read. An object that can't be read is a
// Fault of the walker, and not visited; what is made of it is visited without a base where there is another
// copy, else a Fault as well. The error is the context's or the visit's own; it ends the walk.
func Walk[S any](ctx context.Context, w *Walker, root Num, visit func(v Version, base S, hasBase bool) (S, error)) error {
	kept, ok := w.states.(*[]S) // of the walk before, as most are short
	if !ok {
		kept = new([]S)
		w.states = kept
	}
	states := *kept
	defer func() {
		clear(states[:cap(states)])
		*kept = states[:0]
	}()
	w.begin(root)
	for {
		more, err := w.next(ctx)
		if !more || err != nil {
			return err
		}
		depth := w.depth()
		var base S
		if w.hasBase {
			base = states[depth-1]
		}
		state, err := visit(w.version, base, w.hasBase)
		if err != nil {
			return err
		}
		var unread S
		for len(states) < depth { // above are some that were not visited
			states = append(states, unread)
		}
		states = append(states[:depth], state)
	}
}

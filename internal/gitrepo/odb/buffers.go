package odb

// buffers holds the contents of the levels of a walk.
type buffers struct {
	list   [][]byte
	held   int64 // their capacities
	budget int64
}

// maxScratch is how many bytes, or copies, of a buffer for deltas are kept for the next.
const maxScratch = 4 << 20

// scratch is a buffer emptied for the next use, unless it is too large to keep.
func scratch[T any](b []T) []T {
	if cap(b) > maxScratch {
		return nil
	}
	return b[:0]
}

// take returns a buffer of n bytes for level d. Where all buffers together take more than the budget, others
// go: first those below d, which wait for reuse, then those of the levels above, the root's first, since it is
// needed last on the way back. The base's stays. What is dropped is left to the garbage collector and not
// used again, for a visit's state may still refer to it.
func (w *Walker) take(d, n int) []byte {
	b := &w.buffers
	for len(b.list) <= d {
		b.list = append(b.list, nil)
	}
	if b.list[d] == nil || cap(b.list[d]) < n {
		b.drop(d)
		b.list[d] = make([]byte, n, n+n/8+64)
		b.held += int64(cap(b.list[d]))
	}
	for i := len(b.list) - 1; i > d && b.held > b.budget; i-- {
		b.drop(i)
	}
	for i := 0; i < d-1 && b.held > b.budget; i++ {
		b.drop(i)
		w.levels[i].data = nil
	}
	return b.list[d][:n]
}

func (b *buffers) drop(i int) {
	b.held -= int64(cap(b.list[i]))
	b.list[i] = nil
}

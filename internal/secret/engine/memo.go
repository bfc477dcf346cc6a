package engine

// memo remembers what was worked out, by a hash of all that it was worked out of. It has a place for each
// key, where a newer one drives out the one before, so it is bounded and may forget.
//
// Two keys of 64 bits, from a seed that nobody outside knows, are taken for each other once in some
// billions of scans of a million different keys.
type memo[T any] struct {
	slots []slot[T] // a power of two
	kept  int       // since the slots were made
}

type slot[T any] struct {
	key   uint64
	value *T
}

const (
	leastSlots = 1 << 8
	mostSlots  = 1 << 16
)

func newMemo[T any]() *memo[T] { return new(memo[T]) }

// get is what was kept for key; nil where nothing was or it is forgotten.
func (m *memo[T]) get(key uint64) *T {
	if len(m.slots) == 0 {
		return nil
	}
	if s := &m.slots[key&uint64(len(m.slots)-1)]; s.key == key {
		return s.value
	}
	return nil
}

// keep remembers value for key.
func (m *memo[T]) keep(key uint64, value *T) {
	if m.kept >= len(m.slots) && len(m.slots) < mostSlots {
		m.grow()
	}
	m.kept++
	m.slots[key&uint64(len(m.slots)-1)] = slot[T]{key, value}
}

func (m *memo[T]) grow() {
	old := m.slots
	m.slots = make([]slot[T], max(leastSlots, 4*len(old)))
	m.kept = 0
	for _, s := range old {
		if s.value != nil {
			m.keep(s.key, s.value)
		}
	}
}

// mix joins a hash with a small number.
func mix(hash uint64, with int) uint64 {
	return (hash ^ uint64(with)) * 0x9e3779b97f4a7c15 //nolint:gosec // any bits do
}

package engine

import (
	"hash/maphash"
	"sync/atomic"
)

// memos are what an Engine's Scanners remember for each other: what they find in one part of a history is
// often in another. What is remembered decides nothing: it is what would be worked out again.
type memos struct {
	seed    maphash.Seed
	judged  memo[seen]      // by the bytes of a window and its rule
	rulings memo[ruling]    // by the bytes of a match and its rule
	opened  memo[revealed]  // by the bytes of a cluster of encoded lines
	held    atomic.Int64    // bytes of layers in opened
	paths   memo[judgement] // by path
}

func newMemos() *memos {
	return &memos{maphash.MakeSeed(), newMemo[seen](), newMemo[ruling](), newMemo[revealed](), atomic.Int64{}, newMemo[judgement]()}
}

// memo remembers what was worked out, by a hash of all that it was worked out of. It has a place for each
// key, where a newer one drives out the one before, so it is bounded and may forget. It may be used by several
// goroutines; what is kept must not change any more.
//
// Two keys of 64 bits, from a seed that nobody outside knows, are taken for each other once in some
// billions of scans of a million different keys.
type memo[T any] []atomic.Pointer[kept[T]]

type kept[T any] struct {
	key   uint64
	value *T
}

// manySeen is how many matches of a window are remembered at most: a text made of nothing else has as many in
// one window as it is long.
const manySeen = 32

// memoSlots is how many places a memo has; a power of two.
const memoSlots = 1 << 16

func newMemo[T any]() memo[T] { return make(memo[T], memoSlots) }

// get is what was kept for key; nil where nothing was or it is forgotten.
func (m memo[T]) get(key uint64) *T {
	if k := m[key%memoSlots].Load(); k != nil && k.key == key {
		return k.value
	}
	return nil
}

// keep remembers value for key.
func (m memo[T]) keep(key uint64, value *T) { m[key%memoSlots].Store(&kept[T]{key, value}) }

// clear forgets all.
func (m memo[T]) clear() {
	for i := range m {
		m[i].Store(nil)
	}
}

// mix joins a hash with a small number.
func mix(hash uint64, with int) uint64 {
	return (hash ^ uint64(with)) * 0x9e3779b97f4a7c15 //nolint:gosec // any bits do
}

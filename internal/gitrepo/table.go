package gitrepo

import "github.com/curfew-ci/curfew/internal/gitrepo/odb"

// table maps pairs of numbers, neither below 0, to a number: open addressing in 12-byte slots, of which at
// most three quarters are used.
type table struct {
	keys   []uint64 // the pair + 1; 0 is free
	values []int32
	used   int
}

// add maps the pair a, b to value, unless it is mapped already; it returns what it is mapped to, and whether
// it is new.
func (t *table) add(a, b, value int32) (int32, bool) {
	if 4*(t.used+1) > 3*len(t.keys) {
		t.grow()
	}
	i := t.slot(pack(a, b))
	if t.keys[i] != 0 {
		return t.values[i], false
	}
	t.keys[i], t.values[i] = pack(a, b), value
	t.used++
	return value, true
}

// has reports whether the pair a, b is mapped. The table has something in it.
func (t *table) has(a, b int32) bool { return t.keys[t.slot(pack(a, b))] != 0 }

func pack(a, b int32) uint64 { return (uint64(uint32(a))<<32 | uint64(uint32(b))) + 1 } //nolint:gosec // bits

// slot is where key stands, or would.
func (t *table) slot(key uint64) uint64 {
	mask := uint64(len(t.keys) - 1) //nolint:gosec // a power of two
	i := mix(key) & mask
	for t.keys[i] != 0 && t.keys[i] != key {
		i = (i + 1) & mask
	}
	return i
}

func (t *table) grow() {
	old := *t
	size := max(1<<8, 2*len(old.keys))
	t.keys, t.values = make([]uint64, size), make([]int32, size)
	for i, key := range old.keys {
		if key != 0 {
			at := t.slot(key)
			t.keys[at], t.values[at] = key, old.values[i]
		}
	}
}

// mix spreads a key's bits over all 64: the finalizer of MurmurHash3.
func mix(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

// maxRepeats bounds the further places of all objects: a few small trees that name each other often have one at any number
// of paths. The largest public repositories have fewer.
const maxRepeats = 1 << 23

// places is a set of pairs of objects and places. Most objects have one place only, for which there is always room: of each
// object at least one is known.
type places struct {
	first []int32 // by object, its first place + 1
	more  table   // further places
	limit int     // maxRepeats
}

func newPlaces(objects int) places {
	return places{first: make([]int32, objects), limit: maxRepeats}
}

// add reports whether the pair is new, and whether there is room for it.
func (p *places) add(n odb.Num, place PathID) (isNew, room bool) {
	switch {
	case p.first[n] == 0:
		p.first[n] = int32(place) + 1
		return true, true
	case p.first[n] == int32(place)+1:
		return false, true
	case p.more.used >= p.limit:
		return false, p.more.has(int32(n), int32(place))
	}
	_, isNew = p.more.add(int32(n), int32(place), 0)
	return isNew, true
}

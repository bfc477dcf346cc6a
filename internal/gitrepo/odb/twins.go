package odb

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
)

// findTwins finds the objects that are stored more than once.
func (b *forester) findTwins() {
	if len(b.db.packs)+len(b.db.loose) < 2 {
		return
	}
	var some []candidate
	for first := range 256 {
		some = b.db.candidates(some[:0], byte(first))
		slices.SortFunc(some, func(x, y candidate) int {
			return cmp.Or(cmp.Compare(x.prefix, y.prefix), bytes.Compare(x.id, y.id), cmp.Compare(x.n, y.n))
		})
		for i := 1; i < len(some); i++ {
			if !bytes.Equal(some[i-1].id, some[i].id) {
				continue
			}
			b.pair(some[i-1].n, some[i].n)
		}
	}
}

// candidate is an object that may be stored elsewhere too.
type candidate struct {
	prefix uint64 // of the id, which tells nearly all apart
	id     []byte
	n      Num
}

// candidates appends the objects whose ids begin with a byte.
func (db *DB) candidates(to []candidate, first byte) []candidate {
	for _, p := range db.packs {
		for lo, hi := p.idx.bucket(first); lo < hi; lo++ {
			id := p.idx.id(lo)
			to = append(to, candidate{binary.BigEndian.Uint64(id), id, p.first + Num(lo)}) //nolint:gosec // below the numbers' limit
		}
	}
	for _, l := range db.loose {
		for lo, hi := l.bucket(first); lo < hi; lo++ {
			id := l.id(lo)
			to = append(to, candidate{binary.BigEndian.Uint64(id), id, l.first + Num(lo)}) //nolint:gosec // below the numbers' limit
		}
	}
	return to
}

// pair notes that n is another copy of what m, which is lower, stores.
func (b *forester) pair(m, n Num) {
	if b.twin == nil {
		b.twin = make([]Num, b.db.n)
		for i := range b.twin {
			b.twin[i] = Num(i)
		}
	}
	b.twin[n] = b.twin[m]
}

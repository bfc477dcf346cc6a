package odb

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// FuzzPack reads packs that are damaged in any way: each object is visited once or reported, in finite time and
// bounded memory.
func FuzzPack(f *testing.F) {
	good := part{id: "good", kind: Blob, body: []byte(text)}
	for _, parts := range [][]part{
		{},
		{good},
		{good, {id: "of it", kind: offsetDelta, base: "good", body: whole("!")}, {id: "by id", kind: refDelta, base: "of it", body: whole("?")}},
		{good, {id: "x", kind: refDelta, base: "y", body: whole("!")}, {id: "y", kind: refDelta, base: "x", body: whole("!")}},
		{{id: "tree", kind: Tree, body: []byte("100644 a\x00")}, {id: "bad", kind: Blob, body: []byte(text), size: 1 << 30}},
	} {
		packed, index := makePack(parts...)
		f.Add(packed, index)
	}
	f.Fuzz(func(t *testing.T, packed, index []byte) {
		db := inMemory(packed, index)
		if db == nil {
			return
		}
		checkAccounted(t, db)
		reader := db.NewReader(1000)
		reader.MaxBytes = 1 << 20
		for n := range Num(min(db.Len(), 100)) {
			kind, data, err := reader.Read(n)
			if err != nil {
				continue
			}
			data = bytes.Clone(data)
			if again, twice, err := reader.Read(n); err != nil || again != kind || !bytes.Equal(twice, data) {
				t.Fatalf("object %d reads another way the second time: %v", n, err)
			}
			_, size, err := reader.header(n)
			if err != nil || size != int64(len(data)) {
				t.Fatalf("object %d has a size of %d (%v), want %d", n, size, err, len(data))
			}
		}
	})
}

// FuzzIndex looks up what an index names, however damaged.
func FuzzIndex(f *testing.F) {
	_, index := makePack(part{id: "a", kind: Blob, body: []byte("a")}, part{id: "b", kind: Blob, body: []byte("b")})
	f.Add(index, 20)
	f.Add(version1("a", "b", "c"), 20)
	f.Add(append([]byte(indexMagic), 0, 0, 0, 2), 32)
	f.Fuzz(func(t *testing.T, data []byte, width int) {
		if width != 20 && width != 32 {
			return
		}
		x, err := parseIndex(data, width)
		if err != nil {
			return
		}
		for pos := range x.n {
			x.offset(pos)
			id := x.id(pos)
			if at, ok := x.find(id); ok && !bytes.Equal(x.id(at), id) {
				t.Fatalf("another object is found at %d than at %d", at, pos)
			}
		}
		for first := range 256 {
			if lo, hi := x.bucket(byte(first)); lo > hi || hi > x.n {
				t.Fatalf("byte %d has the positions %d to %d", first, lo, hi)
			}
		}
	})
}

// version1 is an index of the first version.
func version1(names ...string) []byte {
	_, wide := makePack(func() (parts []part) {
		for _, name := range names {
			parts = append(parts, part{id: name, kind: Blob, body: []byte(name)})
		}
		return parts
	}()...)
	x, _ := parseIndex(wide, 20)
	out := bytes.Clone(x.fan)
	for pos := range x.n {
		off, _ := x.offset(pos)
		out = append(binary.BigEndian.AppendUint32(out, uint32(off)), x.id(pos)...)
	}
	return append(out, wide[len(wide)-40:]...)
}

package odb

import (
	"bytes"
	"cmp"
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// part is an object of a pack that is made by hand, and may be wrong.
type part struct {
	id   string // names it; the ID is this one's SHA-1
	kind Kind   // or offsetDelta, refDelta
	base string // of a delta
	body []byte // a content or a delta
	size int64  // what it says its size is; 0: as it is
}

// idOf is the ID of a part.
func idOf(name string) ID {
	sum := sha1.Sum([]byte(name))
	id, _ := RawID(sum[:])
	return id
}

// makePack writes a pack and its index, version 2.
func makePack(parts ...part) (packed, index []byte) {
	type line struct {
		id  []byte
		off int
	}
	packed = binary.BigEndian.AppendUint32([]byte("PACK\x00\x00\x00\x02"), uint32(len(parts)))
	begins := map[string]int{}
	var lines []line
	for _, p := range parts {
		begins[p.id] = len(packed)
		id := idOf(p.id)
		lines = append(lines, line{id.Raw(), len(packed)})
		packed = appendPart(packed, p, begins)
	}
	sum := sha1.Sum(packed)
	packed = append(packed, sum[:]...)

	slices.SortFunc(lines, func(x, y line) int { return cmp.Or(bytes.Compare(x.id, y.id), cmp.Compare(x.off, y.off)) })
	index = append([]byte(indexMagic), 0, 0, 0, 2)
	for first := range 256 {
		n := 0
		for _, l := range lines {
			if int(l.id[0]) <= first {
				n++
			}
		}
		index = binary.BigEndian.AppendUint32(index, uint32(n))
	}
	for _, l := range lines {
		index = append(index, l.id...)
	}
	index = append(index, make([]byte, 4*len(lines))...) // checksums that nobody reads
	for _, l := range lines {
		index = binary.BigEndian.AppendUint32(index, uint32(l.off))
	}
	index = append(index, sum[:]...)
	sum = sha1.Sum(index)
	return packed, append(index, sum[:]...)
}

func appendPart(to []byte, p part, begins map[string]int) []byte {
	off := len(to)
	size := p.size
	if size == 0 {
		size = int64(len(p.body))
	}
	c := byte(p.kind)<<4 | byte(size&15)
	for size >>= 4; size > 0; size >>= 7 {
		to = append(to, c|0x80)
		c = byte(size & 0x7f)
	}
	to = append(to, c)
	switch p.kind {
	case offsetDelta:
		to = append(to, distance(off-begins[p.base])...)
	case refDelta:
		id := idOf(p.base)
		to = append(to, id.Raw()...)
	}
	var deflated bytes.Buffer
	z := zlib.NewWriter(&deflated)
	_, _ = z.Write(p.body)
	_ = z.Close()
	return append(to, deflated.Bytes()...)
}

func distance(n int) []byte {
	d := []byte{byte(n & 0x7f)}
	for n >>= 7; n > 0; n >>= 7 {
		n--
		d = append(d, byte(n&0x7f)|0x80)
	}
	slices.Reverse(d)
	return d
}

// deltaOf makes a delta of instructions.
func deltaOf(base int, made int64, instructions ...byte) []byte {
	d := binary.AppendUvarint(nil, uint64(base))
	return append(binary.AppendUvarint(d, uint64(made)), instructions...)
}

// store is an objects folder that is made by hand.
func store(t testing.TB, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// packed is a store of one pack.
func packed(t testing.TB, parts ...part) string {
	t.Helper()
	p, x := makePack(parts...)
	return store(t, map[string][]byte{"pack/pack-1.pack": p, "pack/pack-1.idx": x})
}

// openAt opens a folder, in which anything may be wrong.
func openAt(t testing.TB, dir string) *DB {
	t.Helper()
	db, err := Open(dir, SHA1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// seen is what walking a whole database told.
type seen struct {
	Data    map[string]string // by the names that were asked for, or the id
	Omitted map[string]string
	Faults  []string // without paths
}

// walkNames walks everything, and names objects by those of names whose IDs they have.
func walkNames(t testing.TB, db *DB, options WalkerOptions, names ...string) seen {
	t.Helper()
	known := map[ID]string{}
	for _, name := range names {
		known[idOf(name)] = name
	}
	call := func(id ID) string { return cmp.Or(known[id], id.String()) }
	out := seen{Data: map[string]string{}, Omitted: map[string]string{}}
	forest, err := db.Forest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	walker := forest.NewWalker(options)
	for kind := Commit; kind <= Tag; kind++ {
		for _, root := range forest.Roots(kind) {
			err := Walk(t.Context(), walker, root, func(v Version, base string, hasBase bool) (string, error) {
				name := call(db.ID(v.Num))
				if _, twice := out.Data[name]; twice {
					t.Errorf("%s is visited twice", name)
				}
				if v.Data == nil {
					out.Omitted[name] = v.Omitted
					return "", nil
				}
				out.Data[name] = string(v.Data)
				for _, c := range v.Copies {
					if !hasBase || string(v.Data[c.Dst:c.Dst+c.Len]) != base[c.Src:c.Src+c.Len] {
						t.Errorf("%s isn't made as copy %v says", name, c)
					}
				}
				return string(v.Data), nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, fault := range slices.Concat(db.Faults(), forest.Faults(), walker.Faults()) {
		told := fault.What
		if !fault.ID.IsZero() {
			told = call(fault.ID) + ": " + told
		}
		out.Faults = append(out.Faults, told)
	}
	slices.Sort(out.Faults)
	return out
}

// inMemory is a database of one pack that is in no file; nil where it is none.
func inMemory(packed, index []byte) *DB {
	content := &file{path: "pack", size: int64(len(packed)), data: packed}
	table := &file{path: "index", size: int64(len(index)), data: index}
	p, _, err := newPack(content, table, SHA1.Size())
	if err != nil {
		return nil
	}
	return &DB{packs: []*pack{p}, n: p.idx.n}
}

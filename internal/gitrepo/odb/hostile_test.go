package odb

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const text = "a text of more than sixteen bytes, so that a copy of it is told"

// whole is a copy of all of text, and an insert of what follows.
func whole(more string) []byte {
	d := deltaOf(len(text), int64(len(text)+len(more)), 0x90, byte(len(text)))
	if more != "" {
		d = append(append(d, byte(len(more))), more...)
	}
	return d
}

func TestDamagedObjects(t *testing.T) {
	good := part{id: "good", kind: Blob, body: []byte(text)}
	for _, test := range []struct {
		name  string
		parts []part
		want  seen
	}{
		{
			"nothing wrong",
			[]part{good, {id: "of it", kind: offsetDelta, base: "good", body: whole("!")}, {id: "by id", kind: refDelta, base: "of it", body: deltaOf(len(text)+1, 1, 0x90, 1)}},
			seen{Data: map[string]string{"good": text, "of it": text + "!", "by id": "a"}},
		},
		{
			"base behind its delta",
			[]part{{id: "by id", kind: refDelta, base: "good", body: whole("!")}, good},
			seen{Data: map[string]string{"good": text, "by id": text + "!"}},
		},
		{
			"longer than it says",
			[]part{good, {id: "bad", kind: Blob, body: []byte(text), size: 5}},
			seen{Data: map[string]string{"good": text}, Faults: []string{"bad: the object is longer than it says"}},
		},
		{
			"shorter than it says",
			[]part{good, {id: "bad", kind: Blob, body: []byte(text), size: 500}},
			seen{Data: map[string]string{"good": text}, Faults: []string{"bad: the object is shorter than it says"}},
		},
		{
			"larger than anything could be",
			[]part{good, {id: "bad", kind: Blob, body: []byte(text), size: 1 << 40}},
			seen{Data: map[string]string{"good": text}, Faults: []string{"bad: the file ends within the object"}},
		},
		{
			"of no type",
			[]part{good, {id: "bad", kind: 5, body: []byte(text)}},
			seen{Data: map[string]string{"good": text}, Faults: []string{"bad: the object is of a type that git doesn't have"}},
		},
		{
			"base missing",
			[]part{good, {id: "bad", kind: refDelta, base: "nowhere", body: whole("!")}, {id: "worse", kind: offsetDelta, base: "bad", body: whole("!")}},
			seen{Data: map[string]string{"good": text}, Faults: []string{"bad: the object that it is a delta of is missing", "worse: " + errAdrift.Error()}},
		},
		{
			"cycle",
			[]part{good, {id: "x", kind: refDelta, base: "y", body: whole("!")}, {id: "y", kind: refDelta, base: "z", body: whole("!")}, {id: "z", kind: refDelta, base: "x", body: whole("!")}},
			seen{Data: map[string]string{"good": text}, Faults: []string{"x: " + errAdrift.Error(), "y: " + errAdrift.Error(), "z: " + errAdrift.Error()}},
		},
		{
			"a delta of itself",
			[]part{good, {id: "x", kind: refDelta, base: "x", body: whole("!")}},
			seen{Data: map[string]string{"good": text}, Faults: []string{"x: " + errAdrift.Error()}},
		},
		{
			"copies from beyond its base",
			[]part{good, {id: "bad", kind: offsetDelta, base: "good", body: deltaOf(len(text), 200, 0x90, 200)}, {id: "of bad", kind: offsetDelta, base: "bad", body: whole("")}, {id: "of good", kind: offsetDelta, base: "good", body: whole("")}},
			seen{Data: map[string]string{"good": text, "of good": text}, Faults: []string{"bad: the delta copies from beyond its base", "of bad: the object that it is a delta of is damaged"}},
		},
		{
			"makes a huge thing",
			[]part{good, {id: "bad", kind: offsetDelta, base: "good", body: deltaOf(len(text), 1<<40, 0x90, 200)}},
			seen{Data: map[string]string{"good": text}, Omitted: map[string]string{"bad": "larger than 100 MiB"}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			db := openAt(t, packed(t, test.parts...))
			var names []string
			for _, p := range test.parts {
				names = append(names, p.id)
			}
			got := walkNames(t, db, WalkerOptions{}, names...)
			if diff := cmp.Diff(test.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
			reader := db.NewReader(1000)
			for _, name := range names {
				n, ok := db.Find(idOf(name))
				if !ok {
					t.Fatalf("%s isn't found", name)
				}
				_, data, err := reader.Read(n)
				if want, ok := test.want.Data[name]; ok != (err == nil) || string(data) != want {
					t.Errorf("%s is read as %q (%v), want %q", name, data, err, want)
				}
				if of := new(ReadError); err != nil && (!errors.As(err, &of) || of.Fault.ID != idOf(name)) {
					t.Errorf("the error doesn't name the object: %v", err)
				}
				_, _, _ = reader.header(n)
				_, _ = reader.Kind(n)
			}
		})
	}
}

func TestDamagedFiles(t *testing.T) {
	p, x := makePack(part{id: "good", kind: Blob, body: []byte(text)}, part{id: "too", kind: Tree, body: []byte("x")})
	change := func(data []byte, at int, to ...byte) []byte {
		data = bytes.Clone(data)
		copy(data[at:], to)
		return data
	}
	offsets := len(x) - 40 - 8
	both := map[string]string{"good": text, "too": "x"}
	for _, test := range []struct {
		name  string
		files map[string][]byte
		want  seen
	}{
		{"pack without index", map[string][]byte{"pack/pack-1.pack": p}, seen{Faults: []string{"a pack without its index"}}},
		{"index without pack", map[string][]byte{"pack/pack-1.idx": x}, seen{Faults: []string{"an index without its pack"}}},
		{"empty files", map[string][]byte{"pack/pack-1.pack": nil, "pack/pack-1.idx": nil}, seen{Faults: []string{"the index is cut short"}}},
		{"empty pack", map[string][]byte{"pack/pack-1.pack": nil, "pack/pack-1.idx": x}, seen{Faults: []string{"not a pack"}}},
		{"no pack", map[string][]byte{"pack/pack-1.pack": change(p, 0, 'p'), "pack/pack-1.idx": x}, seen{Faults: []string{"not a pack"}}},
		{"later version", map[string][]byte{"pack/pack-1.pack": change(p, 7, 4), "pack/pack-1.idx": x}, seen{Faults: []string{"a pack of version 4, which is not known: expected 2 or 3"}}},
		{"later index", map[string][]byte{"pack/pack-1.pack": p, "pack/pack-1.idx": change(x, 7, 3)}, seen{Faults: []string{"an index of a version that is not known: expected 1 or 2"}}},
		{"other count", map[string][]byte{"pack/pack-1.pack": change(p, 11, 7), "pack/pack-1.idx": x}, seen{Data: both, Faults: []string{"the pack says that it has 7 objects, its index has 2"}}},
		{"other pack's index", map[string][]byte{"pack/pack-1.pack": change(p, len(p)-1, 7), "pack/pack-1.idx": x}, seen{Data: both, Faults: []string{"the pack doesn't end with the checksum that its index names: it is cut short, or the index is another pack's"}}},
		{"fan-out that sinks", map[string][]byte{"pack/pack-1.pack": p, "pack/pack-1.idx": change(x, 8, 0, 0, 0, 9)}, seen{Faults: []string{"the index's table of first bytes doesn't ascend"}}},
		{"too many", map[string][]byte{"pack/pack-1.pack": p, "pack/pack-1.idx": change(x, 8+255*4, 0, 0, 9, 9)}, seen{Faults: []string{"the index is shorter than the number of its objects asks for"}}},
		{"no ids", map[string][]byte{"pack/pack-1.pack": p, "pack/pack-1.idx": x[:8+fanBytes+40]}, seen{Faults: []string{"the index is shorter than the number of its objects asks for"}}},
		{"unordered ids", map[string][]byte{"pack/pack-1.pack": p, "pack/pack-1.idx": change(x, 8+fanBytes, bytes.Repeat([]byte{255}, 20)...)}, seen{
			Data:   map[string]string{"ffffffffffffffffffffffffffffffffffffffff": "x", "good": text},
			Faults: []string{"the index's ids are not in order, so not all can be found"},
		}},
		{"outside", map[string][]byte{"pack/pack-1.pack": p, "pack/pack-1.idx": change(x, offsets, 0x7f, 0xff, 0xff, 0xff)}, seen{
			Data:   map[string]string{"good": text},
			Faults: []string{"too: the index points outside the pack"},
		}},
		{"outside the large offsets", map[string][]byte{"pack/pack-1.pack": p, "pack/pack-1.idx": change(x, offsets, 0xff, 0xff, 0xff, 0xff)}, seen{
			Data:   map[string]string{"good": text},
			Faults: []string{"too: the index points outside the pack"},
		}},
		{"loose that are none", map[string][]byte{"ab/cdef": nil, "ab/tmp_obj_xyz": nil, "pack/tmp_pack_1": nil, "zz/12": nil}, seen{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			db := openAt(t, store(t, test.files))
			got := walkNames(t, db, WalkerOptions{}, "good", "too")
			if diff := cmp.Diff(test.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOpenNothing(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(filepath.Join(dir, "objects"), SHA1); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v for a folder that is missing", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(filepath.Join(dir, "file"), SHA1); err == nil {
		t.Error("a file was opened as a database")
	}
}

// TestFlippedBits damages a real pack, one byte at a time, and asks that each object is visited or reported.
func TestFlippedBits(t *testing.T) {
	r := newRepo(t, SHA1)
	r.fill(20, 1)
	r.git(nil, "repack", "-adfq")
	path, err := filepath.Glob(filepath.Join(r.objects(), "pack", "*.pack"))
	if err != nil || len(path) != 1 {
		t.Fatal(path, err)
	}
	pack, err := os.ReadFile(path[0])
	if err != nil {
		t.Fatal(err)
	}
	index, err := os.ReadFile(path[0][:len(path[0])-len("pack")] + "idx")
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(3, 4))
	for range 150 {
		p, x := bytes.Clone(pack), bytes.Clone(index)
		if random.IntN(5) > 0 {
			p[random.IntN(len(p))] ^= 1 << random.IntN(8)
		} else {
			x[random.IntN(len(x))] ^= 1 << random.IntN(8)
		}
		if random.IntN(10) == 0 {
			p = p[:random.IntN(len(p))]
		}
		if db := inMemory(p, x); db != nil {
			checkAccounted(t, db)
		}
	}
}

// checkAccounted asks that each object of a database is visited once, or named as a fault.
func checkAccounted(t testing.TB, db *DB) {
	t.Helper()
	forest, err := db.Forest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	walker := forest.NewWalker(WalkerOptions{MaxBytes: 1 << 20, Budget: 1 << 20})
	accounted := make([]int, db.Len())
	for kind := Commit; kind <= Tag; kind++ {
		for _, root := range forest.Roots(kind) {
			err := Walk(t.Context(), walker, root, func(v Version, _ struct{}, _ bool) (struct{}, error) {
				accounted[v.Num]++
				return struct{}{}, nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for n, times := range accounted {
		if times > 1 {
			t.Fatalf("object %d is visited %d times", n, times)
		}
	}
	faults := append(forest.Faults(), walker.Faults()...)
	if len(faults) > maxFaults {
		return
	}
	for _, fault := range faults {
		for n := range accounted {
			if db.ID(Num(n)) == fault.ID {
				accounted[n]++
			}
		}
	}
	for n, times := range accounted {
		if original, ok := db.Find(db.ID(Num(n))); times == 0 && ok && original == Num(n) {
			t.Fatalf("object %d is neither visited nor reported", n)
		}
	}
}

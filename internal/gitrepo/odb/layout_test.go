package odb

import (
	"bytes"
	"testing"
)

// layout is a way in which git may store a history, and what tells that it did.
type layout struct {
	name string
	lay  func(r *repo)
	is   func(db *DB) bool
}

func layouts() []layout {
	entries := func(db *DB, kind Kind) (n int) {
		for _, p := range db.packs {
			for pos := range p.idx.n {
				off, _ := p.idx.offset(pos)
				if e, err := p.entry(off); err == nil && e.kind == kind {
					n++
				}
			}
		}
		return n
	}
	return []layout{
		{"as imported", func(*repo) {}, func(db *DB) bool { return entries(db, Blob) > 0 }},
		{
			"offset deltas",
			func(r *repo) { r.git(nil, "repack", "-adfq", "--depth=50") },
			func(db *DB) bool { return entries(db, offsetDelta) > 50 },
		},
		{
			"deep",
			func(r *repo) { r.git(nil, "repack", "-adfq", "--depth=250", "--window=100") },
			func(db *DB) bool { return entries(db, offsetDelta) > 50 },
		},
		{
			"index v1",
			func(r *repo) { r.git(nil, "-c", "pack.indexVersion=1", "repack", "-adfq") },
			func(db *DB) bool { return !db.packs[0].idx.isWide },
		},
		{
			"deltas by id",
			func(r *repo) { r.git(nil, "-c", "repack.useDeltaBaseOffset=false", "repack", "-adfq") },
			func(db *DB) bool { return entries(db, refDelta) > 50 },
		},
		{"loose", func(r *repo) { r.loosen() }, func(db *DB) bool { return len(db.packs) == 0 }},
		{
			"many packs",
			func(r *repo) {
				for seed := range uint64(4) {
					r.fill(10, seed+10)
				}
			},
			func(db *DB) bool { return len(db.packs) > 3 },
		},
		{
			"packs that overlap, and loose objects",
			func(r *repo) {
				r.git(nil, "repack", "-dq")
				r.fill(10, 5)
				r.git(nil, "repack", "-aq") // the old packs stay
				r.git([]byte("one more"), "hash-object", "-w", "--stdin")
			},
			func(db *DB) bool { return len(db.packs) > 1 && len(db.loose) == 1 },
		},
	}
}

// TestAsGit compares every object with what git reads, of every layout, by Read and by Walk.
func TestAsGit(t *testing.T) {
	for _, hash := range []Hash{SHA1, SHA256} {
		for _, test := range layouts() {
			t.Run(hash.String()+"/"+test.name, func(t *testing.T) {
				r := newRepo(t, hash)
				r.fill(60, 1)
				test.lay(r)
				want := r.all()
				db := r.openDB(hash)
				if !test.is(db) {
					t.Fatal("git didn't store it as asked")
				}
				for _, cacheBytes := range []int{0, 100_000, 1 << 20} {
					readAll(t, db, db.NewReader(cacheBytes), want)
				}
				for _, budget := range []int64{1, 50_000, DefaultBudget} {
					walkAll(t, db, WalkerOptions{Budget: budget}, want)
				}
			})
		}
	}
}

// readAll compares all objects with those that git reads.
func readAll(t *testing.T, db *DB, reader *Reader, want map[string]object) {
	t.Helper()
	if db.Len() < len(want) {
		t.Errorf("%d objects, want at least %d", db.Len(), len(want))
	}
	for digits, object := range want {
		id, err := ParseID(digits)
		if err != nil {
			t.Fatal(err)
		}
		n, ok := db.Find(id)
		if !ok {
			t.Fatalf("object %s isn't found", digits)
		}
		if db.ID(n) != id {
			t.Fatalf("object %d is %s, want %s", n, db.ID(n), id)
		}
		if _, size, err := reader.header(n); err != nil || size != int64(len(object.data)) {
			t.Fatalf("object %s has size %d (%v), want %d", id, size, err, len(object.data))
		}
		if kind, err := reader.Kind(n); err != nil || kind.String() != object.kind {
			t.Fatalf("object %s is a %s (%v), want %s", id, kind, err, object.kind)
		}
		kind, data, err := reader.Read(n)
		if err != nil {
			t.Fatal(err)
		}
		if kind.String() != object.kind || !bytes.Equal(data, object.data) {
			t.Fatalf("object %s is another %s, want %s", id, kind, object.kind)
		}
	}
}

// walkAll compares all objects that walks visit with those that git reads: each once, with the copies that
// its base bears out.
func walkAll(t *testing.T, db *DB, options WalkerOptions, want map[string]object) {
	t.Helper()
	forest, err := db.Forest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	walker := forest.NewWalker(options)
	seen := map[string]bool{}
	for kind := Commit; kind <= Tag; kind++ {
		count := 0
		for _, root := range forest.Roots(kind) {
			err := Walk(t.Context(), walker, root, func(v Version, base []byte, hasBase bool) ([]byte, error) {
				id := db.ID(v.Num).String()
				object, ok := want[id]
				if !ok || seen[id] {
					t.Fatalf("object %s is visited; git knows it: %t, visited before: %t", id, ok, seen[id])
				}
				seen[id] = true
				count++
				if v.Data == nil || v.Kind.String() != object.kind || v.Kind != kind || !bytes.Equal(v.Data, object.data) || v.Size != int64(len(v.Data)) {
					t.Fatalf("object %s is another %s of %d bytes, want %s of %d", id, v.Kind, v.Size, object.kind, len(object.data))
				}
				checkCopies(t, v, base, hasBase)
				return object.data, nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if n := countOf(forest, kind); n != count {
			t.Errorf("%d %ss were visited, the forest has %d", count, kind, n)
		}
	}
	for _, fault := range append(forest.Faults(), walker.Faults()...) {
		t.Error(fault)
	}
	if len(seen) != len(want) {
		t.Errorf("%d objects were visited, want %d", len(seen), len(want))
	}
}

// checkCopies says where a version's copies aren't what its base has.
func checkCopies(t *testing.T, v Version, base []byte, hasBase bool) {
	t.Helper()
	if !hasBase && (len(v.Copies) > 0 || v.BaseLen > 0) {
		t.Fatalf("object %d has copies of no base", v.Num)
	}
	if hasBase && v.BaseLen != len(base) {
		t.Fatalf("object %d has a base of %d bytes, want %d", v.Num, v.BaseLen, len(base))
	}
	end := int32(0)
	for _, c := range v.Copies {
		if c.Dst < end || c.Len <= 0 {
			t.Fatalf("object %d has copies out of order", v.Num)
		}
		end = c.Dst + c.Len
		if !bytes.Equal(v.Data[c.Dst:end], base[c.Src:c.Src+c.Len]) {
			t.Fatalf("object %d isn't made as copy %v says", v.Num, c)
		}
	}
}

// countOf is the number of objects of a kind.
func countOf(f *Forest, kind Kind) int {
	n := 0
	for _, k := range f.kinds {
		if k == kind {
			n++
		}
	}
	return n
}

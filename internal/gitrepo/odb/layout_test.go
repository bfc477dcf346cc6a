package odb

import (
	"bytes"
	"testing"
)

// layouts are the ways in which git may store one history.
func layouts() map[string]func(r *repo) {
	return map[string]func(r *repo){
		"as imported": func(*repo) {},
		"offset deltas": func(r *repo) {
			r.git(nil, "repack", "-adfq", "--depth=50")
		},
		"deep": func(r *repo) {
			r.git(nil, "repack", "-adfq", "--depth=250", "--window=100")
		},
		"index v1": func(r *repo) {
			r.git(nil, "-c", "pack.indexVersion=1", "repack", "-adfq")
		},
		"deltas by id": func(r *repo) {
			r.git(nil, "-c", "repack.useDeltaBaseOffset=false", "repack", "-adfq")
		},
		"loose": func(r *repo) { r.loosen() },
		"many packs": func(r *repo) {
			for seed := range uint64(4) {
				r.fill(10, seed+10)
			}
		},
		"packs that overlap": func(r *repo) {
			r.git(nil, "repack", "-dq")
			r.fill(10, 5)
			r.git(nil, "repack", "-aq") // the old packs stay
		},
	}
}

func TestReadAsGit(t *testing.T) {
	for _, hash := range []Hash{SHA1, SHA256} {
		for name, lay := range layouts() {
			t.Run(hash.String()+"/"+name, func(t *testing.T) {
				r := newRepo(t, hash)
				r.fill(60, 1)
				lay(r)
				want := r.all()
				db := r.openDB(hash)
				for _, cacheBytes := range []int{0, 100_000, 1 << 20} {
					readAll(t, db, db.NewReader(cacheBytes), want)
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
		if size, err := reader.Size(n); err != nil || size != int64(len(object.data)) {
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

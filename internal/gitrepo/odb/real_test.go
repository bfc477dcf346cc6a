package odb

import (
	"crypto/sha1"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestRealRepository walks the repository that CURFEW_BENCH_REPO names, and compares each object with its name: it
// is the SHA-1 of what it holds.
func TestRealRepository(t *testing.T) {
	dir := os.Getenv("CURFEW_BENCH_REPO")
	if dir == "" {
		t.Skip("CURFEW_BENCH_REPO names no git directory to compare")
	}
	db := openAt(t, filepath.Join(dir, "objects"))
	forest, err := db.Forest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	walker := forest.NewWalker(WalkerOptions{})
	visits, derived := 0, 0
	for kind := Commit; kind <= Tag; kind++ {
		for _, root := range forest.Roots(kind) {
			err := Walk(t.Context(), walker, root, func(v Version, base []byte, hasBase bool) ([]byte, error) {
				visits++
				if hasBase {
					derived++
				}
				checkNamed(t, db.ID(v.Num), v.Kind, v.Data)
				checkCopies(t, v, base, hasBase)
				return v.Data, nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if faults := append(db.Faults(), append(forest.Faults(), walker.Faults()...)...); len(faults) > 0 || visits == 0 {
		t.Errorf("faults: %v", faults)
	}
	reader := db.NewReader(16 << 20)
	reads := 0
	for n := Num(0); int(n) < db.Len(); n += 37 {
		kind, data, err := reader.Read(n)
		if err != nil {
			t.Fatal(err)
		}
		checkNamed(t, db.ID(n), kind, data)
		reads++
	}
	t.Logf("%d objects stored, %d visited, %d of them made of others; %d read", db.Len(), visits, derived, reads)
}

func checkNamed(t *testing.T, id ID, kind Kind, data []byte) {
	t.Helper()
	hash := sha1.New()
	fmt.Fprintf(hash, "%s %d\x00", kind, len(data))
	_, _ = hash.Write(data)
	if got, _ := RawID(hash.Sum(nil)); got != id {
		t.Fatalf("%s %s is another, %s", kind, id, got)
	}
}

package odb

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSeveralWalkers shares a forest among walkers, and a database among readers.
func TestSeveralWalkers(t *testing.T) {
	r := newRepo(t, SHA1)
	r.fill(40, 1)
	r.git(nil, "repack", "-adfq")
	db := r.openDB(SHA1)
	forest, err := db.Forest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const workers = 4
	walked, readBack := make([]string, db.Len()), make([]string, db.Len())
	var wg sync.WaitGroup
	for first := range workers {
		wg.Go(func() {
			walker, reader := forest.NewWalker(WalkerOptions{}), db.NewReader(10_000)
			for kind := Commit; kind <= Tag; kind++ {
				roots := forest.Roots(kind)
				for i := first; i < len(roots); i += workers {
					err := Walk(t.Context(), walker, roots[i], func(v Version, _ int, _ bool) (int, error) {
						walked[v.Num] = v.Kind.String() + string(v.Data)
						return 0, nil
					})
					if err != nil {
						t.Error(err)
					}
				}
			}
			for n := first; n < db.Len(); n += workers {
				kind, data, err := reader.Read(Num(n))
				if err != nil {
					t.Error(err)
				}
				readBack[n] = kind.String() + string(data)
			}
		})
	}
	wg.Wait()
	if diff := cmp.Diff(readBack, walked); diff != "" {
		t.Error(diff)
	}
}

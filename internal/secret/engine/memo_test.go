package engine

import (
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/curfew-ci/curfew/internal/secret/planted"
)

// What is kept is found by its key alone until another drives it out, whoever keeps it.
func TestMemo(t *testing.T) {
	m := newMemo[uint64]()
	var all sync.WaitGroup
	for from := range uint64(4) {
		all.Go(func() {
			for key := from * 1000; key < (from+2)*1000; key++ {
				if got := m.get(key); got != nil && *got != key {
					t.Errorf("%d is remembered for %d", *got, key)
				}
				m.keep(key, &key)
			}
		})
	}
	all.Wait()
	for key := range uint64(5000) {
		if got := m.get(key); got == nil || *got != key {
			t.Fatalf("%d is forgotten", key)
		}
		if m.get(key+memoSlots) != nil {
			t.Fatalf("%d is remembered for its neighbour", key)
		}
	}
	value := uint64(memoSlots)
	if m.keep(memoSlots, &value); m.get(0) != nil || m.get(memoSlots) != &value {
		t.Error("the newer one doesn't drive out the one before")
	}
	if m.clear(); m.get(memoSlots) != nil || m.get(1) != nil {
		t.Error("not all is forgotten")
	}
}

// Scanners of one engine that remember for each other find the same as one that is alone.
func TestScannersRememberForEachOther(t *testing.T) {
	shared, alone := engineOf(t), engineOf(t)
	samples := planted.All(0)
	var want [][]Match
	for _, p := range samples {
		want = append(want, matchesOf(t, alone, p.Path, []byte(p.Content)))
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			s := shared.NewScanner()
			for i, p := range samples {
				text := []byte(p.Content)
				got, err := s.Matches(t.Context(), p.Path, text, s.Whole(text))
				if diff := gocmp.Diff(want[i], got, cmpopts.EquateEmpty()); err != nil || diff != "" {
					t.Errorf("%s: %v (-alone +shared)\n%s", p.Detector, err, diff)
				}
			}
		})
	}
	all.Wait()
}

func engineOf(t *testing.T) *Engine {
	t.Helper()
	e, err := New(allRules(t))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

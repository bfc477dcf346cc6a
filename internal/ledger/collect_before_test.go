package ledger

import (
	"bytes"
	"errors"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/identity"
)

// TestCollectBefore: what was collected stays so when its issuer has other keys. What wasn't is proven, also where parts of it look as if
// it had been.
func TestCollectBefore(t *testing.T) {
	inbox, store, p, ctx := folder(t), newMemory(), newPlatform(), t.Context()
	old := jobFile(t, inbox, 1, 2, p.tokens(jobClaims()))
	if got, err := newCollector(t, inbox, store).Collect(ctx); err != nil || got.Added != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	changed := func() *Collector {
		c := newCollector(t, inbox, store)
		c.Verify = func([]byte, string) (identity.Claims, error) {
			return identity.Claims{}, errors.New("no key of this id")
		}
		return c
	}
	unmark := func() {
		maps.DeleteFunc(store.objects, func(name string, _ []byte) bool { return strings.HasPrefix(name, takenPrefix) })
	}
	before := maps.Clone(store.objects)
	unmark() // as a run leaves it that ends before it marks what it took
	got, err := changed().Collect(ctx)
	if err != nil || got.Added != 0 || len(got.Refused) != 0 || len(got.Files) != 1 || !maps.EqualFunc(before, store.objects, bytes.Equal) {
		t.Errorf("%+v, %v", got, err)
	}

	// The same records under another seal, and a file that was kept by a run that didn't come to append it.
	copied := "a-copy.jsonl"
	if err := inbox.Create(ctx, copied, get(t, inbox, old)); err != nil {
		t.Fatal(err)
	}
	if err := sealFile(ctx, inbox, copied, rand.NewChaCha8([32]byte{9}), p.tokens(jobClaims())); err != nil {
		t.Fatal(err)
	}
	late := jobFile(t, inbox, 2, 1, p.tokens(jobClaims()))
	side := get(t, inbox, late+sealSuffix)
	for name, data := range map[string][]byte{archivedFile(side): get(t, inbox, late), archivedFile(side) + sealSuffix: side} {
		if err := store.Create(ctx, name, data); err != nil {
			t.Fatal(err)
		}
	}
	unmark()
	got, err = changed().Collect(ctx)
	if err != nil || got.Added != 0 || len(got.Files) != 1 || got.Files[0].Name != old || len(got.Refused) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, r := range got.Refused {
		if !strings.Contains(r.Reason, "no key of this id") {
			t.Errorf("%+v", r)
		}
	}
	if got, err = newCollector(t, inbox, store).Collect(ctx); err != nil || got.Added != 1 || len(got.Refused) != 0 {
		t.Errorf("%+v, %v", got, err)
	}

	// What is kept under the seal's name and isn't the file stops it, as it always has.
	side = get(t, inbox, old+sealSuffix)
	store.objects[archivedFile(side)] = []byte("other")
	unmark()
	if _, err = newCollector(t, inbox, store).Collect(ctx); err == nil || !strings.Contains(err.Error(), "is there with other data") {
		t.Error(err)
	}
}

package ledger

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestCollectLarge: what jobs may leave in an inbox is more than one machine's memory. It is appended batch by batch,
// and what an error kept out isn't said to be taken.
func TestCollectLarge(t *testing.T) {
	inbox, p, ctx := folder(t), newPlatform(), t.Context()
	const files, records = 4, 100
	for i := range files {
		var content strings.Builder
		for n := range records {
			r := issued()
			r.ID, r.Links.CausedBy = fmt.Sprintf("01JD9Z6Q4T8K000000000%02d%03d", i, n), nil
			r.Decision.Reasons = []string{strings.Repeat("x", MaxRecord-2<<10)}
			content.Write(append(mustEncode(t, r), '\n'))
		}
		name := fmt.Sprintf("%d.jsonl", i)
		if err := inbox.Create(ctx, name, []byte(content.String())); err != nil {
			t.Fatal(err)
		}
		if err := sealFile(ctx, inbox, name, rand.NewChaCha8([32]byte{byte(i)}), p.tokens(jobClaims())); err != nil {
			t.Fatal(err)
		}
	}
	store := newMemory()
	got, err := newCollector(t, inbox, store).Collect(ctx)
	if err != nil || got.Added != files*records || len(got.Files) != files || len(got.Refused) != 0 {
		t.Fatalf("%d added, %d files, %v", got.Added, len(got.Files), err)
	}
	if batches, err := store.List(ctx, "log/batches/", "", MaxList); err != nil || len(batches) < 2 {
		t.Errorf("%d batches, %v", len(batches), err)
	}
	if r, err := Verify(ctx, store, options(t)); err != nil || r.Checkpoint.Size != files*records {
		t.Errorf("%+v, %v", r.Checkpoint, err)
	}
	broken := newMemory()
	broken.fail = store.writes - 3 // while what came last is committed
	got, err = newCollector(t, inbox, broken).Collect(ctx)
	if !errors.Is(err, errDown) || len(got.Files) == 0 || len(got.Files) == files || got.Added == 0 {
		t.Errorf("%d added, %d files, %v", got.Added, len(got.Files), err)
	}
}

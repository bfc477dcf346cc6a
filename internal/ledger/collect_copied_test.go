package ledger

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestCollectCopiedID: ids stand in slots, which every job may read, and in what jobs print. A job of another run that
// copies one and comes first keeps nothing out.
func TestCollectCopiedID(t *testing.T) {
	inbox, store, p, ctx := folder(t), newMemory(), newPlatform(), t.Context()
	honest := mustEncode(t, issued())
	put := func(name string, seed byte, line []byte, claims map[string]any) {
		t.Helper()
		if err := inbox.Create(ctx, name, append(line, '\n')); err != nil {
			t.Fatal(err)
		}
		if err := sealFile(ctx, inbox, name, rand.NewChaCha8([32]byte{seed}), p.tokens(claims)); err != nil {
			t.Fatal(err)
		}
	}
	claims := jobClaims()
	claims["run_id"] = "666"
	put("a-hostile.jsonl", 1, bytes.Replace(bytes.Clone(honest), []byte("12055500123"), []byte("666"), 1), claims)
	c := newCollector(t, inbox, store)
	if got, err := c.Collect(ctx); err != nil || got.Added != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	put("b-honest.jsonl", 2, honest, jobClaims())
	if got, err := c.Collect(ctx); err != nil || got.Added != 1 || len(got.Refused) != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	if r, err := Verify(ctx, store, options(t)); err != nil || r.Checkpoint.Size != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	shown, err := c.Log.Show(ctx, issued().ID)
	if err != nil || len(shown) != 2 || shown[0].Record.Task.RunID != "666" || !bytes.Equal(shown[1].Line, honest) {
		t.Fatalf("%d shown, %v", len(shown), err)
	}
	for _, s := range shown {
		at, err := ParseCheckpoint(s.Signed, options(t).Verifiers)
		if err == nil {
			err = s.Proof.Check(at, s.Line)
		}
		if err != nil {
			t.Error(err)
		}
	}
	// A second record of an id of its own run is a double, whichever of its files has it.
	put("c-double.jsonl", 3, bytes.Replace(bytes.Clone(honest), []byte(`"job":"deploy"`), []byte(`"job":"other"`), 1), jobClaims())
	if got, err := c.Collect(ctx); err != nil || len(got.Refused) != 1 || !strings.Contains(got.Refused[0].Reason, "has the id of another record of its run") {
		t.Errorf("%+v, %v", got, err)
	}
}

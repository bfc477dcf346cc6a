package orgstore_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/ledger"
)

// sealed leaves a sealed file of records in dir, of one unless said, by the tokens of a job, and returns its name.
func sealed(t *testing.T, dir *ledger.Folder, now func() time.Time, tokens ledger.TokenSource, records ...ledger.Record) string {
	t.Helper()
	w, err := ledger.NewWriter(dir, ledger.Job{RunID: "12055500123", Attempt: 1, Name: "deploy"}, ledger.WriterOptions{IDs: ledger.NewIDs(now, rand.Reader), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if records == nil {
		records = []ledger.Record{{
			Plane: ledger.Issuance, Type: ledger.LeaseDenied, Outcome: ledger.Deny,
			Identity: ledger.Identity{ID: "deploy", RepositoryID: project, Grant: "prod"},
			Task:     ledger.Task{RunID: "12055500123", Attempt: 1, Job: "deploy", SHA: strings.Repeat("9f2c41e0", 5), Actor: "alice"},
			Decision: &ledger.Decision{Engine: "manifest", Reasons: []string{"limit-reached: as many are alive as may be"}},
		}}
	}
	for _, r := range records {
		if _, err := w.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Seal(t.Context(), rand.Reader, tokens); err != nil {
		t.Fatal(err)
	}
	return w.Name()
}

func folder(t *testing.T) *ledger.Folder {
	t.Helper()
	dir, err := ledger.OpenFolder(filepath.Join(t.TempDir(), "records"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dir.Close() })
	return dir
}

// TestDeposit leaves file and seal in the inbox and nothing elsewhere, whatever becomes of another file.
func TestDeposit(t *testing.T) {
	w, dir := newWorld(t), folder(t)
	s := w.open()
	name := sealed(t, dir, w.now, w.IDToken)
	for range 2 {
		err := s.Deposit(t.Context(), dir, "gone.jsonl", name, "../"+name)
		if got := fmt.Sprint(err); strings.Count(got, "deposit ") != 2 || !strings.Contains(got, `deposit "gone.jsonl": `) {
			t.Errorf("%v", err)
		}
	}
	if len(w.objects) != 2 || w.objects["ledger/inbox/"+name] == "" || w.objects["ledger/inbox/"+name+".seal"] == "" {
		t.Errorf("%d objects", len(w.objects))
	}
	names, err := s.Inbox().List(t.Context(), "", "", 10)
	if err != nil || len(names) != 2 || names[0] != name {
		t.Errorf("%q, %v", names, err)
	}
	if err := s.Deposit(t.Context(), dir); err != nil {
		t.Errorf("nothing: %v", err)
	}
}

// TestAttested reads what somebody has attested of a project, and asks the store for that alone.
func TestAttested(t *testing.T) {
	w, dir := newWorld(t), folder(t)
	s := w.open()
	by := ledger.Attestor{Now: w.now(), Verify: func([]byte, string) (identity.Claims, error) { return identity.Claims{}, errors.New("nobody's key") }}
	if _, err := s.Attested(t.Context(), by, project); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("nothing: %v", err)
	}
	name := sealed(t, dir, w.now, w.IDToken, ledger.Record{
		Plane: ledger.Persistence, Type: ledger.InventoryTaken, Outcome: ledger.Done, Identity: ledger.Identity{RepositoryID: project},
		Inventory: &ledger.Inventory{SHA256: strings.Repeat("5e88", 16), Taken: w.now()},
	})
	if err := ledger.Attest(t.Context(), dir, s.Objects(), project, name); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Attested(t.Context(), by, project); err == nil || !strings.Contains(err.Error(), "nobody's key") {
		t.Errorf("%v", err)
	}
	for name := range w.objects {
		if !strings.HasPrefix(name, "ledger/attested/"+project+"/") {
			t.Errorf("%s was written", name)
		}
	}
}

package cli_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/cli"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// sealedInbox is an inbox with one sealed file of a job of the issuer, a store beside it, and the key of a collector.
func sealedInbox(t *testing.T, issuer *testservers.Issuer, claims map[string]any) (inbox, store, key string) {
	t.Helper()
	dir := t.TempDir()
	inbox, store, key = filepath.Join(dir, "inbox"), filepath.Join(dir, "store"), filepath.Join(dir, "key")
	w, done, err := writeJob(inbox, 1, time.Now(), jobRecords("ASIAXXXXXXXXXXXXXX7Q"))
	if err == nil {
		err = w.Seal(t.Context(), rand.NewChaCha8([32]byte{}), tokensAt(issuer, time.Now(), claims))
	}
	if err != nil || done() != nil {
		t.Fatal(err)
	}
	if code, _, errs := ledgerRun(t, nil, time.Now, "key", "acme.example/curfew", "--out", key); code != cli.ExitClean {
		t.Fatal(errs)
	}
	return inbox, store, key
}

// TestLedgerCollectOversized: any job may leave in the inbox what is larger than a ledger takes. It is refused by itself, and the
// others' records are collected, time after time.
func TestLedgerCollectOversized(t *testing.T) {
	issuer := testservers.StartIssuer(t, nil)
	inbox, store, key := sealedInbox(t, issuer, nil)
	for name, size := range map[string]int64{
		"0.jsonl": ledger.MaxObject + 1, "0.jsonl.seal": 10, // a file
		"1.jsonl": 10, "1.jsonl.seal": 1 << 40, // a seal, sparse
	} {
		path := filepath.Join(inbox, name)
		if os.WriteFile(path, nil, 0o600) != nil || os.Truncate(path, size) != nil {
			t.Fatal(path)
		}
	}
	for _, added := range []string{"1 file taken, 2 refused, 3 records added", "0 files taken (1 before), 2 refused, 0 records added"} {
		code, out, errs := ledgerRun(t, nil, time.Now, "collect", "--inbox", inbox, "--store", store, "--key-file", key, "--repository", "987654", "--issuer", issuer.URL)
		if code != cli.ExitFindings || strings.Count(out, "more than 16778496 bytes") != 2 || !strings.Contains(out, added) {
			t.Errorf("exit status %d:\n%s%s", code, out, errs)
		}
	}
}

//go:build e2e

package cli_test

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// actionWorkflow leases by the action, twice, uses what was leased, and fails: nobody but the action's post ends it.
const actionWorkflow = `on: push
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - id: leased
        uses: ./action
        with:
          command: lease
          grant: deploy/vault
          args: |
            FLAGS
      - id: outputs
        uses: ./action
        with:
          command: lease
          grant: deploy/vault
          to: output
          args: |
            FLAGS
      - run: |
          curl -sSf -H "X-Vault-Token: $VAULT_TOKEN" "$VAULT_ADDR/v1/secret/data/deploy"
          curl -sSf -H "X-Vault-Token: $SECOND" "$VAULT_ADDR/v1/secret/data/deploy"
          echo "lease $LEASE until $EXPIRES, with $VAULT_TOKEN and $SECOND"
          test -f "$RUNNER_TEMP/curfew/leases/$LEASE.json"
        env:
          LEASE: ${{ steps.leased.outputs.lease-id }}
          EXPIRES: ${{ steps.leased.outputs.expires }}
          SECOND: ${{ steps.outputs.outputs.VAULT_TOKEN }}
      - id: denied
        uses: ./action
        continue-on-error: true
        with:
          command: lease
          grant: deploy/absent
          args: |
            FLAGS
      - run: exit 1
`

// TestE2EActionLeases: what the action leased in a job that fails is ended when that is over, and its records are an artifact. act
// serves the artifacts, by its own server of the same protocol.
func TestE2EActionLeases(t *testing.T) {
	act := os.Getenv("CURFEW_ACT")
	if act == "" {
		t.Fatal("CURFEW_ACT doesn't name the runner: run make e2e")
	}
	s := newSiteOf(t, map[string]any{"run_id": "1", "run_number": "1"})
	testservers.InstallAction(t, "../..", filepath.Join(s.dir, "action"), filepath.Join(s.cache, "act", "tool_cache"), s.curfew)
	artifacts := t.TempDir()
	flags := strings.ReplaceAll(strings.Join([]string{"--trust-workspace", "--org-rules-from=org", "--issuer=" + s.issuer.URL}, "\n"), "\n", "\n            ")
	log := s.act(act, strings.ReplaceAll(actionWorkflow, "FLAGS", flags), "--artifact-server-path", artifacts,
		"--artifact-server-addr", "127.0.0.1", "--artifact-server-port", testservers.FreePort(t))
	for _, says := range []string{
		", with *** and ***", "Post ./action", "deploy/absent", "in the artifact curfew-1-1-deploy-", "Job failed",
	} {
		if !strings.Contains(log, says) {
			t.Errorf("the log lacks %q", says)
		}
	}
	if n := strings.Count(log, ": revoked ("); n != 4 {
		t.Errorf("it is said %d times that a lease is revoked, expected twice in the log and twice in the summary", n)
	}
	for _, not := range []string{"hvs.", "second-version-of-it", s.issuer.RequestToken, "eyJ", "isn't sealed"} {
		if strings.Contains(log, not) {
			t.Errorf("%q is in the log", not)
		}
	}
	records := unzipped(t, artifacts)
	all := s.recordsIn(records)
	if got := types(all); strings.Count(got, "issued") != 2 || strings.Count(got, "revoked") != 2 || strings.Count(got, "denied") != 1 {
		t.Errorf("records %s", got)
	}
	for _, r := range all {
		if r.Type == ledger.LeaseIssued {
			s.usedAndDead(r.Credential.Handle)
		}
	}
	if s.alive() != 0 {
		t.Error("a token lives")
	}
	if t.Failed() {
		t.Log(log)
	}
}

// unzipped is what the one artifact holds that act's server has kept.
func unzipped(t *testing.T, artifacts string) string {
	t.Helper()
	kept, err := filepath.Glob(filepath.Join(artifacts, "1", "*", "*.zip"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("artifacts %v %v", kept, err)
	}
	r, err := zip.OpenReader(kept[0])
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // only read
	dir := t.TempDir()
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(in)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, filepath.Base(f.Name)), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

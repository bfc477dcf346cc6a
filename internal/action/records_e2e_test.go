//go:build e2e

package action_test

import (
	"archive/zip"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/testservers"
)

const recordingWorkflow = deploySteps + `      - id: lease
        uses: ACTION
        with: { command: lease, grant: deploy/vault, to: output, args: --issuer=ISSUER }
      - uses: ACTION
        with: { command: revoke }
      - run: |
          printf %s "$TOKEN" >"$KEEP/vault"
          test -z "$VAULT_TOKEN"
          ! curl -sSf -H "X-Vault-Token: $TOKEN" "$VAULT_ADDR/v1/secret/data/deploy"
        env:
          TOKEN: ${{ steps.lease.outputs.VAULT_TOKEN }}
          VAULT_ADDR: ${{ steps.lease.outputs.VAULT_ADDR }}
`

// artifact: a step that revokes leaves nothing to end; where the organisation's store takes no records they are an artifact
// of the run, and that is a warning.
func artifact(t *testing.T, w *world) {
	j := w.job(t, recordingWorkflow, nil).withIdentity()
	hub := w.newHub(t)
	store := before(t, w.cloud.URL, func(rw http.ResponseWriter, r *http.Request) bool {
		taken := r.Method != http.MethodPut || !strings.Contains(r.URL.Path, "/inbox/")
		if !taken {
			http.Error(rw, "<Error><Code>AccessDenied</Code></Error>", http.StatusForbidden)
		}
		return taken
	})
	hub.Commit(orgRepo, "main", "anna", map[string]string{"curfew/org.yml": strings.ReplaceAll(w.orgFile, w.cloud.URL, store)})
	artifacts := t.TempDir()
	j.at(hub)
	j.flags = append(j.flags, "--artifact-server-path", artifacts, "--artifact-server-addr", "127.0.0.1", "--artifact-server-port", testservers.FreePort(t))
	j.run(true)
	j.hides(hub.Token)
	j.says(": revoked (", "::warning title=curfew::records: in the artifact curfew-1-1-deploy-", "and not in the organisation's store: ")
	j.dead(j.kept("vault"))
	kept, err := filepath.Glob(filepath.Join(artifacts, "1", "*", "*.zip"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("artifacts %v %v", kept, err)
	}
	files := unzipped(t, kept[0])
	got := ""
	for name, content := range files {
		if strings.HasSuffix(name, ".seal") {
			continue
		}
		if _, err := ledger.OpenSealed(name, []byte(content), []byte(files[name+".seal"])); err != nil {
			t.Error(err)
		}
		f, err := ledger.ReadJobFile(name, []byte(content))
		if err != nil {
			t.Fatal(err)
		}
		got += types(f.Records) + " "
	}
	if strings.Count(got, "issued") != 1 || strings.Count(got, "revoked") != 1 {
		t.Errorf("the artifact has %q of %v", got, slices.Sorted(maps.Keys(files)))
	}
}

func unzipped(t *testing.T, file string) map[string]string {
	t.Helper()
	r, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // only read
	files := map[string]string{}
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(f.Name)] = string(data)
	}
	return files
}

//go:build e2e

package action_test

import (
	"context"
	"crypto/rand"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/redact"
)

// guardedLease leases where the organisation asks for what only its collector can tell.
const guardedLease = deploySteps + `      - uses: ACTION
        with: { command: lease, grant: deploy/vault, args: --issuer=ISSUER }
      - run: printf %s "$VAULT_TOKEN" >"$KEEP/vault"
`

// collected: the workflow that docs have to copy takes what jobs have brought to the organisation's store, those before this one, too, and tells
// leases what they ask for. What a run of a pull request has put there is refused, and keeps nobody from anything. The store,
// its roles and Vault are real.
func collected(t *testing.T, w *world) {
	org := w.orgFile + guarded
	hub := w.guardedHub(t, org)
	lease := func() *job { return w.alone(t, guardedLease, nil).at(hub).withIdentity() }

	denied := lease()
	denied.run(false)
	denied.says("guard-unverified", "certification-unknown", "::notice title=curfew::records: in the organisation's store")
	refused := []string{w.depositOf(t, "pull_request"), w.depositOf(t, "pull_request_target")}

	first := w.collector(t, hub, org)
	first.run(false)
	first.collects(" taken, 2 refused, ", "recorded: renew deploy, by @zoe in acme/web#1")
	for _, name := range refused {
		first.says("refused  " + name + ": a run of a pull request")
		for _, object := range []string{name, name + ".seal"} {
			if status, said := w.asRoot(t, http.MethodDelete, "/acme-curfew/ledger/inbox/"+object, ""); status != http.StatusNoContent {
				t.Fatalf("%s: %d %s", object, status, said)
			}
		}
	}
	second := w.collector(t, hub, org)
	second.run(true)
	second.collects("0 identities certified", " before), 0 refused, ", "1 certification in all, 1 recorded before")
	w.issuer.Rotate(t)
	third := w.collector(t, hub, org)
	third.run(true)
	third.collects("1 identity certified", " before), 0 refused, ", "1 certification in all, 1 recorded before")

	w.issuer.Retire() // what came before can't be proven by its keys any longer
	allowed := lease()
	allowed.run(true)
	allowed.says(": revoked (")
	allowed.dead(allowed.kept("vault"))
	last := w.collector(t, hub, org)
	last.run(true)
	last.collects("1 identity certified", " before), 0 refused, ", "1 certification in all, 1 recorded before")

	w.ledger(t, org, "proven: acme-curfew/ledger has ", "verify", "--archived-keys")
	log := w.ledger(t, org, `"type":"lease.revoked"`, "export")
	for _, has := range []string{`"type":"lease.denied"`, `"type":"inventory.taken"`, `"type":"certification.merged"`, `"guard":"verified"`} {
		if !strings.Contains(log, has) {
			t.Errorf("the log has no %s", has)
		}
	}
	if strings.Contains(log, "mallory") {
		t.Error("what a pull request's run wrote is in the log")
	}
}

// collects expects what each run of the collector's job does, that it says more, and that it tells nobody what it has.
func (j *job) collects(says ...string) {
	j.Helper()
	j.says(append(says, "attested acme/web, repository 987654: refs/heads/main asks for 1 approval, the default branch, code owners, "+
		"approval of the last push, nobody may bypass it", "::notice title=curfew::records: in the organisation's store")...)
	j.lacks("gone with this machine", "::warning", "::error title=curfew")
	for _, name := range []string{"app-token", "app-key", "SecretAccessKey", "SessionToken"} {
		j.hides(j.kept(name))
	}
}

// depositOf puts into the inbox what a job of a pull request's run, which has the role as all jobs do, could: records of its
// own, sealed by its own token. It returns the file's name.
func (w *world) depositOf(t *testing.T, event string) string {
	t.Helper()
	dir := t.TempDir()
	folder, err := ledger.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close() //nolint:errcheck // what was written has been synced
	writer, err := ledger.NewWriter(folder, ledger.Job{RunID: "1", Attempt: 1, Name: "deploy"}, ledger.WriterOptions{IDs: ledger.NewIDs(time.Now, rand.Reader), Now: time.Now})
	if err == nil {
		_, err = writer.Append(ledger.Record{
			Plane: ledger.Issuance, Type: ledger.LeaseDenied, Outcome: ledger.Deny, Identity: ledger.Identity{RepositoryID: "987654"},
			Task: ledger.Task{Actor: "mallory"}, Decision: &ledger.Decision{Engine: "manifest", Reasons: []string{"made up"}},
		})
	}
	if err == nil {
		err = writer.Seal(t.Context(), rand.Reader, func(_ context.Context, audience string) (redact.Secret, error) {
			return redact.New([]byte(w.issuer.Token(audience, map[string]any{"event_name": event, "actor": "mallory", "run_id": "1"}))), nil
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{writer.Name(), writer.Name() + ".seal"} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if status, said := w.asRoot(t, http.MethodPut, "/acme-curfew/ledger/inbox/"+name, string(content)); status != http.StatusOK {
			t.Fatalf("%s: %d %s", name, status, said)
		}
	}
	return writer.Name()
}

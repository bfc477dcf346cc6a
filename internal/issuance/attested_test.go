package issuance_test

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/redact"
)

const collector = "acme/.github/.github/workflows/collect.yml@refs/heads/main"

const certificationText = `certification: { every: { critical: 30d, high: 90d, medium: 90d, low: 365d }, grace: 14d }
`

// attested is what a collector's job attests of the world's repository: enough for guardText and certificationText
// unless a test alters it.
type attested struct {
	claims     map[string]any
	forged     bool      // by a key that isn't the issuer's
	at         time.Time // of the job
	repository string
	inventory  *ledger.Inventory
	guard      *ledger.Guard
	certified  []ledger.Record
}

func newAttested() *attested {
	at := start.Add(-time.Hour)
	a := &attested{
		at: at, repository: "987654", inventory: &ledger.Inventory{SHA256: strings.Repeat("5e88", 16), Taken: at},
		claims: map[string]any{
			"iss": actions, "sub": "repo:acme/.github:ref:refs/heads/main", "repository": "acme/.github", "repository_id": "555",
			"repository_owner": "acme", "repository_owner_id": "4242", "event_name": "schedule", "actor": "zoe", "run_id": "900", "run_attempt": "1",
			"job_workflow_ref": collector, "sha": sha, "ref": "refs/heads/main",
		},
	}
	a.guard = &ledger.Guard{Ref: "refs/heads/main", DefaultBranch: true, Approvals: 1, CodeOwners: true, LastPushApproval: true, Bypass: []string{}}
	a.inventory.Guard = a.guard
	a.certify("deploy", ledger.Renew, 30)
	return a
}

// certify adds an owner's word of so many days ago.
func (a *attested) certify(identity string, action ledger.Action, days int) {
	a.certified = append(a.certified, ledger.Record{
		Plane: ledger.Entitlement, Type: ledger.CertificationMerged, Outcome: ledger.Done, Identity: ledger.Identity{ID: identity},
		Certification: &ledger.Certification{Action: action, By: []string{"@zoe"}, PullRequest: "acme/web#7", Merged: start.AddDate(0, 0, -days), Commit: commitA},
	})
}

// tokens signs as the platform does.
func (a *attested) tokens(_ context.Context, audience string) (redact.Secret, error) {
	claims := map[string]any{"aud": audience, "iat": a.at.Unix(), "nbf": a.at.Unix() - 300, "exp": a.at.Unix() + 300}
	maps.Copy(claims, a.claims)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	key := signers()[0]
	if a.forged {
		key = signers()[1]
	}
	return redact.New([]byte(sign(key, header, claims))), nil
}

// attest leaves in the world's store what a job of the collector's does; alter changes it first. Whatever repository the
// records are of, they stand where leases of the world's look.
func (w *world) attest(alter func(a *attested)) {
	w.t.Helper()
	a := newAttested()
	alter(a)
	ctx, now := w.t.Context(), func() time.Time { return a.at }
	dir, err := ledger.OpenFolder(filepath.Join(w.t.TempDir(), "records"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer dir.Close() //nolint:errcheck // a test's
	out, err := ledger.NewWriter(dir, ledger.Job{RunID: "900", Attempt: 1, Name: "collect"}, ledger.WriterOptions{IDs: ledger.NewIDs(now, rand.Reader), Now: now})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range append(a.certified, ledger.Record{Plane: ledger.Persistence, Type: ledger.InventoryTaken, Outcome: ledger.Done, Inventory: a.inventory}) {
		r.Identity.RepositoryID = a.repository
		if _, err := out.Append(r); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := out.Seal(ctx, rand.Reader, a.tokens); err != nil {
		w.t.Fatal(err)
	}
	if err := ledger.Attest(ctx, dir, dir, a.repository, out.Name()); err != nil {
		w.t.Fatal(err)
	}
	names, err := dir.List(ctx, ledger.AttestedPrefix, "", 10)
	for _, name := range names {
		object, getErr := dir.Get(ctx, name)
		to := strings.Replace(name, "/"+a.repository+"/", "/987654/", 1)
		err = errors.Join(err, getErr, w.shared.Store.Create(ctx, to, object.Data))
	}
	if err != nil || len(names) != 2 {
		w.t.Fatal(names, err)
	}
}

// guarding lets the policy require a guard and certifications, and has both attested as altered.
func guarding(alter func(a *attested)) func(w *world) {
	return func(w *world) {
		w.org("ceilings:\n", guardText+certificationText+"ceilings:\n")
		w.attest(alter)
	}
}

func claiming(name string, value any) func(w *world) {
	return guarding(func(a *attested) { a.claims[name] = value })
}

func attestedAttacks() []attack {
	const guard, unproven = "guard-unverified", issuance.CodeAttested
	return []attack{
		{name: "nothing is attested", alter: func(w *world) { w.org("ceilings:\n", guardText+"ceilings:\n") }, code: unproven, says: "curfew ledger attest"},
		{name: "governance brings the guard along", alter: func(w *world) {
			w.org("ceilings:\n", guardText+"ceilings:\n")
			w.gov.rules.Facts.Guard = guarded()
		}, code: guard, says: "what protects the manifest is unknown"},
		{name: "attested by nobody's key", alter: guarding(func(a *attested) { a.forged = true }), code: unproven, says: "the ID token doesn't hold"},
		{name: "attested by the job itself", alter: claiming("job_workflow_ref", "acme/web/.github/workflows/deploy.yml@refs/heads/main"), code: unproven},
		{name: "attested by another ref of the collector", alter: claiming("job_workflow_ref", strings.Replace(collector, "main", "x", 1)), code: unproven},
		{name: "attested by nobody knows which workflow", alter: claiming("job_workflow_ref", nil), code: unproven},
		{name: "attested by who calls the collector", alter: claiming("repository", "acme/web"), code: unproven},
		{name: "attested by another organisation", alter: claiming("repository_owner_id", "666"), code: unproven},
		{name: "attested by a pull request", alter: claiming("event_name", "pull_request_target"), code: unproven},
		{name: "attested by another issuer", alter: claiming("iss", other), code: unproven},
		{name: "attested for something else", alter: claiming("aud", "curfew"), code: unproven},
		{name: "attested of another repository", alter: guarding(func(a *attested) { a.repository = "666" }), code: unproven, says: `of repository "666", not of "987654"`},
		{name: "attested in the future", alter: guarding(func(a *attested) { a.at, a.inventory.Taken = start.Add(time.Hour), start.Add(time.Hour) }), code: unproven, says: "not found"},
		{name: "an inventory of the future", alter: guarding(func(a *attested) { a.inventory.Taken = start.Add(time.Hour) }), code: guard},
		{name: "a stale inventory", alter: guarding(func(a *attested) { a.at, a.inventory.Taken = start.AddDate(0, 0, -2), start.AddDate(0, 0, -2) }), code: guard, says: "the inventory is too old"},
		{name: "a stale inventory, stated anew", alter: guarding(func(a *attested) { a.inventory.Taken = start.AddDate(0, 0, -2) }), code: guard, says: "the inventory is too old"},
		{name: "an inventory that can't tell", alter: guarding(func(a *attested) { a.inventory.Guard = nil }), code: guard, says: "unknown"},
		{name: "too few approvals", alter: guarding(func(a *attested) { a.guard.Approvals = 0 }), code: guard, says: "too few approvals"},
		{name: "no code owners", alter: guarding(func(a *attested) { a.guard.CodeOwners = false }), code: guard},
		{name: "the last push unseen", alter: guarding(func(a *attested) { a.guard.LastPushApproval = false }), code: guard},
		{name: "another branch", alter: guarding(func(a *attested) { a.guard.DefaultBranch = false }), code: guard},
		{name: "some may bypass", alter: guarding(func(a *attested) { a.guard.Bypass = []string{"role:admin"} }), code: guard, says: "role:admin"},
		{name: "nobody knows who may bypass", alter: guarding(func(a *attested) { a.guard.Bypass = nil }), code: guard, says: "who may bypass the guard is unknown"},
		{name: "never certified", alter: guarding(func(a *attested) { a.certified = nil }), code: "certification-unknown"},
		{name: "certified too long ago", alter: guarding(func(a *attested) { a.certified = nil; a.certify("deploy", ledger.Keep, 105) }), code: "certification-overdue"},
		{name: "another identity is certified", alter: guarding(func(a *attested) { a.certified = nil; a.certify("deploy2", ledger.Keep, 1) }), code: "certification-unknown"},
		{name: "suspended, not certified", alter: guarding(func(a *attested) { a.certified = nil; a.certify("deploy", ledger.Suspend, 1) }), code: "certification-unknown"},
		{name: "certified in the future", alter: guarding(func(a *attested) { a.certified = nil; a.certify("deploy", ledger.Keep, -1) }), code: "certification-unknown"},
		{name: "the store doesn't answer for the guard", alter: func(w *world) { guarding(func(*attested) {})(w); w.fail = failing("attested") }, code: issuance.CodeStore, says: "make the store readable"},
		{name: "a guard, and no store to prove it", alter: func(w *world) { guarding(func(*attested) {})(w); w.options.Store = nil }, code: "no-shared-store"},
	}
}

func failing(name string) func(string) error {
	return func(step string) error {
		if step == name {
			return errors.New("connection refused")
		}
		return nil
	}
}

// TestAttested: what the collector attests is asked for once, and holds for both decisions.
func TestAttested(t *testing.T) {
	w := newWorld(t)
	guarding(func(*attested) {})(w)
	w.request.Grant = "deploy/limited"
	b := w.broker()
	l, err := b.Issue(t.Context(), w.request)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, step := range w.steps {
		if step == "attested" {
			asked++
		}
	}
	if asked != 1 || w.records()[1].Manifest.Guard != "verified" {
		t.Errorf("asked %d times; guard %q", asked, w.records()[1].Manifest.Guard)
	}
	// A renewal is another lease: what the collector has learnt meanwhile counts.
	w.at = w.at.Add(10 * time.Minute)
	w.attest(func(a *attested) { a.at = w.at; a.inventory.Taken = w.at; a.guard.Approvals = 0 })
	var denied *issuance.DeniedError
	if _, err := b.Renew(t.Context(), l, 0); !errors.As(err, &denied) || !strings.Contains(err.Error(), "too few approvals") {
		t.Errorf("renewed: %v", err)
	}
}

// TestAttestedUnread: where the store doesn't answer the lease may be due all the same, and isn't where it has nothing.
func TestAttestedUnread(t *testing.T) {
	for name, tt := range map[string]struct {
		alter      func(w *world)
		unfinished bool
	}{
		"out of reach":       {func(w *world) { guarding(func(*attested) {})(w); w.fail = failing("attested") }, true},
		"nothing attested":   {func(w *world) { w.org("ceilings:\n", guardText+"ceilings:\n") }, false},
		"attested by nobody": {guarding(func(a *attested) { a.forged = true }), false},
	} {
		w := newWorld(t)
		tt.alter(w)
		_, err := w.broker().Issue(t.Context(), w.request)
		var denied *issuance.DeniedError
		if !errors.As(err, &denied) || denied.Unfinished() != tt.unfinished {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAttestedAgesMeanwhile: the inventory was young enough when the lease was begun, and isn't any more when the
// provider has answered.
func TestAttestedAgesMeanwhile(t *testing.T) {
	w := newWorld(t)
	guarding(func(a *attested) { a.inventory.Taken = start.Add(-24*time.Hour + time.Minute) })(w)
	w.fail = func(step string) error {
		if step == "exchange" {
			w.at = start.Add(2 * time.Minute)
		}
		return nil
	}
	_, err := w.broker().Issue(t.Context(), w.request)
	if err == nil || !strings.Contains(err.Error(), "the inventory is too old") || len(w.server.issued) != 1 || len(w.server.revoked) != 1 {
		t.Errorf("%d issued, %d revoked: %v", len(w.server.issued), len(w.server.revoked), err)
	}
}

// TestNobodyAsks: without a guard and certifications in the policy nothing is looked for.
func TestNobodyAsks(t *testing.T) {
	w := newWorld(t)
	w.fail = failing("attested")
	if _, err := w.broker().Issue(t.Context(), w.request); err != nil {
		t.Error(err)
	}
}

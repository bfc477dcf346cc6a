package issuance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/policy"
	"github.com/curfew-ci/curfew/internal/redact"
)

func TestIssue(t *testing.T) {
	for _, tt := range []struct {
		grant, values, records string
		until                  time.Duration // of the lease
		notAfter               time.Duration // of the credential
		outcome                lease.Outcome
	}{
		{"deploy/prod", "VAULT_TOKEN VAULT_ADDR", "intent issued revoked", 15 * time.Minute, 15 * time.Minute, lease.Revoked},
		{"deploy/limited", "VAULT_TOKEN VAULT_ADDR", "intent issued revoked", 15 * time.Minute, 15 * time.Minute, lease.Revoked},
		{"deploy/ruled", "VAULT_TOKEN VAULT_ADDR", "intent issued revoked", 15 * time.Minute, 15 * time.Minute, lease.Revoked},
		{"deploy/nightly", "VAULT_TOKEN VAULT_ADDR", "intent issued revoked", 15 * time.Minute, 15 * time.Minute, lease.Revoked},
		{"deploy/cloud", "AWS_SESSION_TOKEN AWS_REGION", "intent issued expire-only", 15 * time.Minute, 15 * time.Minute, lease.ExpireOnly},
		{"deploy/source", "GITHUB_TOKEN GH_TOKEN", "intent issued revoked", 15 * time.Minute, time.Hour, lease.Revoked},
	} {
		t.Run(tt.grant, func(t *testing.T) {
			w := newWorld(t)
			w.request.Grant = tt.grant
			w.gov.rules.RepoRego = []policy.Module{
				{Path: "deploy.rego", Src: []byte("package curfew.deploy\n\nallow if input.task.change_author != input.task.triggering_actor\n")},
				{Path: "lease.rego", Src: []byte("package curfew.lease\n\nallow if input.grant.target." + map[string]string{"deploy/cloud": `region == "eu-west-1"`, "deploy/source": `repositories[0] == "acme/web"`}[tt.grant])},
			}
			if tt.grant != "deploy/cloud" && tt.grant != "deploy/source" {
				w.gov.rules.RepoRego[1].Src = []byte("package curfew.lease\n\nallow if input.grant.target.mount == \"jwt\"\n")
			}
			if tt.grant == "deploy/nightly" {
				w.job.claims["event_name"] = "schedule"
				w.options.Provers["schedule"] = issuance.Schedule{Crons: []string{"30 11 * * *"}, Started: start.Add(-20 * time.Minute)}
			}
			b := w.broker()
			l, err := b.Issue(t.Context(), w.request)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range strings.Fields(tt.values) {
				found := false
				for _, v := range l.Credential.Values {
					found = found || v.Name == name && v.Value.Len() > 0
				}
				if !found {
					t.Errorf("no %s in %v", name, l.Credential.Values)
				}
			}
			if !l.Until.Equal(start.Add(tt.until)) || !l.NotAfter.Equal(start.Add(tt.notAfter)) {
				t.Errorf("until %s, not after %s", l.Until, l.NotAfter)
			}
			got, err := b.End(t.Context(), l)
			if err != nil || got.Outcome != tt.outcome {
				t.Errorf("%+v, %v", got, err)
			}
			again, err := b.End(t.Context(), l)
			if err != nil || again.Record != got.Record {
				t.Errorf("ended twice: %+v, %v", again, err)
			}
			if s := types(w.records()); s != tt.records {
				t.Errorf("records %s, want %s", s, tt.records)
			}
			if tt.grant == "deploy/cloud" && !strings.Contains(w.server.narrow, "2012-10-17") {
				t.Error("the exchange wasn't narrowed")
			}
			if len(w.secrets) < 3 {
				t.Errorf("%d secrets were told to be hidden, want two tokens and the credential", len(w.secrets))
			}
			w.sound(l, *l.Credential, got)
		})
	}
}

// TestRecords looks at what the records of one lease say.
func TestRecords(t *testing.T) {
	w := newWorld(t)
	b := w.broker()
	l, err := b.Issue(t.Context(), w.request)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.End(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	all := w.records()
	task := ledger.Task{RunID: "12055500123", Attempt: 1, Job: "deploy", SHA: sha, Actor: "alice", Trigger: ledger.Trigger{
		Kind: "ticket", Ref: "CHG-4411", Status: "Approved", Observed: start,
	}}
	for i, r := range all {
		if diff := cmp.Diff(task, r.Task); diff != "" {
			t.Errorf("%s: task (-want +got):\n%s", r.Type, diff)
		}
		if diff := cmp.Diff(ledger.Identity{ID: "deploy", RepositoryID: "987654", Owner: "payments", Grant: "prod"}, r.Identity); diff != "" {
			t.Errorf("%s: identity (-want +got):\n%s", r.Type, diff)
		}
		if r.Manifest.Commit != commitA || r.Manifest.OrgCommit != commitB || len(r.Manifest.SHA256) != 64 || r.Manifest.Guard != "none" {
			t.Errorf("%s: manifest %+v", r.Type, r.Manifest)
		}
		if want := []int{0, 1, 2}[i]; len(r.Links.CausedBy) != want {
			t.Errorf("%s: caused by %v", r.Type, r.Links.CausedBy)
		}
	}
	if all[0].ID != l.ID || all[1].ID != l.Issued {
		t.Errorf("the lease's ids aren't those of its records")
	}
	issued := all[1].Credential
	if issued.Handle != "acc-1" || !strings.HasPrefix(issued.Fingerprint, "sha256:") || !issued.NotAfter.Equal(start.Add(15*time.Minute)) || issued.Revocable != ledger.ByToken {
		t.Errorf("credential %+v", issued)
	}
	if want := "revoked (" + w.server.Listener.Addr().String() + " answered 204)"; all[2].Decision.Reasons[0] != want {
		t.Errorf("%q, want %q", all[2].Decision.Reasons[0], want)
	}
}

// TestTerm lets no lease live longer than any of what bounds it.
func TestTerm(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(w *world)
		want   time.Duration
	}{
		"the grant":         {func(*world) {}, 15 * time.Minute},
		"asked":             {func(w *world) { w.request.Task.TTL = duration(4 * time.Minute) }, 4 * time.Minute},
		"the job's end":     {func(w *world) { w.request.Left = 2*time.Minute + time.Millisecond }, 7 * time.Minute},
		"the ceiling":       {func(w *world) { w.manifest("ttl: 15m", "ttl: 20m"); w.org("high: 30m", "high: 30m") }, 20 * time.Minute},
		"the identity":      {func(w *world) { w.at = time.Date(2027, 6, 1, 23, 50, 0, 0, time.UTC) }, 10 * time.Minute},
		"the entitlement":   {func(w *world) { w.at = time.Date(2027, 6, 1, 23, 59, 30, 0, time.UTC) }, 30 * time.Second},
		"more than is left": {func(w *world) { w.request.Left = 5 * time.Hour }, 15 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			tt.change(w)
			w.server.lasts = int(tt.want / time.Second)
			l, err := w.broker().Issue(t.Context(), w.request)
			if err != nil {
				t.Fatal(err)
			}
			if got := l.Until.Sub(w.at); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
			w = newWorld(t)
			tt.change(w)
			w.server.lasts = int(tt.want/time.Second) + 1
			if _, err := w.broker().Issue(t.Context(), w.request); err == nil {
				t.Error("a second more was taken")
			}
		})
	}
}

// TestIssueOtherwise goes ways that are less usual, and right all the same.
func TestIssueOtherwise(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(w *world)
		check  func(r ledger.Record) bool // of the record lease.issued
	}{
		"an issuer that the policy lists and that is configured": {func(w *world) {
			w.org("version: 1", "version: 1\nissuers: ["+other+"]")
			w.options.Issuers, w.job.claims["iss"] = []string{other}, other
		}, func(r ledger.Record) bool { return r.Identity.ID == "deploy" }},
		"the organisation that the workflow is bound to": {func(w *world) { w.request.Task.Org = "acme/.github" }, func(r ledger.Record) bool {
			return r.Manifest.OrgCommit == commitB
		}},
		"without an organisation": {func(w *world) {
			w.manifest("extends: acme/.github\n", "")
			w.gov.rules.Org, w.request.Grant, w.options.Store = nil, "deploy/source", nil
		}, func(r ledger.Record) bool { return r.Manifest.OrgCommit == "" && r.Task.Trigger.Kind == "always" }},
		"a guard that is proven": {guarding(func(*attested) {}), func(r ledger.Record) bool { return r.Manifest.Guard == "verified" }},
		"an emergency": {func(w *world) {
			emergency(w)
			w.manifest("count: 2", "count: 1")
		}, func(r ledger.Record) bool {
			return r.Task.Trigger.Kind == "break-glass" && r.Task.Trigger.Ref == "oncall"
		}},
		"a commit that only moves the branch on": {func(w *world) {
			w.later(func(f *fixed) { f.rules.Manifest.Commit = commitB })
		}, func(r ledger.Record) bool { return r.Manifest.Commit == commitA }},
		"a store that counts this very lease": {func(w *world) {
			once := 1
			w.tickets.then = func(all []manifest.Proof) []manifest.Proof {
				all[0].Ticket.Used = &once
				return all
			}
		}, func(r ledger.Record) bool { return r.Links.Tickets[0] == "CHG-4411" }},
		"an actor whom no line could name": {claim("actor", "bob\nroot"), func(r ledger.Record) bool { return r.Task.Actor == "" }},
		"a weak token": {func(w *world) {
			w.options.Providers = weak(w.options.Providers)
		}, func(r ledger.Record) bool { return r.Credential.Fingerprint == "" }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			tt.change(w)
			l, err := w.broker().Issue(t.Context(), w.request)
			if err != nil {
				t.Fatal(err)
			}
			all := w.records()
			if w.request.Task.BreakGlass != nil && len(all) > 0 {
				all = all[1:] // that it is used
			}
			if len(all) != 2 || !tt.check(all[1]) {
				t.Errorf("%s: %+v", types(all), all[len(all)-1])
			}
			w.sound(l)
			if w.request.Task.BreakGlass != nil { // which there is one use of
				if _, err := w.broker().Issue(t.Context(), w.request); err == nil {
					t.Error("the glass was broken twice")
				}
			}
		})
	}
}

// TestUntilEntitled: a provider that issues for no less than an hour is told in time that the credential must end, by what the
// identity is entitled to, however long the way to it took.
func TestUntilEntitled(t *testing.T) {
	w := newWorld(t)
	w.request.Grant = "deploy/source"
	ends := time.Date(2027, 6, 2, 0, 0, 0, 0, time.UTC)
	w.at = ends.Add(-10 * time.Second)
	w.fail = func(name string) error {
		if name == "second token" {
			w.at = w.at.Add(5 * time.Second)
		}
		return nil
	}
	l, err := w.broker().Issue(t.Context(), w.request)
	if err != nil {
		t.Fatal(err)
	}
	if !l.Until.Equal(ends) || !l.NotAfter.After(ends) {
		t.Errorf("until %s, not after %s, want %s", l.Until, l.NotAfter, ends)
	}
}

// weak hands out tokens that could be found by trying.
func weak(honest func(string) (lease.Provider, error)) func(string) (lease.Provider, error) {
	return func(name string) (lease.Provider, error) {
		p, err := honest(name)
		return lying{p, func(c *lease.Credential) {
			for i, v := range c.Values {
				if !v.Public {
					c.Values[i].Value = redact.New([]byte("hunter2hunter2hunter2"))
				}
			}
		}}, err
	}
}

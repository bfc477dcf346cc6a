package certify

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/manifest"
)

// TestMissedReview: nothing in the manifest has to change for it.
func TestMissedReview(t *testing.T) {
	in, src := scene(t)
	in.Facts.Ledger = &manifest.LedgerFacts{BreakGlass: []manifest.GlassUse{{
		Entry: "oncall", Grant: "half/prod", Time: manifest.Instant{Time: ago(9)}, Activator: "@otto", ActivatorID: "1005",
	}}}
	for _, g := range Plan(in, file, src) {
		for _, c := range g.Changes {
			if c.ID != "half" {
				continue
			}
			if c.Action != Suspend || c.State != Suspended || c.Effect() != "" || !strings.Contains(c.Reason, "wasn't reviewed in time") {
				t.Errorf("%s %s: %q %s", c.Action, c.State, c.Effect(), c.Reason)
			}
			return
		}
	}
	t.Error("not proposed")
}

// TestUnknownReviews: that nobody can tell whether break-glass was reviewed keeps no renewal from being due.
func TestUnknownReviews(t *testing.T) {
	in, src := scene(t)
	in.Policy.Ledger = &manifest.Ledger{Store: "s3://acme-curfew/ledger"}
	actions := map[string]Action{}
	for _, g := range Plan(in, file, src) {
		for _, c := range g.Changes {
			actions[c.ID] = c.Action
		}
	}
	for _, r := range Status(in) {
		if r.ID == "fresh" && (r.State != Unknown || !r.Open()) {
			t.Errorf("%s is %s", r.Name(), r.State)
		}
	}
	for id, want := range map[string]Action{"fresh": "", "ending": Renew, "grace": Renew, "overdue": Suspend, "half": Narrow} {
		if actions[id] != want {
			t.Errorf("%s: %q, want %q", id, actions[id], want)
		}
	}
}

// TestRefused: what an alias shares isn't edited, all else is.
func TestRefused(t *testing.T) {
	const src = `version: 1
owners: { web: { team: "@acme/web" } }
identities:
  a: { owner: web, purpose: A, expires: &end "2026-11-30", runs-as: { workflow: .github/workflows/a.yml, job: a } }
  b: { owner: web, purpose: *end, expires: "2027-08-01", runs-as: { workflow: .github/workflows/b.yml, job: b } }
  c: { owner: web, purpose: C, expires: "2026-11-30", runs-as: { workflow: .github/workflows/c.yml, job: c } }
`
	m, errs := manifest.Parse("m.yml", []byte(src))
	if m == nil {
		t.Fatal(errs)
	}
	groups := Plan(Input{Manifest: m, Now: now()}, "m.yml", []byte(src))
	if len(groups) != 1 || len(groups[0].Changes) != 2 {
		t.Fatalf("%+v", groups)
	}
	g := groups[0]
	if _, refused := Together(Input{Manifest: m, Now: now()}, "m.yml", []byte(src), groups); len(refused) != 1 || refused[0].ID != "a" {
		t.Errorf("%+v", refused)
	}
	if c := g.Changes[0]; !strings.Contains(c.Refused, "m.yml:4:46: can't edit identities.a.expires: the alias *end at line 5, column 29 stands for it too") {
		t.Error(c.Refused)
	}
	want := strings.Replace(src, `expires: "2026-11-30"`, `expires: "2027-02-21"`, 1)
	if diff := cmp.Diff(want, string(g.Source)); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(g.Body(), "**edit it by hand:** m.yml:4:46: can't edit") {
		t.Error(g.Body())
	}
}

package doctor_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/doctor"
	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/policy"
	"github.com/curfew-ci/curfew/internal/testservers"
	"github.com/curfew-ci/curfew/internal/trust"
)

// TestSound finds nothing wrong with a job that lacks nothing, in the order of what a lease needs.
func TestSound(t *testing.T) {
	w := newWorld(t)
	r := doctor.Examine(t.Context(), w.o)
	var got []string
	for _, f := range r.Findings {
		got = append(got, strings.TrimSpace(f.Check+" "+f.Grant)+": "+string(f.Status))
	}
	want := []string{"job: ok", "state: ok", "id-token: ok", "clock: ok", "manifest: ok", "grants: ok"}
	for _, grant := range []string{"vault", "cloud", "source"} {
		want = append(want, "decision deploy/"+grant+": ok", "audience deploy/"+grant+": ok", "trust deploy/"+grant+": ok",
			"deployed deploy/"+grant+": not-checked", "provider deploy/"+grant+": ok")
	}
	want = append(want, "store: ok")
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if r.Count(doctor.Wrong) != 0 || r.Count(doctor.OK) != 19 || r.Count(doctor.Unchecked) != 3 {
		t.Errorf("%d %d %d", r.Count(doctor.Wrong), r.Count(doctor.OK), r.Count(doctor.Unchecked))
	}
	if !slices.Equal(w.asked, []string{"curfew", "https://vault.acme.example", "sts.amazonaws.com", "octo.acme.example"}) {
		t.Errorf("asked for %v", w.asked)
	}
	said, err := json.Marshal(r)
	if err != nil || len(w.hidden) != 4 {
		t.Fatal(err, len(w.hidden))
	}
	for _, token := range w.hidden {
		for part := range strings.SplitSeq(token, ".") {
			if strings.Contains(string(said), part) {
				t.Errorf("a token's part is told: %s", part)
			}
		}
	}
}

// TestFinds: each thing that a job can lack is found, with what was found, what was expected, and what mends it; and the
// other checks are made all the same.
func TestFinds(t *testing.T) {
	issuer := testservers.StartIssuer(t, nil)
	broken := errors.New("api.github.com answered 403: the token needs contents: read")
	for _, tt := range []struct {
		name   string
		change func(*world)
		check  string
		status doctor.Status
		says   []string
	}{
		{"no run", func(w *world) { w.o.Job.Run = "" }, "job", doctor.Wrong, []string{"GITHUB_RUN_ID"}},
		{"no attempt", func(w *world) { w.o.Job.Attempt = "0" }, "job", doctor.Wrong, []string{"GITHUB_RUN_ATTEMPT"}},
		{"no place", func(w *world) { w.o.Job.State = "" }, "state", doctor.Wrong, []string{"RUNNER_TEMP", "--state"}},
		{"a place of others", func(w *world) { w.o.Job.StateErr = errors.New("permission denied") }, "state", doctor.Wrong, []string{"permission denied", "0700"}},

		{"no permission", func(w *world) { w.o.Job.MayAsk = false }, "id-token", doctor.Wrong, []string{"  permissions:\n    contents: read\n    actions: read\n    id-token: write", "reusable"}},
		{"a fork", func(w *world) { w.o.Job.MayAsk, w.o.Job.Event = false, "pull_request" }, "id-token", doctor.Wrong, []string{"from a fork"}},
		{"no answer", func(w *world) { w.fetch = errors.New("it answered 500") }, "id-token", doctor.Wrong, []string{"it answered 500"}},
		{"no keys", func(w *world) { w.keys = errors.New("ask the issuer: it can't be reached") }, "id-token", doctor.Wrong, []string{"can't be reached"}},
		{"another issuer", func(w *world) { w.claims["iss"] = "https://ghes.acme.example" }, "id-token", doctor.Wrong, []string{"isn't known here", "https://token.actions.githubusercontent.com", "--issuer"}},
		{"forged", func(w *world) { w.forged = true }, "id-token", doctor.Wrong, []string{"signature"}},
		{"for somebody else", func(w *world) { w.aud = "vault" }, "id-token", doctor.Wrong, []string{`aud is "vault"`}},
		{"no platform's claims", func(w *world) { w.claims["repository_id"] = nil }, "id-token", doctor.Wrong, []string{"can't be told"}},
		{"of another run", func(w *world) { w.o.Job.Run = "7" }, "id-token", doctor.Wrong, []string{`run_id|"12055500123"|"7"`}},
		{"of another attempt", func(w *world) { w.o.Job.Attempt = "2" }, "id-token", doctor.Wrong, []string{`run_attempt|"1"|"2"`}},

		{"a clock behind", func(w *world) { w.at = start.Add(-3 * time.Minute) }, "clock", doctor.Wrong, []string{"3m0s behind", "now|2026-11-28T11:57:00Z|2026-11-28T12:00:00Z"}},
		{"a clock ahead", func(w *world) { w.at = start.Add(time.Hour) }, "clock", doctor.Wrong, []string{"1h0m0s ahead of"}},

		{"nobody to read", func(w *world) { w.o.Governance, w.o.GovernanceErr = nil, errors.New("give the step GITHUB_TOKEN") }, "manifest", doctor.Wrong, []string{"GITHUB_TOKEN: ${{ github.token }}"}},
		{"may not read", func(w *world) { w.unread = broken }, "manifest", doctor.Wrong, []string{"contents: read", "403"}},
		{"two faults", func(w *world) { w.edit("ttl: 15m,", "ttl: 15m, colour: red,"); w.edit("owner: web", "ownr: web") }, "manifest", doctor.Wrong, []string{"colour", "ownr", manifest.Path + ":"}},
		{"a policy that isn't right", func(w *world) { w.org = w.org + "leger: {}\n" }, "manifest", doctor.Wrong, []string{"leger"}},
		{"no policy to extend", func(w *world) { w.rules.Org = nil }, "manifest", doctor.Wrong, []string{"extends acme/.github"}},
		{"Rego that doesn't compile", func(w *world) {
			w.rules.RepoRego = []policy.Module{{Path: ".github/curfew/a.rego", Src: []byte("pockage a")}}
		}, "manifest", doctor.Wrong, []string{"a.rego"}},
		{"a guard, and a workspace", func(w *world) {
			w.rules.Workspace = true
			w.org += "guard: { ref: default-branch, approvals: 1, code-owners: true, last-push-approval: true, bypass: none, max-age: 1d, required: true }\n"
		}, "manifest", doctor.Wrong, []string{"every step", "--trust-workspace"}},
		{"unknown facts", func(w *world) { w.rules.Unknown = []error{errors.New("who started it: 403")} }, "facts", doctor.Unchecked, []string{"who started it: 403"}},

		{"no such grant", func(w *world) { w.o.Grant = "deploy/none" }, "grants", doctor.Wrong, []string{"deploy/none", "deploy/vault, deploy/cloud"}},
		{"nobody's claims", func(w *world) { w.claims["environment"] = "staging" }, "grants", doctor.Wrong, []string{"environment|\"staging\"|production", "nearest is deploy"}},

		{"ended", func(w *world) { w.edit(`expires: "2027-06-01"`, `expires: "2020-06-01"`) }, "decision deploy/vault", doctor.Wrong, []string{"[expired]", "curfew.yml:"}},
		{"an event of others", func(w *world) { w.claims["event_name"] = "issue_comment" }, "decision deploy/vault", doctor.Wrong, []string{"issue_comment"}},
		{"a schedule to be proven", func(w *world) {
			w.edit("when: always", `when: { schedule: { cron: "30 11 * * *", window: 1h } }`)
			w.o.Provers = map[string]issuance.Prover{"schedule": issuance.Schedule{}}
		}, "decision deploy/vault", doctor.Unchecked, []string{"[trigger-unproven]", "the schedule"}},
		{"a trigger that nothing proves", func(w *world) {
			w.edit("when: always", "when: { all: [always, { environment-approval: { min: 1 } }] }")
		}, "decision deploy/vault", doctor.Wrong, []string{"nothing here proves"}},
		{"a trigger of which one is proven", func(w *world) {
			w.edit("when: always", "when: { any: [{ environment-approval: { min: 1 } }, always] }")
		}, "decision deploy/vault", doctor.OK, []string{"15m"}},

		{"an audience of curfew's own", func(w *world) { w.edit("role: deploy }", "role: deploy, audience: curfew }") }, "audience deploy/vault", doctor.Wrong, []string{"could pass for this job"}},
		{
			"another subject than is rendered", func(w *world) {
				w.claims["sub"] = "repo:acme/web:custom"
				w.edit("environment: production\n", "environment: production\n      sub: repo:acme/web:environment:production\n")
				w.o.Grant = "deploy/vault"
			}, "trust deploy/vault", doctor.Wrong,
			[]string{`bound_subject|"repo:acme/web:custom"|"repo:acme/web:environment:production"`},
		},
		{"no document", func(w *world) { w.edit("environment: production\n", "environment: { glob: \"prod*\" }\n") }, "trust deploy/vault", doctor.Wrong, []string{"pattern", "missing: "}},
		{"may not read the role", func(w *world) {
			w.role = func() ([]byte, error) { return nil, fmt.Errorf("403: %w", lease.ErrNotAllowed) }
		}, "deployed deploy/vault", doctor.Unchecked, []string{`path "auth/jwt/role/deploy" { capabilities = ["read"] }`}},
		{"no role", func(w *world) { w.role = func() ([]byte, error) { return nil, fmt.Errorf("404: %w", lease.ErrNoRole) } }, "deployed deploy/vault", doctor.Wrong, []string{"curfew trust render --grant deploy/vault | vault write auth/jwt/role/deploy -"}},
		{"no answer of Vault's", func(w *world) { w.role = func() ([]byte, error) { return nil, errors.New("it can't be reached") } }, "deployed deploy/vault", doctor.Unchecked, []string{"can't be reached"}},
		{"another role", func(w *world) {
			w.role = func() ([]byte, error) { return []byte(`{"bound_claims":{"repository":"acme/*"}}`), nil }
		}, "deployed deploy/vault", doctor.Wrong, []string{`bound_claims.repository|["acme/*"]`}},
		{"no role at all", func(w *world) { w.role = func() ([]byte, error) { return []byte(`[]`), nil } }, "deployed deploy/vault", doctor.Wrong, []string{"isn't a role"}},
		{"nobody there", func(w *world) { w.reach = errors.New("the name vault.acme.example can't be resolved") }, "provider deploy/vault", doctor.Wrong, []string{"can't be resolved"}},

		{"a store that can be read", func(w *world) { w.opens(&store{}) }, "store", doctor.OK, []string{"wasn't tried"}},
		{"a store that can't be read", func(w *world) { w.opens(&store{err: errors.New("STS answered 403")}) }, "store", doctor.Wrong, []string{"STS answered 403", "arn:aws:iam::123456789012:role/curfew-ledger"}},
		{"a store, and no grant", func(w *world) { w.claims["environment"] = "staging"; w.opens(&store{}) }, "store", doctor.OK, []string{"read"}},
		{"a store that can't be opened", func(w *world) {
			w.org += ledgerText
			w.o.Store = func(manifest.Ledger) (issuance.Shared, error) { return nil, errors.New("expected s3://") }
		}, "store", doctor.Wrong, []string{"expected s3://"}},
		{"a store, not asked", func(w *world) { w.opens(&store{}); w.o.Store = nil }, "store", doctor.Unchecked, []string{"curfew doctor --store"}},
		{"no store", func(w *world) { w.opens(&store{}); w.org = orgText }, "store", doctor.OK, []string{"names no ledger store"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := worldOf(t, issuer)
			tt.change(w)
			all := w.examine()
			f := all[tt.check]
			if f.Status != tt.status {
				t.Errorf("%s is %q: %s", tt.check, f.Status, text(f))
			}
			for _, says := range tt.says {
				if !strings.Contains(text(f), says) {
					t.Errorf("%q isn't in\n%s", says, text(f))
				}
			}
			for _, name := range []string{"job", "state", "id-token", "clock", "manifest", "grants", "store"} {
				if all[name].Status == "" {
					t.Errorf("%s wasn't looked at", name)
				}
			}
			if w.store != nil && w.store.taken > 0 {
				t.Error("a slot was taken")
			}
		})
	}
}

// opens lets the store be asked.
func (w *world) opens(s *store) {
	w.store, w.org = s, orgText+ledgerText
	w.o.Store = func(manifest.Ledger) (issuance.Shared, error) { return s, nil }
}

// TestCounted lets the store's counts decide where it is asked.
func TestCounted(t *testing.T) {
	for alive, want := range map[int]doctor.Status{0: doctor.OK, 9: doctor.Wrong} {
		w := newWorld(t)
		w.edit("limits: none", "limits: { concurrent: 3, per-day: 50 }")
		w.org += ledgerText
		if f := w.examine()["decision deploy/vault"]; f.Status != doctor.Unchecked || !strings.Contains(text(f), "[no-shared-store]") {
			t.Errorf("not asked: %s", text(f))
		}
		w.opens(&store{alive: alive})
		if f := w.examine()["decision deploy/vault"]; f.Status != want {
			t.Errorf("%d alive: %s %s", alive, f.Status, text(f))
		}
	}
}

// TestAttested: a guard and certifications are what a lease finds in the store, so that without one they aren't checked.
func TestAttested(t *testing.T) {
	w := newWorld(t)
	w.org += ledgerText + "certification: { every: { critical: 30d, high: 90d, medium: 90d, low: 365d } }\n"
	org := w.org
	if f := w.examine()["decision deploy/vault"]; f.Status != doctor.Unchecked || !strings.Contains(text(f), "[certification-unknown]") {
		t.Errorf("not asked: %s %s", f.Status, text(f))
	}
	s := &store{}
	w.opens(s)
	w.org = org
	if f := w.examine()["decision deploy/vault"]; f.Status != doctor.Wrong || !strings.Contains(text(f), "curfew ledger attest") {
		t.Errorf("nothing attested: %s %s", f.Status, text(f))
	}
	s.attested = []ledger.Record{{
		Type: ledger.CertificationMerged, Identity: ledger.Identity{ID: "deploy"},
		Certification: &ledger.Certification{Action: ledger.Keep, Merged: start.AddDate(0, 0, -1)},
	}}
	if f := w.examine()["decision deploy/vault"]; f.Status != doctor.OK {
		t.Errorf("certified: %s %s", f.Status, text(f))
	}
}

// TestEmergencies: a use of break-glass whose review is attested suspends nothing, and one whose isn't does.
func TestEmergencies(t *testing.T) {
	const use = "01JD9Z6Q4T8K0000000000000A"
	w := newWorld(t)
	w.edit("version: 1\n", `version: 1
break-glass:
  oncall: { grants: [deploy/vault], activators: ["@alice"], requires: [reason], ttl: 15m, max-uses: { count: 2, per: 30d }, review: { within: 1d, by: "@zoe", on-missed: suspend } }
`)
	used := start.AddDate(0, 0, -3)
	s := &store{uses: []manifest.GlassUse{{
		Entry: "oncall", Grant: "deploy/vault", Time: manifest.Instant{Time: used}, Activator: "@alice", ActivatorID: "1001", ID: use, Run: "1205", Unproven: true,
	}}}
	w.opens(s)
	if f := w.examine()["decision deploy/vault"]; f.Status != doctor.Wrong || !strings.Contains(text(f), "[review-missed]") {
		t.Errorf("nothing attested: %s %s", f.Status, text(f))
	}
	s.attested = []ledger.Record{{
		Type:       ledger.BreakGlassStated,
		BreakGlass: &ledger.BreakGlass{Use: use, RunID: "1205", By: "@zoe", ByID: "1003", Verdict: ledger.Justified, Reviewed: used.Add(time.Hour)},
	}}
	if f := w.examine()["decision deploy/vault"]; f.Status != doctor.OK {
		t.Errorf("reviewed: %s %s", f.Status, text(f))
	}
}

// TestNarrowed reads the session policy where a lease would.
func TestNarrowed(t *testing.T) {
	w := newWorld(t)
	w.edit("narrow: none", "narrow: policies/a.json")
	if f := w.examine()["decision deploy/cloud"]; f.Status != doctor.Wrong || !strings.Contains(text(f), "there is no policies/a.json") {
		t.Error(text(f))
	}
	w.files = map[string]string{"policies/a.json": "{}"}
	if f := w.examine()["decision deploy/cloud"]; f.Status != doctor.OK {
		t.Error(text(f))
	}
}

// TestFile holds the file that a grant's provider needs to what a lease does.
func TestFile(t *testing.T) {
	const boundary = `{"accessBoundary": {"accessBoundaryRules": [{"availableResource": "//storage.googleapis.com/projects/_/buckets/acme-web",
		"availablePermissions": ["inRole:roles/storage.objectViewer"]}]}}`
	w := newWorld(t)
	w.edit(`aws: { role: "arn:aws:iam::123456789012:role/ci/deploy", audience: sts.amazonaws.com, region: eu-west-1 }`,
		"gcp: { provider: projects/1/locations/global/workloadIdentityPools/ci/providers/github, service-account: deploy@acme-prod.iam.gserviceaccount.com, scopes: none, boundary: policies/boundary.json }")
	for content, want := range map[string]string{"": "can't be read: it is empty", "{}": "the file that the grant names as boundary: the boundary:1:1: expected an object", boundary: ""} {
		w.files = map[string]string{"policies/boundary.json": content}
		if f := w.examine()["provider deploy/cloud"]; (f.Status == doctor.OK) != (want == "") || !strings.Contains(text(f), want) {
			t.Errorf("%q: %s %s", content, f.Status, text(f))
		}
	}
	w.files = map[string]string{"policies/boundary.json": boundary} // which is no certificate
	w.edit("gcp: { provider: projects/1/locations/global/workloadIdentityPools/ci/providers/github, service-account: deploy@acme-prod.iam.gserviceaccount.com, scopes: none, boundary: policies/boundary.json }",
		"kubernetes: { server: https://k8s.acme.example, ca: policies/boundary.json, audience: https://k8s.acme.example }")
	if f := w.examine()["provider deploy/cloud"]; f.Status != doctor.Wrong || strings.Contains(text(f), "network") || !strings.Contains(text(f), "mend policies/boundary.json") {
		t.Error(text(f))
	}
}

// TestTooShort says before a job asks that its registry issues for nothing so short.
func TestTooShort(t *testing.T) {
	w := newWorld(t)
	w.edit(`aws: { role: "arn:aws:iam::123456789012:role/ci/deploy", audience: sts.amazonaws.com, region: eu-west-1 }`, "npm: { package: shop }")
	if f := w.examine()["decision deploy/cloud"]; f.Status != doctor.Wrong || !strings.Contains(text(f), "give the grant a ttl of 1h") {
		t.Error(text(f))
	}
	w.edit("npm: { package: shop }", "crates: { package: shop }") // its tokens are ended
	if f := w.examine()["decision deploy/cloud"]; f.Status != doctor.OK {
		t.Error(text(f))
	}
}

// TestDeployedAsRendered compares with what trust renders.
func TestDeployedAsRendered(t *testing.T) {
	w := newWorld(t)
	rules, _ := w.Rules(context.Background(), identity.Identity{}, "")
	m, _ := manifest.Parse("m", rules.Manifest.Src)
	p, _ := manifest.ParsePolicy("p", rules.Org.Src)
	docs, _ := trust.Render(m, p, trust.Options{Grant: "deploy/vault"})
	w.role = func() ([]byte, error) { return docs[0].JSON(), nil }
	if f := w.examine()["deployed deploy/vault"]; f.Status != doctor.OK {
		t.Error(text(f))
	}
}

// TestCommandsToPaste: what a token of somebody else's issuer says can't become a shell's command.
func TestCommandsToPaste(t *testing.T) {
	w := newWorld(t)
	w.claims["iss"] = "https://a$(id)';id;'`id`\n::error::x"
	f := w.examine()["id-token"]
	if f.Status != doctor.Wrong || !strings.Contains(f.Fix[0], `--issuer 'https://a$(id)'\'';id;'\''`) {
		t.Error(text(f))
	}
}

package issuance_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/ledger"
)

// attack is one way to a credential that somebody isn't entitled to, or to one that nobody knows of.
type attack struct {
	name  string
	alter func(w *world)
	code  string // a reason that must be among those given
	says  string // words that must be among theirs; may be ""
	// records are the types of those that must be written, "denied" unless said.
	records string
}

// TestAttacks lets none of them have a lease. Each is denied for the right reason and recorded, and whatever
// the provider had issued by then is ended.
func TestAttacks(t *testing.T) {
	all := slices.Concat(claimAttacks(), tokenAttacks(), ruleAttacks(), triggerAttacks(), ticketAttacks(), tagAttacks(), serverAttacks(t), brokenAttacks(), attestedAttacks())
	if len(all) < 40 {
		t.Errorf("%d attacks only", len(all))
	}
	for _, a := range all {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel() // some wait
			w := newWorld(t)
			a.alter(w)
			l, err := w.broker().Issue(t.Context(), w.request)
			var denied *issuance.DeniedError
			if l != nil || !errors.As(err, &denied) {
				t.Fatalf("got %v and %v", l, err)
			}
			w.refused(denied, a)
		})
	}
}

// refused holds a denial to what is expected of it.
func (w *world) refused(denied *issuance.DeniedError, a attack) {
	w.t.Helper()
	codes := []string{}
	for _, r := range denied.Reasons {
		codes = append(codes, r.Code)
		if r.Message == "" || r.Fix == "" && r.Code != string(issuance.CodeExchange) {
			w.t.Errorf("reason %+v says too little", r)
		}
	}
	if !slices.Contains(codes, a.code) {
		w.t.Errorf("reasons %v, want %s among them:\n%v", codes, a.code, denied)
	}
	if !strings.Contains(denied.Error(), a.says) {
		w.t.Errorf("no %q in:\n%v", a.says, denied)
	}
	if a.records == "" {
		a.records = "denied"
	}
	records := w.records()
	if s := types(records); s != a.records {
		w.t.Errorf("records %q, want %q:\n%v", s, a.records, denied)
	}
	if n := len(records); n > 0 {
		last := records[n-1]
		told := last.Decision != nil && slices.ContainsFunc(last.Decision.Reasons, func(s string) bool { return strings.HasPrefix(s, a.code+": ") })
		if (last.Type == ledger.LeaseDenied || last.Type == ledger.LeaseFailed) && (!told || last.ID != denied.Record) {
			w.t.Errorf("the last record, %+v, doesn't say why", last.Decision)
		}
	}
	for _, line := range strings.Split(denied.Error(), "\n") {
		if strings.ContainsAny(line, "\r\x1b\u202e\x00") || len(line) > 6*500 {
			w.t.Errorf("a line of the error isn't fit to be shown: %q", line)
		}
	}
	for _, token := range w.server.issued {
		if strings.HasPrefix(token, "hv"+"s.") && !slices.Contains(w.server.revoked, token) {
			w.t.Error("a credential was issued, and not ended")
		}
	}
	w.sound(denied)
}

func claim(name string, value any) func(w *world) {
	return func(w *world) { w.job.claims[name] = value }
}

func claimAttacks() []attack {
	const mismatch = "claim-mismatch"
	return []attack{
		{name: "other repository", alter: claim("repository_id", "111"), code: mismatch},
		{name: "fork", alter: func(w *world) {
			w.job.claims["repository"], w.job.claims["repository_id"], w.job.claims["repository_owner_id"] = "mallory/web", "111", "666"
		}, code: "organization-mismatch"},
		{name: "other ref", alter: claim("job_workflow_ref", "acme/web/.github/workflows/deploy.yml@refs/heads/evil"), code: mismatch},
		{name: "other workflow", alter: claim("job_workflow_ref", "acme/web/.github/workflows/evil.yml@refs/heads/main"), code: mismatch},
		{name: "a glob that climbs", alter: func(w *world) {
			w.manifest("environment: production", "environment: production\n      ref: { glob: refs/heads/release-* }")
			w.job.claims["ref"] = "refs/heads/release-1/../main"
		}, code: mismatch},
		{name: "a glob with an alternative", alter: func(w *world) {
			w.manifest("environment: production", "environment: { glob: \"prod|*\" }")
		}, code: mismatch},
		{name: "a star in a claim", alter: claim("environment", "*"), code: mismatch},
		{name: "look-alike", alter: claim("environment", "producti\u043en"), code: mismatch},
		{name: "invisible", alter: claim("environment", "production\u200b"), code: mismatch},
		{name: "turned around", alter: claim("environment", "\u202eproduction"), code: mismatch},
		{name: "case", alter: claim("environment", "Production"), code: mismatch},
		{name: "recycled name", alter: claim("repository_owner_id", "4343"), code: "organization-mismatch"},
		{name: "recycled repository", alter: claim("sub", "repo:acme@4242/web@111:environment:production"), code: "token-unclear"},
		{name: "two platforms", alter: claim("project_id", "987654"), code: "token-unclear"},
		{name: "no platform", alter: claim("repository_id", nil), code: "token-unclear"},
		{name: "pull_request_target", alter: claim("event_name", "pull_request_target"), code: "event-not-allowed"},
		{name: "pull_request_target by name", alter: func(w *world) {
			w.manifest("environment: production", "environment: production\n      event_name: pull_request_target")
			w.job.claims["event_name"] = "pull_request_target"
		}, code: issuance.CodePolicy},
		{name: "pull_request", alter: claim("event_name", "pull_request"), code: "event-not-allowed"},
		{name: "no event", alter: claim("event_name", nil), code: "event-not-allowed"},
		{name: "re-run by the approver", alter: func(w *world) {
			w.job.claims["run_attempt"] = "1"
			run := *w.gov.rules.Facts.Run
			run.TriggeringActor = "@zoe"
			w.gov.rules.Facts.Run = &run
		}, code: "trigger-unproven"},
		{name: "re-run by nobody knows whom", alter: func(w *world) { w.gov.rules.Facts.Run = nil }, code: "trigger-unproven"},
		{name: "wrong environment", alter: claim("environment", "staging"), code: mismatch},
		{name: "no environment", alter: claim("environment", ""), code: mismatch},
		{name: "a list of environments", alter: claim("environment", []string{"production"}), code: mismatch},
		{name: "newlines in a claim", alter: claim("environment", "production\n::set-output name=x::y\x1b[2J"), code: mismatch},
		{name: "newlines in the run", alter: claim("run_id", "1\n2"), code: "token-unclear"},
		{name: "an attempt that is none", alter: claim("run_attempt", "01"), code: "token-unclear"},
		{name: "newlines in the actor", alter: func(w *world) {
			w.job.claims["actor"], w.job.claims["environment"] = "zoe\n\x1b[2J", "staging"
		}, code: mismatch},
	}
}

func ruleAttacks() []attack {
	rego := func(src string) func(w *world) {
		return func(w *world) { w.gov.rules.OrgRego = module(src) }
	}
	return []attack{
		{name: "no extends", alter: func(w *world) {
			w.manifest("extends: acme/.github\n", "")
			w.gov.rules.Org = nil
			w.request.Task.Org = "acme/.github"
		}, code: "extends-mismatch"},
		{name: "no extends, with a policy", alter: func(w *world) { w.manifest("extends: acme/.github\n", "") }, code: "extends-mismatch"},
		{name: "other extends", alter: func(w *world) {
			w.manifest("extends: acme/.github", "extends: mallory/.github")
			w.request.Task.Org = "acme/.github"
		}, code: "extends-mismatch"},
		{name: "extends without its policy", alter: func(w *world) { w.gov.rules.Org = nil }, code: "policy-unknown"},
		{name: "unknown key", alter: func(w *world) { w.manifest("    claims:", "    claimz: {}\n    claims:") }, code: issuance.CodeManifest},
		{name: "unreadable manifest", alter: func(w *world) { w.gov.rules.Manifest.Src = []byte("\x00\xff{") }, code: issuance.CodeManifest},
		{name: "empty manifest", alter: func(w *world) { w.gov.rules.Manifest.Src = nil }, code: issuance.CodeManifest},
		{name: "unreadable policy", alter: func(w *world) { w.org("version: 1", "version: 2") }, code: issuance.CodeOrg},
		{name: "rules of a branch", alter: func(w *world) { w.gov.rules.Manifest.Commit = "main" }, code: issuance.CodeGovernance},
		{name: "policy of a branch", alter: func(w *world) {
			org := *w.gov.rules.Org
			org.Commit = "refs/heads/main"
			w.gov.rules.Org = &org
		}, code: issuance.CodeGovernance},
		{name: "rules without a commit", alter: func(w *world) { w.gov.rules.Manifest.Commit = "" }, code: issuance.CodeGovernance},
		{name: "policy without a commit", alter: func(w *world) {
			org := *w.gov.rules.Org
			org.Commit = ""
			w.gov.rules.Org = &org
		}, code: issuance.CodeGovernance},
		{name: "workspace that calls a branch its commit", alter: func(w *world) {
			w.workspace()
			w.gov.rules.Manifest.Commit = "main"
		}, code: issuance.CodeGovernance},
		{name: "workspace where a guard is required", alter: func(w *world) {
			w.workspace()
			w.org("ceilings:\n", guardText+"ceilings:\n")
		}, code: issuance.CodeWorkspace},
		{name: "workspace with a policy of its own, where a guard is required", alter: func(w *world) {
			w.workspace()
			w.org("ceilings:\n", guardText+"ceilings:\n")
			org := *w.gov.rules.Org
			org.Commit = ""
			w.gov.rules.Org = &org
		}, code: issuance.CodeWorkspace},
		{name: "workspace with the proof of a branch's guard", alter: func(w *world) {
			w.workspace()
			w.org("ceilings:\n", guardText+"ceilings:\n")
			w.attest(func(*attested) {})
		}, code: "guard-unverified"},
		{name: "policy wants the guard of a workspace", alter: func(w *world) {
			w.workspace()
			w.org("ceilings:\n", strings.Replace(guardText, "required: true", "required: false", 1)+"ceilings:\n")
			w.attest(func(*attested) {})
			w.gov.rules.OrgRego = module("package curfew.lease\n\nallow if input.decision.guard in {\"verified\", \"none\"}\n")
		}, code: issuance.CodePolicy},
		{name: "workspace of another's making on the way", alter: func(w *world) {
			w.workspace()
			w.later(func(f *fixed) { f.rules.Manifest.Src = change(w.t, f.rules.Manifest.Src, "ttl: 15m", "ttl: 16m") })
		}, code: issuance.CodeChanged, records: "intent revoked denied"},
		{name: "approver whose part is unknown", alter: func(w *world) {
			w.gov.rules.Facts.Run, w.gov.rules.Unknown = nil, []error{errors.New("GET runs: 403\n\x1b[2J")}
		}, code: issuance.CodeFacts},
		{name: "identity over", alter: func(w *world) { w.manifest("2027-06-01", "2026-11-27") }, code: "expired"},
		{name: "ttl above the ceiling", alter: func(w *world) { w.manifest("ttl: 15m", "ttl: 31m") }, code: "exceeds-ceiling"},
		{name: "no such grant", alter: func(w *world) { w.request.Grant = "deploy/prod\n[redacted]" }, code: "grant-unknown"},
		{name: "no such identity", alter: func(w *world) { w.request.Grant = "\x1b[31mroot/prod" }, code: "grant-unknown"},
		{name: "a repository allows everything, its organisation doesn't", alter: func(w *world) {
			w.gov.rules.RepoRego = module("package curfew.lease\n\nallow := true\n")
			w.gov.rules.OrgRego = module("package curfew.lease\n\ndefault allow := false\n\ndeny contains \"not\\non Saturdays\" if input.time.weekday == \"Saturday\"\n")
		}, code: issuance.CodePolicy},
		{name: "a repository defines the organisation's rule", alter: func(w *world) {
			w.request.Grant = "deploy/ruled"
			w.gov.rules.RepoRego = module("package curfew.deploy\n\nallow := true\n")
			w.gov.rules.OrgRego = module("package curfew.deploy\n\nallow if input.claims.ref == \"refs/heads/stable\"\n")
		}, code: issuance.CodePolicy},
		{name: "a rule that nobody defines", alter: func(w *world) { w.request.Grant = "deploy/ruled" }, code: "trigger-unproven"},
		{name: "policy undefined", alter: rego("package curfew.other\n\nallow := true\n"), code: issuance.CodePolicy},
		{name: "policy says yes in words", alter: rego("package curfew.lease\n\nallow := \"true\"\n"), code: issuance.CodePolicy},
		{name: "policy that loops", alter: rego("package curfew.lease\n\nallow if {\n\tcount([1 | some i in numbers.range(1, 100000); some j in numbers.range(1, 100000); i * j == 0.5]) == 0\n}\n"), code: issuance.CodePolicy},
		{name: "policy that fails", alter: rego("package curfew.lease\n\nallow if 1 / (input.time.unix - input.time.unix) == 0\n"), code: issuance.CodePolicy},
		{name: "policy that conflicts", alter: rego("package curfew.lease\n\nallow := input.grant.id == \"deploy/prod\"\n\nallow := input.grant.id == \"deploy/none\"\n"), code: issuance.CodePolicy},
		{name: "policy that reaches out", alter: rego("package curfew.lease\n\nallow if http.send({\"method\": \"get\", \"url\": \"https://evil.example\"}).status_code == 200\n"), code: issuance.CodeRego},
		{name: "policy that isn't Rego", alter: rego("allow!"), code: issuance.CodeRego},
		{name: "policies without a module", alter: func(w *world) { w.gov.rules.OrgRego = module("package x\n")[:0] }, code: issuance.CodeRego},
		{name: "manifest changed on the way", alter: func(w *world) {
			w.later(func(f *fixed) {
				f.rules.Manifest.Src = change(w.t, f.rules.Manifest.Src, "ttl: 15m", "ttl: 16m")
				f.rules.Manifest.Commit = commitB
			})
		}, code: issuance.CodeChanged, records: "intent revoked denied"},
		{name: "identity removed on the way", alter: func(w *world) {
			w.later(func(f *fixed) {
				f.rules.Manifest.Src = change(w.t, f.rules.Manifest.Src, "    claims:", "    claimz:")
			})
		}, code: issuance.CodeManifest, records: "intent revoked denied"},
		{name: "policy changed on the way", alter: func(w *world) {
			w.later(func(f *fixed) { f.rules.OrgRego = module("package curfew.lease\n\nallow := true\n") })
		}, code: issuance.CodeChanged, records: "intent revoked denied"},
		{name: "policy moved to another owner on the way", alter: func(w *world) {
			w.gov.rules.OrgRego = module("package curfew.lease\n\nallow := true\n")
			w.later(func(f *fixed) { f.rules.OrgRego, f.rules.RepoRego = nil, f.rules.OrgRego })
		}, code: issuance.CodeChanged, records: "intent revoked denied"},
		{name: "policies emptied on the way", alter: func(w *world) {
			w.later(func(f *fixed) { f.rules.RepoRego = module("package x\n")[:0] })
		}, code: issuance.CodeRego, records: "intent revoked denied"},
		{name: "organisation's policy gone on the way", alter: func(w *world) {
			w.later(func(f *fixed) { f.rules.Org = nil })
		}, code: issuance.CodeChanged, records: "intent revoked denied"},
		{name: "organisation's policy broken on the way", alter: func(w *world) {
			w.later(func(f *fixed) {
				f.rules.Org = &issuance.File{Path: f.rules.Org.Path, Commit: commitB, Src: append(f.rules.Org.Src[:len(f.rules.Org.Src):len(f.rules.Org.Src)], "\nnone: such\n"...)}
			})
		}, code: issuance.CodeOrg, records: "intent revoked denied"},
		{name: "session policy changed on the way", alter: func(w *world) {
			w.request.Grant = "deploy/cloud"
			w.later(func(f *fixed) { f.files["policies/deploy.json"] = `{"Statement":[]}` })
		}, code: issuance.CodeChanged, records: "intent expire-only denied"},
		{name: "session policy of another commit", alter: func(w *world) {
			w.request.Grant, w.gov.files = "deploy/cloud", nil
		}, code: issuance.CodeNarrow},
		{name: "session policy empty", alter: func(w *world) {
			w.request.Grant, w.gov.files["policies/deploy.json"] = "deploy/cloud", ""
		}, code: issuance.CodeNarrow},
		{name: "session policy where there is none such", alter: func(w *world) {
			w.manifest("mount: jwt, role: deploy }\n        narrow: none", "mount: jwt, role: deploy }\n        narrow: policies/deploy.json")
		}, code: issuance.CodeFailed, records: "intent failed"},
		{name: "curfew's own audience", alter: func(w *world) { w.manifest("mount: jwt", "audience: curfew, mount: jwt") }, code: issuance.CodeAudience},
		{name: "the ledger's audience", alter: func(w *world) { w.manifest("mount: jwt", "audience: \"curfew-ledger:00\", mount: jwt") }, code: issuance.CodeAudience},
		{name: "a provider that can't be leased", alter: func(w *world) {
			w.options.Providers = func(string) (lease.Provider, error) { return nil, errors.New("no such provider") }
		}, code: issuance.CodeProvider},
		{name: "a provider that issues for longer, and ends nothing", alter: func(w *world) {
			w.manifest(`github: { exchange: "`+w.server.URL+`", endpoint: "`+w.server.URL+`", identity: deploy, repositories: [acme/web], permissions: { contents: read } }`, "npm: { package: web }")
			w.request.Grant = "deploy/source"
		}, code: issuance.CodeTTL},
		{name: "ttl overflow", alter: func(w *world) { w.request.Task.TTL = duration(1<<63 - 1) }, code: "ttl-too-long"},
		{name: "ttl negative", alter: func(w *world) { w.request.Task.TTL = duration(-1 << 63) }, code: "ttl-too-long"},
		{name: "ttl of nothing", alter: func(w *world) { w.request.Task.TTL = duration(0) }, code: "ttl-too-long"},
		{name: "ttl of a part of a second", alter: func(w *world) { w.request.Task.TTL = duration(1) }, code: issuance.CodePolicy},
		{name: "the job is over", alter: func(w *world) { w.request.Left = -1 << 63 }, code: issuance.CodeTTL},
	}
}

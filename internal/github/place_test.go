package github

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/testservers"
)

const (
	webID, orgID, acme = 987654, 55, 4242
	runID              = 12055500123
)

const rulesText = `version: 1
extends: acme/.github
owners: { web: { team: "@acme/web" } }
identities:
  deploy:
    owner: web
    purpose: Deploy it
    privilege: high
    expires: "2027-06-01"
    runs-as: { workflow: .github/workflows/deploy.yml, job: deploy }
    claims: { repository_id: "987654", job_workflow_ref: acme/web/.github/workflows/deploy.yml@refs/heads/main }
    grants:
      prod: { github: { exchange: "https://x.example", identity: d, repositories: [acme/web], permissions: { contents: read } }, ttl: 15m, narrow: none, limits: none, when: always }
break-glass:
  oncall:
    grants: [deploy/prod]
    activators: ["@acme/oncall", "@alice"]
    requires: [reason]
    ttl: 30m
    max-uses: { count: 2, per: 30d }
    review: { within: 24h, by: "@acme/appsec", on-missed: suspend }
`

const policyText = "version: 1\norganization: { name: acme, id: \"4242\" }\n"

const nightly = "on: { schedule: [{ cron: \"30 11 * * *\" }] }\njobs: { a: { runs-on: ubuntu-latest, steps: [{ run: x }] } }\n"

func webFiles() map[string]string {
	return map[string]string{
		manifest.Path: rulesText, ".github/curfew/a.rego": "package a", ".github/curfew/a_test.rego": "package t",
		"policies/deploy.json": "{}", ".github/workflows/nightly.yml": nightly, "README": "x",
	}
}

func orgFiles() map[string]string {
	return map[string]string{manifest.PolicyPath: policyText, "curfew/policy/lease.rego": "package curfew.lease"}
}

// place is a fake GitHub with a repository and its organisation's, and a job of which the token is verified.
type place struct {
	t        *testing.T
	g        *testservers.GitHub
	claims   map[string]any
	web, org string // commits of the default branches
	now      time.Time
	issuer   string // of a test that has one
}

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{t: t, g: testservers.StartGitHub(t), claims: testservers.JobClaims(), now: time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)}
	p.g.Host(webID, "acme/web", acme)
	p.g.Host(orgID, "acme/.github", acme)
	p.web, p.org = p.g.Commit(webID, "main", "bob", webFiles()), p.g.Commit(orgID, "main", "anna", orgFiles())
	p.g.Team("acme/oncall", "maria", "zoe")
	p.g.Team("acme/appsec", "anna")
	p.claims["sha"], p.claims["workflow_sha"] = p.web, p.web
	p.g.Start(webID, runID, 1, p.web, "push", "alice", p.now.Add(-20*time.Minute))
	return p
}

func (p *place) who() identity.Identity {
	p.t.Helper()
	src, err := json.Marshal(p.claims)
	if err != nil {
		p.t.Fatal(err)
	}
	claims, err := identity.ParseClaims("claims", src)
	if err != nil {
		p.t.Fatal(err)
	}
	who, err := identity.From(claims)
	if err != nil {
		p.t.Fatal(err)
	}
	return who
}

func (p *place) governance() *Governance {
	p.t.Helper()
	c, err := New(Config{
		API: p.g.API(), Token: redact.New([]byte(p.g.Token)), Agent: "curfew/test",
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return NewGovernance(c)
}

// answers lets requests whose path ends so be answered otherwise.
func (p *place) answers(end string, with http.HandlerFunc) {
	p.g.Answer = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, end) {
			return false
		}
		with(w, r)
		return true
	}
}

func says(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

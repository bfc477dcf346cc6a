//go:build e2e

package action_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/testservers"
)

const manifest = `version: 1
extends: acme/.github
owners:
  web: { team: "@acme/web" }
defaults: { limits: none }
identities:
  deploy:
    owner: web
    purpose: Deploy the web
    privilege: low
    expires: "2099-06-01"
    runs-as: { workflow: .github/workflows/deploy.yml, job: deploy }
    claims:
      repository_id: "987654"
      job_workflow_ref: acme/web/.github/workflows/deploy.yml@refs/heads/main
      environment: production
    grants:
      vault:
        vault: { address: "VAULT", mount: jwt, role: deploy, audience: vault, read: { "secret/data/deploy#password": DB_PASSWORD } }
        ttl: 30m
        narrow: none
        when: always
      slow:
        vault: { address: "SECOND", mount: jwt, role: deploy, audience: vault, read: { "secret/data/deploy#password": DB_PASSWORD } }
        ttl: 30m
        narrow: none
        when: always
      hostile:
        vault: { address: "VAULT", mount: jwt, role: deploy, audience: vault, read: { "secret/data/hostile#value": HOSTILE } }
        ttl: 30m
        narrow: none
        when: always
      releases:
        aws: { role: "ROLE", audience: sts.amazonaws.com, region: us-east-1, endpoint: "MINIO" }
        ttl: 15m
        narrow: policies/releases.json
        when: always
      ticketed:
        vault: { address: "VAULT", mount: jwt, role: deploy, audience: vault }
        ttl: 30m
        narrow: none
        when: { ticket: { system: github, project: acme/web, status: [approved], references: sha, use: reusable } }
      approved:
        vault: { address: "VAULT", mount: jwt, role: deploy, audience: vault }
        ttl: 30m
        narrow: none
        when: { environment-approval: { min: 1 } }
break-glass:
  oncall:
    grants: [deploy/ticketed]
    activators: ["@alice"]
    requires: [incident, reason]
    ttl: 30m
    max-uses: { count: 3, per: 30d }
    review: { within: 1d, by: "@acme/appsec", on-missed: suspend }
`

const policy = `version: 1
organization: { name: acme, id: "4242" }
issuers: ["ISSUER"]
ledger:
  store: s3://acme-curfew/ledger
  role: "ROLE"
  audience: sts.amazonaws.com
  region: us-east-1
  endpoint: "MINIO"
  collector: acme/.github/.github/workflows/collect.yml@refs/heads/main
`

func (w *world) startHub(t *testing.T) {
	t.Helper()
	fill := strings.NewReplacer("VAULT", w.vault.URL, "SECOND", w.secondAddress(t), "ROLE", w.role, "MINIO", w.cloud.URL, "ISSUER", w.issuer.URL)
	w.rules = map[string]string{
		".github/curfew.yml":     fill.Replace(manifest),
		"policies/releases.json": `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::releases/*"]}]}`,
	}
	w.orgFile = fill.Replace(policy)
	w.hub = w.newHub(t)
}

// newHub starts a fake GitHub that has the rules.
func (w *world) newHub(t *testing.T) *testservers.GitHub {
	t.Helper()
	hub := testservers.StartGitHub(t)
	hub.Host(webRepo, "acme/web", acme)
	hub.Host(orgRepo, "acme/.github", acme)
	hub.Team("acme/web", "zoe", "alice")
	hub.Commit(webRepo, "main", "bob", maps.Clone(w.rules))
	hub.Commit(orgRepo, "main", "anna", map[string]string{"curfew/org.yml": w.orgFile})
	hub.Start(webRepo, 1, 1, testservers.JobClaims()["sha"].(string), "push", "alice", time.Now())
	return hub
}

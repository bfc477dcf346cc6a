//go:build e2e

package action_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/testservers"
)

const callsScan = `on: push
permissions: {}
jobs:
  scan:
    uses: CALLED/scan.yml@PINNED
    permissions: { contents: read, security-events: write }
    with: { fail-on: never }
  look:
    runs-on: ubuntu-latest
    needs: scan
    steps:
      - uses: actions/checkout@v5
      - uses: curfew-ci/curfew/dist/setup@PINNED
      - run: |
          curfew manifest check
          echo "findings '$FINDINGS'"
        env: { FINDINGS: "${{ needs.scan.outputs.findings }}" }
`

const callsDeploy = `on: push
permissions: {}
jobs:
  deploy:
    uses: CALLED/deploy.yml@PINNED
    permissions: { contents: read, actions: read, id-token: write }
    with: { grant: deploy/vault, script: scripts/deploy.sh, environment: production }
`

const callsTickets = `on: push
permissions: {}
jobs:
  tickets:
    uses: CALLED/tickets.yml@PINNED
    permissions: { contents: read, issues: write }
`

const callsCertify = `on: push
permissions: {}
jobs:
  certify:
    uses: CALLED/certify.yml@PINNED
    with: { records: exported }
    permissions: { contents: write, pull-requests: write }
`

// deployScript is the caller's: it has the credential, and nothing to get others by.
const deployScript = `#!/bin/sh
set -eu
printf %s "$VAULT_TOKEN" >"$KEEP/vault"
curl -sSf -H "X-Vault-Token: $VAULT_TOKEN" "$VAULT_ADDR/v1/secret/data/deploy"
echo "deployed with $VAULT_TOKEN, ${GITHUB_TOKEN:-no token of the job} and ${ACTIONS_ID_TOKEN_REQUEST_TOKEN:-no identity}"
`

// called calls each workflow that others call, from the action's repository, where act knows no $/: there it is the action by its
// commit. What else is changed is the issuer, which isn't GitHub's.
func called(t *testing.T, w *world) {
	w.publishWorkflows(t)
	job := func(t *testing.T, workflow string, change func(*testservers.GitHub)) (*job, *testservers.GitHub) {
		t.Helper()
		files := shop()
		files["scripts/deploy.sh"] = deployScript
		fill := strings.NewReplacer("CALLED", "curfew-ci/curfew/.github/workflows", "PINNED", pinned)
		j, hub := w.job(t, fill.Replace(workflow), files), w.newHub(t)
		change(hub)
		j.flags = append(j.flags, w.others(t)...)
		j.flags = append(j.flags, "--secret", "GITHUB_TOKEN="+hub.Token, "--env", "GITHUB_API_URL="+hub.API())
		return j, hub
	}
	t.Run("scan", func(t *testing.T) {
		j, hub := job(t, callsScan, func(*testservers.GitHub) {})
		j.run(true)
		j.lacks("findings ''")
		if len(hub.Alerts(webRepo, "refs/heads/main")) == 0 {
			t.Error("code scanning has no alerts")
		}
	})
	t.Run("deploy", func(t *testing.T) {
		j, _ := job(t, callsDeploy, func(*testservers.GitHub) {})
		j.withIdentity().run(true)
		j.says("deployed with [redacted], no token of the job and no identity", ": revoked (")
		j.dead(j.kept("vault"))
		j.hides(j.kept("vault"))
	})
	t.Run("tickets", func(t *testing.T) {
		j, hub := job(t, callsTickets, func(*testservers.GitHub) {})
		j.run(true)
		if issues := hub.Issues(webRepo); len(issues) == 0 || !issues[0].Open {
			t.Errorf("issues %+v", issues)
		}
	})
	t.Run("certify", func(t *testing.T) {
		j, hub := job(t, callsCertify, func(hub *testservers.GitHub) {
			rules := maps.Clone(w.rules)
			soon := time.Now().Add(5 * 24 * time.Hour).Format(time.DateOnly)
			rules[".github/curfew.yml"] = strings.Replace(rules[".github/curfew.yml"], "2099-06-01", soon, 1)
			hub.Commit(webRepo, "main", "bob", rules)
			hub.Collaborators = []string{"acme/web"}
			hub.Now = func() time.Time { return time.Now().Add(-time.Hour) } // so that nothing may lag, which would be waited for
		})
		j.run(true)
		if pulls := hub.Pulls(webRepo); len(pulls) != 1 || !strings.HasPrefix(pulls[0].Head, "curfew/certify/") {
			t.Errorf("pull requests %+v", pulls)
		}
	})
}

// others stand for the actions that called workflows use beside ours: the one that checks out, which act asks for even where a workflow
// skips it, and answers by itself where it doesn't; and the one that brings an artifact, in place of which a ledger without
// records comes.
func (w *world) others(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(w.action, ".github", "workflows", "certify.yml"))
	if err != nil {
		t.Fatal(err)
	}
	return standIns(t, string(text), map[string]string{
		"actions/checkout": "runs: { using: composite, steps: [] }\n",
		"actions/download-artifact": "inputs: { name: {}, path: {} }\nruns: { using: composite, steps: [{ shell: bash, " +
			"run: 'test \"$NAME\" = exported && mkdir -p \"$TO\" && : >\"$TO/records.jsonl\"', env: { NAME: \"${{ inputs.name }}\", TO: \"${{ inputs.path }}\" } }] }\n",
	})
}

// standIns have act take what is said here in place of others' actions, OWNER/NAME, at the commits by which a workflow uses them.
func standIns(t *testing.T, workflow string, does map[string]string) []string {
	t.Helper()
	var flags []string
	for name, action := range does {
		dir := t.TempDir()
		(&job{T: t}).write(dir, "action.yml", "name: stands for "+name+"\n"+action)
		uses := regexp.MustCompile(regexp.QuoteMeta(name) + `@[0-9a-f]{40}`).FindString(workflow)
		if uses == "" {
			t.Fatalf("no %s by its commit", name)
		}
		flags = append(flags, "--local-repository", uses+"="+dir)
	}
	return flags
}

// publishWorkflows puts the workflows into the copy of the action's repository.
func (w *world) publishWorkflows(t *testing.T) {
	t.Helper()
	for _, name := range []string{"scan.yml", "deploy.yml", "tickets.yml", "certify.yml"} {
		text, err := os.ReadFile(filepath.Join("../../.github/workflows", name))
		if err != nil {
			t.Fatal(err)
		}
		own := regexp.MustCompile(`uses: \$/(\S+)`)
		if !own.Match(text) {
			t.Errorf("%s doesn't name the action by its own repository", name)
		}
		local := own.ReplaceAllString(string(text), "uses: curfew-ci/curfew/${1}@"+pinned)
		local = strings.ReplaceAll(local, "curfew exec ", "curfew exec --issuer "+w.issuer.URL+" ")
		(&job{T: t}).write(w.action, ".github/workflows/"+name, local)
	}
}

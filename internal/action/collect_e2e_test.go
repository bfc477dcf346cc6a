//go:build e2e

package action_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/testservers"
)

// collectorAudience tells the collector's role from that of jobs: MinIO has one role an audience.
const collectorAudience = "sts.of-the-collector"

// collectorPolicy is what the collector's role may do, as docs/ledger.md lists it.
const collectorPolicy = `{"Version": "2012-10-17", "Statement": [
	{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::acme-curfew/ledger/*"]},
	{"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": ["arn:aws:s3:::acme-curfew"], "Condition": {"StringLike": {"s3:prefix": ["ledger/*"]}}},
	{"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": [
		"arn:aws:s3:::acme-curfew/ledger/inbox/*", "arn:aws:s3:::acme-curfew/ledger/attested/*", "arn:aws:s3:::acme-curfew/ledger/log/*",
		"arn:aws:s3:::acme-curfew/ledger/keys/*", "arn:aws:s3:::acme-curfew/ledger/archive/*", "arn:aws:s3:::acme-curfew/ledger/probe/*"]}
]}`

// guarded is what an organisation asks of manifests beside policy.
const guarded = `guard: { ref: default-branch, approvals: 1, code-owners: true, last-push-approval: true, bypass: none, max-age: 30m, required: true }
certification: { every: { critical: 30d, high: 90d, medium: 90d, low: 90d }, grace: 7d }
`

// appToken stands for the action that asks GitHub for an App's token: the fake GitHub's is handed over where it is asked for as an
// App's is.
const appToken = `inputs: { client-id: {}, private-key: {}, owner: {}, repositories: {}, permission-contents: {}, permission-administration: {} }
outputs: { token: { value: "${{ steps.app.outputs.token }}" } }
runs:
  using: composite
  steps:
    - id: app
      shell: bash
      run: |
        test "$ASKED" = "of-the-app by $(cat "$KEEP/app-key") for acme: web, read read"
        echo "::add-mask::$(cat "$KEEP/app-token")"
        echo "token=$(cat "$KEEP/app-token")" >>"$GITHUB_OUTPUT"
      env:
        ASKED: "${{ inputs.client-id }} by ${{ inputs.private-key }} for ${{ inputs.owner }}: ${{ inputs.repositories }},\
          \ ${{ inputs.permission-contents }} ${{ inputs.permission-administration }}"
`

// awsLogin stands for AWS' action, and does what that does: the role's session, for the job's ID token, in the environment of the steps
// that follow. It asks MinIO's STS, and for an ID token of the role's audience.
const awsLogin = `inputs: { role-to-assume: {}, aws-region: {}, role-duration-seconds: {} }
runs:
  using: composite
  steps:
    - shell: bash
      run: |
        token=$(curl -sSf -H "Authorization: Bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=AUDIENCE" | sed 's/.*"value": *"\([^"]*\)".*/\1/')
        said=$(curl -sSf "$MINIO" -d Action=AssumeRoleWithWebIdentity -d Version=2011-06-15 -d RoleSessionName=collector \
          --data-urlencode "RoleArn=$ROLE" --data-urlencode "DurationSeconds=$SECONDS_LONG" --data-urlencode "WebIdentityToken=$token")
        for name in AccessKeyId SecretAccessKey SessionToken; do
          value=$(sed -n "s/.*<$name>\([^<]*\)<.*/\1/p" <<<"$said")
          echo "::add-mask::$value"
          variable=$(sed 's/\([a-z]\)\([A-Z]\)/\1_\2/g' <<<"AWS$name" | sed 's/^AWS/AWS_/' | tr '[:lower:]' '[:upper:]')
          echo "$variable=$value" >>"$GITHUB_ENV"
          printf %s "$value" >"$KEEP/$name"
        done
        echo "AWS_REGION=$REGION" >>"$GITHUB_ENV"
      env: { ROLE: "${{ inputs.role-to-assume }}", REGION: "${{ inputs.aws-region }}", SECONDS_LONG: "${{ inputs.role-duration-seconds }}" }
`

// collector makes acme's repository with its policy and the workflow that docs have for it to copy, its lines "yours" filled in. Only
// what others' actions do is replaced; and the step that collects, which fails where something is refused, waits a little before that:
// act drops what a failing step has printed and it hasn't read yet.
func (w *world) collector(t *testing.T, hub *testservers.GitHub, org string) *job {
	t.Helper()
	copied, err := os.ReadFile("../../docs/workflows/collect.yml")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(
		"acme/shop acme/web # yours: whose leases ask for a guard or certifications", "acme/web",
		"shop,web # yours: the same", "web",
		"@COMMIT # yours: the commit of a release", "@"+pinned,
		"arn:aws:iam::123456789012:role/curfew-collector # yours", roleOf(collectorAudience),
		"eu-west-1 # yours", "us-east-1",
		"run: curfew ledger collect --org-policy .\n", "run: curfew ledger collect --org-policy . || { failed=$?; sleep 5; exit $failed; }\n",
	).Replace(string(copied))
	if strings.Contains(text, "# yours") {
		t.Fatalf("not all is filled in:\n%s", text)
	}
	const file = ".github/workflows/collect.yml"
	j := w.alone(t, "", map[string]string{file: text, "curfew/org.yml": org}).at(hub)
	j.event = "schedule"
	j.write(j.keep, "app-token", hub.Metadata)
	j.write(j.keep, "app-key", "key-of-the-app")
	j.flags = append(j.flags, standIns(t, text, map[string]string{
		"actions/checkout":                      "runs: { using: composite, steps: [] }\n",
		"actions/create-github-app-token":       appToken,
		"aws-actions/configure-aws-credentials": strings.ReplaceAll(awsLogin, "AUDIENCE", collectorAudience),
	})...)
	j.flags = append(
		j.flags, "--workflows", file, "--var", "CURFEW_APP_CLIENT_ID=of-the-app", "--secret", "CURFEW_APP_KEY=key-of-the-app",
		"--env", "GITHUB_REPOSITORY=acme/.github", "--env", "GITHUB_REPOSITORY_ID=555001", "--env", "GITHUB_REPOSITORY_OWNER=acme",
		"--env", "ACTIONS_ID_TOKEN_REQUEST_TOKEN="+w.issuer.RequestToken, "--env", "ACTIONS_ID_TOKEN_REQUEST_URL="+w.collectorTokens(t),
	)
	return j
}

// collectorTokens is the issuer's endpoint for the collector's job.
func (w *world) collectorTokens(t *testing.T) string {
	t.Helper()
	const workflow = "acme/.github/.github/workflows/collect.yml@refs/heads/main"
	return w.tokensOf(t, map[string]any{
		"sub": "repo:acme/.github:environment:curfew", "environment": "curfew", "event_name": "schedule", "repository": "acme/.github", "repository_id": "555001",
		"workflow": "curfew collect", "workflow_ref": workflow, "job_workflow_ref": workflow,
	})
}

// tokensOf is the issuer's endpoint for a job with other claims than the issuer's usual ones.
func (w *world) tokensOf(t *testing.T, claims map[string]any) string {
	t.Helper()
	claims["run_id"], claims["run_number"] = "1", "1"
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+w.issuer.RequestToken {
			http.Error(rw, "who asks?", http.StatusUnauthorized)
			return
		}
		_ = json.NewEncoder(rw).Encode(map[string]string{"value": w.issuer.Token(r.URL.Query().Get("audience"), claims)}) // who hung up doesn't wait for it
	}))
	t.Cleanup(server.Close)
	return server.URL + "/job?api-version=2.0"
}

// guardedHub is a GitHub whose branches are guarded as the organisation asks, and where an owner has renewed the identity that leases.
func (w *world) guardedHub(t *testing.T, org string) *testservers.GitHub {
	t.Helper()
	hub := w.newHub(t)
	hub.Now = func() time.Time { return time.Now().Add(-time.Hour) } // so that nothing may lag, which would be waited for
	hub.Commit(orgRepo, "main", "anna", map[string]string{"curfew/org.yml": org})
	hub.Add(webRepo, "rules/branches/main", map[string]any{
		"type": "pull_request", "ruleset_id": 5, "ruleset_source": "acme/web", "ruleset_source_type": "Repository",
		"parameters": map[string]any{
			"required_approving_review_count": 1, "require_code_owner_review": true, "require_last_push_approval": true,
			"dismiss_stale_reviews_on_push": true, "required_review_thread_resolution": false,
		},
	})
	hub.Set(webRepo, "rulesets/5", map[string]any{"id": 5, "name": "main", "source": "acme/web", "enforcement": "active", "bypass_actors": []map[string]any{}})
	hub.Branch(webRepo, "renew", hub.Branches(webRepo)["main"])
	tip := hub.CommitOn(webRepo, "renew", "bob", "Renew", map[string]string{
		".github/curfew.yml": strings.Replace(w.rules[".github/curfew.yml"], "2099-06-01", "2099-07-01", 1),
	})
	number := hub.TouchPull(webRepo, 0, func(p *testservers.Pull) {
		p.By, p.Head, p.Base = "bob", "renew", "main"
		p.Reviews = []testservers.Review{{Login: "zoe", State: "APPROVED", Commit: tip, At: hub.Now()}}
	})
	hub.Merge(webRepo, number, "bob")
	return hub
}

// ledger asks the organisation's store as who owns it, and expects to be told something.
func (w *world) ledger(t *testing.T, org, says string, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	(&job{T: t}).write(dir, "curfew/org.yml", org)
	cmd := exec.CommandContext(t.Context(), w.binary, append([]string{"ledger"}, append(args, "--org-policy", filepath.Join(dir, "curfew", "org.yml"))...)...)
	cmd.Dir = dir
	cmd.Env = []string{"HOME=" + dir, "AWS_ACCESS_KEY_ID=" + w.root[0], "AWS_SECRET_ACCESS_KEY=" + w.root[1]}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), says) {
		t.Errorf("%s: %v, expected %q\n%s", args[0], err, says, out)
	}
	return string(out)
}

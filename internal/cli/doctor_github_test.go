package cli_test

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/cli"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// platform is fakes of the two halves of GitHub that a job meets, its issuer and its API, with a manifest on the default branch
// that the job is entitled by.
type platform struct {
	issuer *testservers.Issuer
	hub    *testservers.GitHub
	commit string
	env    map[string]string
}

const platformManifest = `version: 1
extends: acme/.github
owners:
  web: { team: "@acme/web" }
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
    grants:
      vault:
        vault: { address: "http://127.0.0.1:1", mount: jwt, role: deploy, audience: vault }
        ttl: 30m
        narrow: none
        limits: none
        when: always
`

func newPlatform(t *testing.T) *platform {
	t.Helper()
	claims := map[string]any{}
	p := &platform{issuer: testservers.StartIssuer(t, claims), hub: testservers.StartGitHub(t)}
	p.hub.Host(987654, "acme/web", 4242)
	p.hub.Host(55, "acme/.github", 4242)
	p.commit = p.hub.Commit(987654, "main", "bob", map[string]string{".github/curfew.yml": platformManifest})
	p.hub.Commit(55, "main", "anna", map[string]string{
		"curfew/org.yml": "version: 1\norganization: { name: acme, id: \"4242\" }\nissuers: [\"" + p.issuer.URL + "\"]\n",
	})
	p.hub.Start(987654, 12055500123, 1, p.commit, "push", "alice", time.Now().Add(-time.Minute))
	maps.Copy(claims, map[string]any{"sha": p.commit, "workflow_sha": p.commit})
	p.env = map[string]string{
		"RUNNER_TEMP": t.TempDir(), "GITHUB_RUN_ID": "12055500123", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_JOB": "deploy",
		"ACTIONS_ID_TOKEN_REQUEST_URL": p.issuer.RequestURL(), "ACTIONS_ID_TOKEN_REQUEST_TOKEN": p.issuer.RequestToken,
		"GITHUB_TOKEN": p.hub.Token, "GITHUB_API_URL": p.hub.API(),
	}
	return p
}

// doctor examines the job.
func (p *platform) doctor(t *testing.T, args ...string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	code := cli.Run(t.Context(), cli.Env{
		Args: append([]string{"doctor", "--issuer", p.issuer.URL}, args...), Stdout: &out, Stderr: &out,
		Getenv: func(name string) string { return p.env[name] }, Now: time.Now,
	})
	for _, secret := range []string{p.hub.Token, p.issuer.RequestToken, "eyJ"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("%s is in\n%s", secret, &out)
		}
	}
	return code, out.String()
}

// TestDoctorAtGitHub reads the manifest where a lease does, and names its commit; a job whose token may not read it is told which
// rights it needs.
func TestDoctorAtGitHub(t *testing.T) {
	p := newPlatform(t)
	code, text := p.doctor(t)
	for _, says := range []string{
		"at commit " + p.commit + "\n", "- the organisation's policy: ", "ok           grants                 the job's claims fit deploy/vault\n",
		"ok           decision deploy/vault  allowed by the manifest, for 30m until ", "WRONG        provider deploy/vault  the provider can't be asked",
	} {
		if code != cli.ExitFindings || !strings.Contains(text, says) {
			t.Errorf("exit status %d: %q isn't in\n%s", code, says, text)
		}
	}
	p.hub.Answer = func(w http.ResponseWriter, _ *http.Request) bool {
		http.Error(w, `{"message":"Resource not accessible by integration"}`, http.StatusForbidden)
		return true
	}
	code, text = p.doctor(t)
	for _, says := range []string{"WRONG        manifest  what decides over leases can't be read: ", "    contents: read\n", "not checked  grants    needs the manifest"} {
		if code != cli.ExitFindings || !strings.Contains(text, says) {
			t.Errorf("exit status %d: %q isn't in\n%s", code, says, text)
		}
	}
	delete(p.env, "GITHUB_TOKEN")
	if code, text = p.doctor(t); code != cli.ExitFindings || !strings.Contains(text, "GITHUB_TOKEN: ${{ github.token }}") {
		t.Errorf("exit status %d\n%s", code, text)
	}
}

// TestDoctorTicket says what a ticket lacks before a lease is asked for: that none was named, a permission, a token, an approval.
func TestDoctorTicket(t *testing.T) {
	p := newPlatform(t)
	files := func(system, project string) map[string]string {
		when := "when: { ticket: { system: " + system + ", project: " + project + ", status: [approved], references: sha, use: reusable } }"
		return map[string]string{".github/curfew.yml": strings.Replace(platformManifest, "when: always", when, 1)}
	}
	p.hub.Commit(987654, "main", "bob", files("github", "acme/web"))
	p.hub.Commit(55, "main", "anna", map[string]string{
		"curfew/org.yml": "version: 1\norganization: { name: acme, id: \"4242\" }\nissuers: [\"" + p.issuer.URL + "\"]\n" +
			"systems: { jira: { url: \"http://127.0.0.1:1\", projects: [CHG], people: { zoe-1: \"@zoe\" } } }\n",
	})
	p.hub.Team("acme/web", "zoe")
	p.hub.Open(987654, "alice", "Deploy it")
	for _, tt := range []struct {
		alter func()
		args  []string
		says  string
	}{
		{func() {}, nil, "say which by --ticket"},
		{func() {}, []string{"--ticket", "#1"}, `the ticket acme/web#1 hasn't the label "approved"`},
		{func() { p.hub.Label(987654, 1, "zoe", "approved") }, []string{"--ticket", "#1"}, "doesn't name this sha"},
		{func() {
			p.hub.Unlabel(987654, 1, "zoe", "approved")
			p.hub.Say(987654, 1, "zoe", p.commit)
			p.hub.Label(987654, 1, "zoe", "approved")
		}, []string{"--ticket", "#1"}, "ok           decision deploy/vault  allowed"},
		{func() { p.hub.Break(testservers.Fault{Path: "/issues/1", Status: http.StatusForbidden}) }, []string{"--ticket", "#1"}, `"issues: read" on acme/web`},
		{func() { p.hub.Commit(987654, "main", "bob", files("jira", "CHG")) }, []string{"--ticket", "CHG-4411"}, "expected JIRA_TOKEN in the environment"},
	} {
		tt.alter()
		if _, text := p.doctor(t, tt.args...); !strings.Contains(text, tt.says) {
			t.Errorf("%q isn't in\n%s", tt.says, text)
		}
	}
}

// TestDoctorInterrupted: what was told to stop has proven nothing.
func TestDoctorInterrupted(t *testing.T) {
	p := newPlatform(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	code := cli.Run(ctx, cli.Env{
		Args: []string{"doctor"}, Stdout: &out, Stderr: &errs, Getenv: func(name string) string { return p.env[name] }, Now: time.Now,
	})
	if code != cli.ExitUnfinished || out.Len() > 0 || !strings.Contains(errs.String(), "interrupted") {
		t.Errorf("exit status %d\n%s%s", code, &out, &errs)
	}
}

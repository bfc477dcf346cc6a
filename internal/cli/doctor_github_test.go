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

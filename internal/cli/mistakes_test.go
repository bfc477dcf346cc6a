package cli_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/cli"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// The ten commonest mistakes: what is said of each names what to add, and where.

// tell runs a verb in the platform's job, and returns its exit status and all that it says.
func (p *platform) tell(t *testing.T, args ...string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	code := cli.Run(t.Context(), cli.Env{
		Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Now: time.Now,
		Getenv: func(name string) string { return p.env[name] },
		Sleep:  func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
	for _, secret := range []string{p.hub.Token, p.issuer.RequestToken, "eyJ"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("%s is in\n%s", secret, &out)
		}
	}
	return code, out.String()
}

// says runs a verb that must fail, and holds what it says to all parts.
func (p *platform) says(t *testing.T, args []string, want int, parts ...string) {
	t.Helper()
	code, text := p.tell(t, args...)
	if code != want {
		t.Errorf("%q: exit status %d, want %d", args, code, want)
	}
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q: %q isn't in\n%s", args, part, text)
		}
	}
}

// leases is a command line; lease says what exec says, and starts nothing.
func (p *platform) leases(grant string) []string {
	return []string{"lease", "--to", "file", "--issuer", p.issuer.URL, "--grant", grant}
}

// manifests puts another manifest on the default branch.
func (p *platform) manifests(from, to string) {
	p.hub.Commit(987654, "main", "bob", map[string]string{".github/curfew.yml": strings.Replace(platformManifest, from, to, 1)})
}

const lacksToken = "try: add to the job, and where another workflow calls it to the calling job too, permissions: { contents: read, actions: read, id-token: write }"

func TestMistakesOfLeases(t *testing.T) {
	for name, tt := range map[string]func(*testing.T, *platform){
		"no id-token: write": func(t *testing.T, p *platform) {
			delete(p.env, "ACTIONS_ID_TOKEN_REQUEST_URL")
			p.says(t, p.leases("deploy/vault"), cli.ExitUnfinished, "the job gets no ID token", lacksToken)
		},
		"fork pull request": func(t *testing.T, p *platform) {
			delete(p.env, "ACTIONS_ID_TOKEN_REQUEST_URL")
			p.env["GITHUB_EVENT_NAME"] = "pull_request"
			p.says(t, p.leases("deploy/vault"), cli.ExitUnfinished, "a pull request from a fork gets no ID token whatever its workflow says", "of pull requests from forks lease nothing")
			p.says(t, []string{"doctor"}, 1, "this run is of pull_request: from a fork it gets no ID token whatever the workflow says")
		},
		"unknown grant": func(t *testing.T, p *platform) {
			p.says(t, p.leases("deploy/vualt"), cli.ExitFindings, `.github/curfew.yml:15:5: identity "deploy" has no grant "vualt"`, "try: write vault, or have the owner add this one")
			p.says(t, p.leases("deplyo/vault"), cli.ExitFindings, `no identity has the id "deplyo"`, "try: write deploy, or add this one")
			p.says(t, p.leases("elsewhere/vault"), cli.ExitFindings, "try: name an identity of the manifest, or add this one")
			p.says(t, []string{"doctor", "--issuer", p.issuer.URL, "--grant", "deploy/vualt"}, 1, "try: write --grant deploy/vault")
		},
		"expired entitlement": func(t *testing.T, p *platform) {
			p.manifests("2099-06-01", "2020-06-01")
			p.says(t, p.leases("deploy/vault"), cli.ExitFindings, ".github/curfew.yml:10:14: the identity has expired", "received: 2020-06-01",
				"try: have the owner confirm that it is still needed and set a later day")
		},
		"no manifest at the base": func(t *testing.T, p *platform) {
			p.hub.Commit(987654, "main", "bob", map[string]string{"README.md": "none"})
			const merge = "try: bring it into that repository's default branch: leases read nothing else, whatever the job's own branch has"
			p.says(t, p.leases("deploy/vault"), cli.ExitUnfinished, "has no .github/curfew.yml: write one with curfew init, and merge it", merge)
			p.says(t, []string{"doctor", "--issuer", p.issuer.URL}, 1, "write one with curfew init, and merge it", merge)
		},
		"GitHub Enterprise Server": func(t *testing.T, p *platform) {
			own := []string{"lease", "--to", "file", "--grant", "deploy/vault"}
			p.says(t, own, cli.ExitFindings, "the ID token's issuer isn't known here", p.issuer.URL, "say --issuer and its URL, and list it under issuers: in the organisation's policy")
			p.says(t, []string{"doctor"}, 1, "say --issuer "+p.issuer.URL)
		},
		"offline": func(t *testing.T, p *platform) {
			p.env["GITHUB_API_URL"] = "http://127.0.0.1:1/api/v3"
			p.says(t, p.leases("deploy/vault"), cli.ExitUnfinished, "what decides over leases can't be read", "refused", "try: see that this machine reaches GitHub, through HTTPS_PROXY")
		},
		"wrong audience": func(t *testing.T, p *platform) {
			// A fake of Vault, which says what a real one says (internal/lease asks one).
			vault := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusBadRequest)
				_, _ = w.Write([]byte(`{"errors":["error validating token: invalid audience (aud) claim: audience claim does not match any expected audience"]}`))
			}))
			t.Cleanup(vault.Close)
			p.manifests("http://127.0.0.1:1", vault.URL)
			p.says(t, p.leases("deploy/vault"), cli.ExitFindings, `received "vault"`, "let bound_audiences of the role deploy at auth/jwt hold the audience, or change audience in the grant")
		},
	} {
		t.Run(name, func(t *testing.T) { tt(t, newPlatform(t)) })
	}
}

func TestMistakeNoSecurityEvents(t *testing.T) {
	p := newPlatform(t)
	p.hub.Break(testservers.Fault{Status: http.StatusForbidden})
	p.env["GITHUB_REPOSITORY"], p.env["GITHUB_SHA"], p.env["GITHUB_REF"] = "acme/web", p.commit, mainRef
	file := filepath.Join(t.TempDir(), "curfew.sarif")
	sarif := `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"curfew"}},"automationDetails":{"id":"curfew/workflows/"},"versionControlProvenance":[{"repositoryUri":"https://github.com/acme/web","revisionId":"` + p.commit + `"}],"results":[]}]}`
	if err := os.WriteFile(file, []byte(sarif), 0o600); err != nil {
		t.Fatal(err)
	}
	p.says(t, []string{"upload", file}, cli.ExitUnfinished, `the token needs "security-events: write" in the job's permissions`, "which a pull request from a fork doesn't get")
}

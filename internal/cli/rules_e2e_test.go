//go:build e2e

package cli_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/testservers"
)

// Repositories of the fake GitHub, and the organisation's id.
const (
	webRepo = 987654
	orgRepo = 555001
	acme    = 4242
)

// hosted is a site whose rules are at a fake of GitHub's API. Its workspace holds a manifest and a policy that grant more,
// and a git repository whose refs say that those are the default branch's.
type hosted struct {
	*site
	github *testservers.GitHub
	tip    string            // the commit that decides
	web    map[string]string // its files
	org    map[string]string // those of the organisation's repository
}

func newHosted(t *testing.T, claims map[string]any) *hosted {
	t.Helper()
	h := &hosted{site: newSiteOf(t, claims), github: testservers.StartGitHub(t)}
	h.web = map[string]string{".github/curfew.yml": strings.ReplaceAll(siteManifest, "VAULT", h.URL)}
	h.org = map[string]string{"curfew/org.yml": strings.ReplaceAll(siteOrg, "ISSUER", h.issuer.URL)}
	h.github.Host(webRepo, "acme/web", acme)
	h.github.Host(orgRepo, "acme/.github", acme)
	h.commit(nil)
	h.github.Start(webRepo, 12055500123, 1, testservers.JobClaims()["sha"].(string), "push", "alice", time.Now())
	h.rules = []string{"--issuer", h.issuer.URL}
	h.env = append(h.env, "GITHUB_API_URL="+h.github.API(), "GITHUB_TOKEN="+h.github.Token, "GITHUB_REPOSITORY=acme/web", "GITHUB_REF=refs/heads/main")
	h.lies()
	return h
}

// commit puts both repositories' files, changed, at the tips of their default branches.
func (h *hosted) commit(change func(web, org map[string]string)) {
	if change != nil {
		change(h.web, h.org)
	}
	h.tip = h.github.Commit(webRepo, "main", "bob", h.web)
	h.github.Commit(orgRepo, "main", "anna", h.org)
}

// lies has the workspace, and all that git knows of it, say something else than GitHub does.
func (h *hosted) lies() {
	h.t.Helper()
	h.file(".github/curfew.yml", strings.ReplaceAll(siteManifest, "VAULT", h.URL)+strings.ReplaceAll(`      everything:
        vault: { address: "VAULT", mount: jwt, role: deploy, audience: vault }
        ttl: 4h
        when: always
`, "VAULT", h.URL))
	for _, args := range [][]string{
		{"init", "--quiet", "--initial-branch", "main"},
		{"add", "."},
		{"-c", "user.name=m", "-c", "user.email=m@example.com", "commit", "--quiet", "--message", "Grant everything"},
		{"update-ref", "refs/remotes/origin/main", "HEAD"},
		{"symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"},
		{"remote", "add", "origin", h.dir},
	} {
		cmd := exec.CommandContext(h.t.Context(), "git", args...)
		cmd.Dir = h.dir
		if out, err := cmd.CombinedOutput(); err != nil {
			h.t.Fatalf("git %s: %v\n%s", args[0], err, out)
		}
	}
}

// leases runs a command with a lease, which must be given.
func (h *hosted) leases(t *testing.T, grant string, args ...string) {
	t.Helper()
	code, out, errs := h.exec(t, grant, args...)
	if code != 0 || out != "it ran\n" || types(h.records()) != "intent issued revoked" {
		t.Errorf("exit status %d, records %s\n%s%s", code, types(h.records()), out, errs)
	}
	for _, r := range h.records() {
		if r.Manifest.Commit != h.tip {
			t.Errorf("%s: recorded of %+v, %s decided", r.Type, r.Manifest, h.tip)
		}
	}
}

// denies expects that no command is run, that why is said, and that it is recorded.
func (h *hosted) denies(t *testing.T, says, grant string, args ...string) {
	t.Helper()
	code, out, errs := h.exec(t, grant, args...)
	if code != 125 || out != "" || !strings.Contains(errs, says) || types(h.records()) != "denied" {
		t.Errorf("exit status %d, records %s, expected to be told %q:\n%s%s", code, types(h.records()), says, out, errs)
	}
}

func (h *hosted) exec(t *testing.T, grant string, args ...string) (code int, out, errs string) {
	t.Helper()
	h.temp = t.TempDir()
	h.env = append(h.env, "RUNNER_TEMP="+h.temp) // the last counts
	code, out, errs = h.run("exec", append(append([]string{"--grant", grant}, args...), "--", "sh", "-c", "echo it ran")...)
	if h.alive() != 0 {
		t.Errorf("a token lives\n%s", errs)
	}
	if strings.Contains(out+errs, h.github.Token) {
		t.Errorf("the job's token is told:\n%s%s", out, errs)
	}
	return code, out, errs
}

// TestE2ERulesAtGitHub: what is at the tips of the default branches decides, and nothing else.
func TestE2ERulesAtGitHub(t *testing.T) {
	h := newHosted(t, nil)
	manifest, policy := h.web[".github/curfew.yml"], h.org["curfew/org.yml"]
	of := func(change func(web, org map[string]string)) {
		h.web = map[string]string{".github/curfew.yml": manifest}
		h.org = map[string]string{"curfew/org.yml": policy}
		h.commit(change)
	}
	t.Run("the workspace grants more", func(t *testing.T) {
		h.leases(t, "deploy/vault")
		h.denies(t, `has no grant`, "deploy/everything")
	})
	t.Run("a branch of a pull request grants more", func(t *testing.T) {
		wide, err := os.ReadFile(h.dir + "/.github/curfew.yml")
		if err != nil {
			t.Fatal(err)
		}
		for _, branch := range []string{"feature", "refs/heads/main", "main2"} {
			h.github.Commit(webRepo, branch, "mallory", map[string]string{".github/curfew.yml": string(wide)})
		}
		h.denies(t, `has no grant`, "deploy/everything")
	})
	t.Run("the manifest withdraws", func(t *testing.T) {
		of(func(web, _ map[string]string) {
			web[".github/curfew.yml"], _, _ = strings.Cut(manifest, "      short:\n")
		})
		h.leases(t, "deploy/vault")
		h.denies(t, "has no grant", "deploy/short")
	})
	t.Run("there is no manifest", func(t *testing.T) {
		of(func(web, _ map[string]string) { delete(web, ".github/curfew.yml"); web["README.md"] = "#" })
		h.denies(t, ".github/curfew.yml", "deploy/vault")
		of(func(web, _ map[string]string) {
			delete(web, ".github/curfew.yml")
			web["120000 .github/curfew.yml"] = "../elsewhere"
		})
		h.denies(t, ".github/curfew.yml", "deploy/vault")
	})
	t.Run("another branch is the default one", func(t *testing.T) {
		of(nil)
		h.github.Commit(webRepo, "trunk", "bob", map[string]string{"README.md": "#"})
		h.github.Default(webRepo, "trunk")
		defer h.github.Default(webRepo, "main")
		h.denies(t, ".github/curfew.yml", "deploy/vault")
	})
	t.Run("the organisation requires its guard", func(t *testing.T) {
		of(func(_, org map[string]string) {
			org["curfew/org.yml"] += "guard: { ref: default-branch, approvals: 1, code-owners: true, last-push-approval: true, bypass: none, max-age: 24h, required: true }\n"
		})
		h.denies(t, "guard-unverified", "deploy/vault")
	})
	t.Run("the organisation has a ceiling", func(t *testing.T) {
		of(func(_, org map[string]string) {
			org["curfew/org.yml"] += "ceilings: { ttl: { critical: 5m, high: 5m, medium: 10m, low: 10m } }\n"
		})
		h.denies(t, "exceeds-ceiling", "deploy/vault")
	})
	t.Run("the organisation's policy is gone", func(t *testing.T) {
		of(func(_, org map[string]string) { delete(org, "curfew/org.yml"); org["README.md"] = "#" })
		h.denies(t, "curfew/org.yml", "deploy/vault")
	})
	t.Run("the calling workflow is bound to a policy", func(t *testing.T) {
		of(nil)
		h.leases(t, "deploy/vault", "--org", "acme/.github")
		h.denies(t, "acme/absent", "deploy/vault", "--org", "acme/absent")
		of(func(web, _ map[string]string) {
			web[".github/curfew.yml"] = strings.Replace(manifest, "extends: acme/.github\n", "", 1)
		})
		h.denies(t, "extends-mismatch", "deploy/vault", "--org", "acme/.github")
	})
	t.Run("the issuer isn't one that counts", func(t *testing.T) {
		of(nil)
		h.rules = nil
		h.denies(t, "issuer-unknown", "deploy/vault")
		h.rules = []string{"--issuer", h.issuer.URL}
		of(func(_, org map[string]string) {
			org["curfew/org.yml"] = strings.ReplaceAll(siteOrg, "ISSUER", "https://ci.example")
		})
		h.denies(t, "issuer-not-allowed", "deploy/vault")
	})
}

// TestE2EPullRequestAtGitHub: a run of a pull request is judged by the default branch, whatever its own branch holds.
func TestE2EPullRequestAtGitHub(t *testing.T) {
	claims := map[string]any{
		"event_name": "pull_request", "ref": "refs/pull/7/merge", "head_ref": "feature", "base_ref": "main", "sub": "repo:acme/web:pull_request",
		"job_workflow_ref": "acme/web/.github/workflows/deploy.yml@refs/pull/7/merge", "environment": nil,
	}
	h := newHosted(t, claims)
	widened := strings.NewReplacer("refs/heads/main", "refs/pull/7/merge", "      environment: production\n", "").Replace(h.web[".github/curfew.yml"])
	for _, branch := range []string{"feature", "pull/7/merge", "refs/pull/7/merge"} {
		h.github.Commit(webRepo, branch, "mallory", map[string]string{".github/curfew.yml": widened})
	}
	h.file(".github/curfew.yml", widened)
	h.denies(t, "refs/pull/7/merge", "deploy/vault")
}

// TestE2EWithdrawnMeanwhile: a grant that the default branch withdraws while the exchange is under way isn't handed over.
func TestE2EWithdrawnMeanwhile(t *testing.T) {
	h := newHosted(t, nil)
	to, err := url.Parse(h.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		proxy.ServeHTTP(w, r)
		if strings.HasSuffix(r.URL.Path, "/login") {
			h.commit(func(web, _ map[string]string) {
				web[".github/curfew.yml"] = strings.Replace(web[".github/curfew.yml"], "ttl: 30m", "ttl: 20m", 1)
			})
		}
	}))
	t.Cleanup(front.Close)
	h.commit(func(web, _ map[string]string) {
		web[".github/curfew.yml"] = strings.ReplaceAll(siteManifest, "VAULT", front.URL)
	})
	code, out, errs := h.exec(t, "deploy/vault")
	if code != 125 || out != "" || !strings.Contains(errs, "rules-changed") || !strings.Contains(errs, "it is revoked (") {
		t.Errorf("exit status %d\n%s%s", code, out, errs)
	}
	if got := types(h.records()); got != "intent revoked denied" {
		t.Errorf("records %s", got)
	}
}

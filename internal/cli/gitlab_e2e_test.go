//go:build e2e

package cli_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/testservers"
	"github.com/curfew-ci/curfew/internal/trust"
	"github.com/curfew-ci/curfew/internal/yamltree"
)

const gitlabManifest = `version: 1
extends: acme/.github
owners:
  web: { team: "@acme/web" }
defaults: { narrow: none, limits: none }
identities:
  migrate:
    owner: web
    purpose: Migrate the database
    privilege: low
    expires: "2099-06-01"
    runs-as: { workflow: .gitlab-ci.yml, job: migrate }
    claims:
      project_id: "987654"
      ci_config_ref_uri: gitlab.com/acme/web//.gitlab-ci.yml@refs/heads/main
      ref_path: refs/heads/main
      ref_protected: "true"
      environment: production
      pipeline_source: push
    grants:
      vault:
        vault: { address: "VAULT", mount: jwt, role: migrate, audience: "https://vault.example.com", read: { "secret/data/deploy#password": DB_PASSWORD } }
        ttl: 30m
        when: always
      short:
        vault: { address: "VAULT", mount: jwt, role: short, audience: "https://vault.example.com", as: file }
        ttl: 1m
        when: always
`

// gitlabSite is a job of GitLab CI with a real Vault, whose roles are those that are rendered from the manifest, and a fake of the
// platform's issuer. The job is one of the file that the documentation has for copying.
type gitlabSite struct {
	*site
	clone  string
	flags  string // that let the fake's tokens count
	job    *yamltree.Node
	commit string
	claims map[string]any // of the job's tokens
}

func newGitLabSite(t *testing.T, job string) *gitlabSite {
	t.Helper()
	s := newSite(t)
	text := strings.ReplaceAll(gitlabManifest, "VAULT", s.URL)
	g := s.onGitLab(map[string]string{
		".github/curfew.yml": text,
		"migrate.sh":         "#!/bin/sh\nprintf %s \"$VAULT_TOKEN\" >\"$KEPT\"\nenv\necho \"token=$VAULT_TOKEN\"\n",
	})
	g.trust(text, strings.ReplaceAll(siteOrg, "ISSUER", s.issuer.URL))
	g.start(job)
	return g
}

// onGitLab makes a site's project of GitLab's, as its runner clones it.
func (s *site) onGitLab(files map[string]string) *gitlabSite {
	s.t.Helper()
	g := &gitlabSite{site: s, clone: filepath.Join(s.t.TempDir(), "web"), claims: testservers.GitLabClaims()}
	origin, org := s.t.TempDir(), s.t.TempDir()
	put := func(dir, name, text string) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			s.t.Fatal(err)
		}
	}
	for name, text := range files {
		put(origin, name, text)
	}
	put(org, "curfew/org.yml", strings.ReplaceAll(siteOrg, "ISSUER", g.issuer.URL))
	for _, dir := range []string{origin, org} {
		gitIn(s.t, dir, "init", "-q", "-b", "main")
		gitIn(s.t, dir, "add", ".")
		gitIn(s.t, dir, "commit", "-qm", "Begin")
	}
	g.commit = gitIn(s.t, origin, "rev-parse", "HEAD")
	gitIn(s.t, origin, "clone", "-q", "--depth=20", "file://"+origin, g.clone)
	gitIn(s.t, g.clone, "checkout", "-q", "--detach")
	g.flags = "--issuer=" + g.issuer.URL + " --org-rules-from=" + org + "@" + gitIn(s.t, org, "rev-parse", "HEAD")
	return g
}

// trust writes the rendered roles to Vault; that of the grant "short" issues for seconds.
func (g *gitlabSite) trust(text, policy string) {
	g.t.Helper()
	m, faults := manifest.Parse("curfew.yml", []byte(text))
	p, more := manifest.ParsePolicy("org.yml", []byte(policy))
	if len(faults)+len(more) > 0 {
		g.t.Fatal(faults, more)
	}
	docs, gaps := trust.Render(m, p, trust.Options{})
	if len(docs) != 2 {
		g.t.Fatal(gaps)
	}
	for _, doc := range docs {
		var role map[string]any
		if err := json.Unmarshal(doc.JSON(), &role); err != nil {
			g.t.Fatal(err)
		}
		if strings.HasSuffix(doc.Target, "/short") {
			role["token_ttl"], role["token_max_ttl"], role["token_explicit_max_ttl"] = 9, 9, 9
		}
		role["token_policies"] = []string{"deploy"}
		body, err := json.Marshal(role)
		if err != nil {
			g.t.Fatal(err)
		}
		g.Call(g.t, "PUT", doc.Target, string(body))
	}
}

// start gives the job its environment, as GitLab's runner does: what id_tokens names, and a token that others take.
func (g *gitlabSite) start(job string) {
	g.t.Helper()
	if g.job = template(g.t).Get(job); g.job == nil {
		g.t.Fatalf("there is no job %q", job)
	}
	g.claims["sha"] = g.commit
	g.env = append([]string{
		"PATH=" + filepath.Dir(g.curfew) + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME=" + g.t.TempDir(), "KEPT=" + filepath.Join(g.temp, "kept"),
		"CI_JOB_TOKEN=of-the-job", "DEPLOY_TO=here", "SIGSTORE_ID_TOKEN=" + g.issuer.Token("sigstore", g.claims),
	}, testservers.GitLabEnviron(g.clone, g.commit)...)
	for _, p := range g.job.Get("id_tokens").Pairs {
		g.env = append(g.env, p.Key.Value+"="+g.issuer.Token(p.Value.Get("aud").Value, g.claims))
	}
}

// template is the file that the documentation has for copying.
func template(t testing.TB) *yamltree.Node {
	t.Helper()
	src, err := os.ReadFile("../../docs/gitlab/curfew.gitlab-ci.yml")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := yamltree.Parse("curfew.gitlab-ci.yml", src, yamltree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return doc.Root
}

// script runs lines as GitLab's runner does, in one shell; of the template's own, with flags that let the fake's tokens count.
func (g *gitlabSite) script(lines ...string) (string, error) {
	g.t.Helper()
	text := strings.ReplaceAll(strings.Join(lines, "\n"), "--grant", g.flags+" --grant")
	cmd := exec.CommandContext(g.t.Context(), "bash", "-eo", "pipefail", "-c", text)
	cmd.Dir, cmd.Env = g.clone, g.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// lines are those of a key of a job of the template.
func lines(t testing.TB, job *yamltree.Node, key string) []string {
	t.Helper()
	var out []string
	for _, item := range job.Get(key).Items {
		out = append(out, item.Value)
	}
	if len(out) == 0 {
		t.Fatalf("the template has no %s", key)
	}
	return out
}

func gitIn(t testing.TB, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com",
		"GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// TestE2EGitLabExec runs the template's job: it leases by the rendered trust, its command gets the credential and none of the
// job's tokens, and the credential is dead after it.
func TestE2EGitLabExec(t *testing.T) {
	g := newGitLabSite(t, "migrate")
	out, err := g.script(lines(t, g.job, "script")...)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	leaked, err := os.ReadFile(filepath.Join(g.temp, "kept"))
	if err != nil || !token.Match(leaked) || g.lives(string(leaked)) || g.alive() != 0 {
		t.Errorf("%q lives: %v", leaked, err)
	}
	for _, has := range []string{"VAULT_TOKEN=[redacted]", "DB_PASSWORD=[redacted]", "token=[redacted]", "DEPLOY_TO=here", "revoked (", "aren't sealed"} {
		if !strings.Contains(out, has) {
			t.Errorf("%s isn't in\n%s", has, out)
		}
	}
	for _, not := range []string{"ID_TOKEN", "CI_JOB_TOKEN", "second-version", "hvs.", "eyJ"} {
		if strings.Contains(out, not) {
			t.Errorf("%s is in\n%s", not, out)
		}
	}
	if out, err := g.script(lines(t, template(t).Get(".curfew lease"), "after_script")...); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	all := g.recordsIn(filepath.Join(g.clone, "curfew-ledger"))
	if types(all) != "intent issued revoked" || all[1].Task.RunID != "1205550012" || all[1].Task.Attempt != 33344455566 || all[1].Task.Actor != "alice" ||
		all[1].Manifest.Commit != g.commit || all[1].Identity.RepositoryID != "987654" {
		t.Errorf("records %s: %+v", types(all), all)
	}
}

// TestE2EGitLabLease hands over to the rest of a script by a file outside of the project, and ends it; and a credential that ends
// sooner than its command is renewed for the same ID token.
func TestE2EGitLabLease(t *testing.T) {
	g := newGitLabSite(t, "migrate")
	kept := filepath.Join(g.temp, "kept")
	out, err := g.script(`file=$(curfew lease --grant migrate/vault --to file)`, `case $file in "$CI_PROJECT_DIR"/*) exit 9;; esac`,
		`. "$file"`, `printf %s "$VAULT_TOKEN" >"$KEPT"`)
	leaked, readErr := os.ReadFile(kept)
	if err != nil || readErr != nil || !g.lives(string(leaked)) || strings.Contains(out, "hvs.") {
		t.Fatalf("%v %v\n%s", err, readErr, out)
	}
	out, err = g.script("curfew revoke --all")
	if err != nil || g.lives(string(leaked)) || g.alive() != 0 || !strings.Contains(out, "revoked (") {
		t.Errorf("%v, %d alive\n%s", err, g.alive(), out)
	}
	out, err = g.script(fmt.Sprintf(`curfew exec --grant migrate/short -- sh -c 'cat "$VAULT_TOKEN_FILE" >%s.all; echo >>%s.all; %s; cat "$VAULT_TOKEN_FILE" >>%s.all'`,
		kept, kept, renewed("VAULT_TOKEN_FILE", 1), kept))
	text, readErr := os.ReadFile(kept + ".all")
	different := map[string]bool{}
	for _, line := range strings.Fields(string(text)) {
		different[line] = true
	}
	if err != nil || readErr != nil || len(different) < 2 || g.alive() != 0 {
		t.Errorf("%v %v, %d tokens, %d alive\n%s", err, readErr, len(different), g.alive(), out)
	}
}

// TestE2EGitLabDoctor finds nothing wrong with the template's job.
func TestE2EGitLabDoctor(t *testing.T) {
	g := newGitLabSite(t, "migrate")
	out, err := g.script("curfew doctor --grant migrate/vault")
	if err != nil || !strings.Contains(out, "0 wrong") || strings.Contains(out, "eyJ") {
		t.Errorf("%v\n%s", err, out)
	}
}

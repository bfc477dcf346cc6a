package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/cli"
	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/secret/planted"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// hub is a fake GitHub with a repository, and who asks it.
type hub struct {
	t   *testing.T
	g   *testservers.GitHub
	env map[string]string
}

// environ is all of its environment.
func (p *hub) environ() []string {
	var all []string
	for name, value := range p.env {
		all = append(all, name+"="+value)
	}
	return all
}

func newHub(t *testing.T) *hub {
	t.Helper()
	p := &hub{t: t, g: testservers.StartGitHub(t)}
	p.g.Host(1, "acme/web", 2)
	p.g.Commit(1, "main", "bob", map[string]string{"README": "x"})
	p.g.Set(1, "actions/permissions/workflow", map[string]any{"default_workflow_permissions": "read", "can_approve_pull_request_reviews": false})
	p.g.Set(1, "actions/oidc/customization/sub", map[string]any{"use_default": true})
	p.g.Set(1, "codeowners/errors", map[string]any{"errors": []any{}})
	p.g.Add(1, "actions/secrets", map[string]any{"name": "NPM_TOKEN", "created_at": "2025-01-02T03:04:05Z", "updated_at": "2025-01-02T03:04:05Z"})
	p.env = map[string]string{
		"GITHUB_API_URL": p.g.API(), "GITHUB_TOKEN": p.g.Token, "CURFEW_METADATA_TOKEN": p.g.Metadata, "GITHUB_REPOSITORY": "acme/web",
	}
	t.Chdir(t.TempDir())
	return p
}

// run runs the verb, and holds all that is written against the tokens.
func (p *hub) run(args ...string) (code int, out, errs string) {
	p.t.Helper()
	var stdout, stderr bytes.Buffer
	code = cli.Run(p.t.Context(), cli.Env{
		Args: append([]string{"inventory"}, args...), Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr,
		Getenv: func(name string) string { return p.env[name] }, Now: func() time.Time { return today },
	})
	for _, token := range []string{p.g.Token, p.g.Metadata} {
		if strings.Contains(stdout.String()+stderr.String(), token) {
			p.t.Error("a token is shown")
		}
	}
	return code, stdout.String(), stderr.String()
}

func TestInventoryVerb(t *testing.T) {
	p := newHub(t)
	code, out, errs := p.run("--require", "secrets")
	inv, err := inventory.Parse("stdout", []byte(out))
	if code != cli.ExitClean || err != nil || len(inv.Secrets) != 1 || !inv.Taken.Equal(today) {
		t.Fatalf("exit status %d, %v\n%s%s", code, err, out, errs)
	}
	if !strings.Contains(errs, "not checked: org-secrets: it wasn't asked for: add --organization") || !strings.Contains(errs, "18 requests, 18 counted against the rate limit") {
		t.Errorf("stderr:\n%s", errs)
	}
	if code, _, errs := p.run("-o", "inventory.json", "--cache", "cache.json"); code != cli.ExitClean {
		t.Errorf("exit status %d: %s", code, errs)
	}
	written, err := os.ReadFile("inventory.json")
	if err != nil || string(written) != out {
		t.Errorf("%v: the file is another than stdout", err)
	}
	if info, err := os.Stat("cache.json"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the cache: %v, %v", info, err)
	}
	if code, again, errs := p.run("--cache", "cache.json"); code != cli.ExitClean || again != out || !strings.Contains(errs, "18 requests, 0 counted") {
		t.Errorf("by the cache: exit status %d\n%s", code, errs)
	}
}

// TestInventoryMasked: people put credentials into titles.
func TestInventoryMasked(t *testing.T) {
	p := newHub(t)
	value := planted.All(7)[0].Value
	p.g.Add(1, "keys", map[string]any{"title": "x " + value + " ##[group]", "created_at": "2025-01-02T03:04:05Z"})
	code, out, errs := p.run()
	inv, err := inventory.Parse("stdout", []byte(out))
	if code != cli.ExitClean || err != nil || strings.Contains(out, value) || strings.Contains(out, "##[") || !strings.Contains(inv.DeployKeys[0].Title, "[redacted]") {
		t.Errorf("exit status %d, %v\n%s%s", code, err, out, errs)
	}
}

func TestInventoryRefused(t *testing.T) {
	p := newHub(t)
	if err := os.WriteFile("broken.json", []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("broken.yml", []byte("version: 2"), 0o600); err != nil {
		t.Fatal(err)
	}
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.Symlink(outside, "link.json"); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		args []string
		env  string // that isn't set
		code int
		says string
	}{
		"no repository":       {nil, "GITHUB_REPOSITORY", 2, "--repository OWNER/NAME"},
		"no name":             {[]string{"--repository", "acme"}, "", 2, "expected owner/name"},
		"a name that climbs":  {[]string{"--repository", "acme/.."}, "", 2, "expected owner/name"},
		"an argument":         {[]string{"acme/web"}, "", 2, "acme/web"},
		"no requests":         {[]string{"--max-requests", "0"}, "", 2, "above 0"},
		"an unknown source":   {[]string{"--require", "secretz"}, "", 2, "expected one of repository, secrets"},
		"a broken cache":      {[]string{"--cache", "broken.json"}, "", 2, "delete it"},
		"a broken manifest":   {[]string{"--organization", "--manifest", "broken.yml"}, "", 2, "broken.yml"},
		"no such manifest":    {[]string{"--organization", "--manifest", "gone.yml"}, "", 2, "gone.yml"},
		"no such repository":  {[]string{"--repository", "acme/gone"}, "", 3, "no inventory of acme/gone: GitHub answers 404"},
		"an unread source":    {[]string{"--require", "org-apps"}, "", 3, "org-apps is required"},
		"settings by the job": {[]string{"--require", "secrets"}, "CURFEW_METADATA_TOKEN", 3, "needs secrets: read"},
		"a link in its place": {[]string{"-o", "link.json"}, "", 3, "write the inventory"},
		"a linked cache":      {[]string{"--cache", "link.json"}, "", 3, "write the cache"},
		"few requests":        {[]string{"--max-requests", "2", "--require", "deploy-keys"}, "", 3, "--max-requests"},
	} {
		t.Run(name, func(t *testing.T) {
			kept := p.env[tt.env]
			delete(p.env, tt.env)
			code, out, errs := p.run(tt.args...)
			if tt.env != "" {
				p.env[tt.env] = kept
			}
			if code != tt.code || !strings.Contains(errs, tt.says) || tt.code == cli.ExitUsage && out != "" {
				t.Errorf("exit status %d, %s", code, errs)
			}
		})
	}
	if _, err := os.Stat(outside); err == nil {
		t.Error("a link was followed")
	}
	delete(p.env, "GITHUB_TOKEN")
	if code, _, errs := p.run(); code != cli.ExitClean {
		t.Errorf("the metadata token alone: exit status %d, %s", code, errs)
	}
	delete(p.env, "CURFEW_METADATA_TOKEN")
	if code, _, errs := p.run(); code != cli.ExitUsage || !strings.Contains(errs, "CURFEW_METADATA_TOKEN") {
		t.Errorf("no token: exit status %d, %s", code, errs)
	}
}

// TestScanPlatform judges what GitHub holds, live and by a file.
func TestScanPlatform(t *testing.T) {
	p := newHub(t)
	p.g.Set(1, "actions/permissions/workflow", map[string]any{"default_workflow_permissions": "write", "can_approve_pull_request_reviews": false})
	p.g.SetOrg("acme", "actions/permissions/workflow", map[string]any{"default_workflow_permissions": "read", "can_approve_pull_request_reviews": false})
	if code, _, errs := p.run("-o", "inventory.json"); code != cli.ExitClean {
		t.Fatal(errs)
	}
	scan := func(args ...string) (int, string) {
		var out bytes.Buffer
		code := cli.Run(t.Context(), cli.Env{
			Args: append([]string{"scan"}, args...), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out,
			Getenv: func(name string) string { return p.env[name] }, Now: func() time.Time { return today },
		})
		return code, out.String()
	}
	if code, out := scan("--github", "--require", "platform"); code != cli.ExitUnfinished || !strings.Contains(out, "there is no .github/curfew.yml to judge by") {
		t.Errorf("without a manifest: exit status %d\n%s", code, out)
	}
	if err := os.MkdirAll(".github", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(".github/curfew.yml", []byte("version: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		args []string
		code int
		says string
	}{
		"nobody asked":     {nil, 0, "No findings"},
		"required":         {[]string{"--require", "platform"}, 3, "add --inventory FILE or --github"},
		"live":             {[]string{"--github"}, 1, "platform-default-broad"},
		"live, by half":    {[]string{"--github", "--require", "platform"}, 3, "add --organization"},
		"live, by all":     {[]string{"--github", "--organization", "--require", "platform"}, 1, "platform-default-broad"},
		"of nobody":        {[]string{"--organization"}, 2, "add --github"},
		"by a file":        {[]string{"--inventory", "inventory.json"}, 1, "platform-default-broad"},
		"by half a file":   {[]string{"--inventory", "inventory.json", "--require", "platform"}, 3, "add --organization"},
		"both":             {[]string{"--inventory", "inventory.json", "--github"}, 2, "give one of both"},
		"with what is new": {[]string{"--inventory", "inventory.json", "--staged"}, 2, "secrets alone"},
		"no such file":     {[]string{"--inventory", "gone.json"}, 2, "gone.json"},
	} {
		asked := len(p.g.Asked())
		if code, out := scan(tt.args...); code != tt.code || !strings.Contains(out, tt.says) {
			t.Errorf("%s: exit status %d\n%s", name, code, out)
		}
		if (len(p.g.Asked()) > asked) != strings.HasPrefix(name, "live") {
			t.Errorf("%s: GitHub was asked %v", name, p.g.Asked()[asked:])
		}
	}
	value := planted.All(7)[0].Value
	p.g.Add(1, "keys", map[string]any{"title": value, "created_at": "2025-01-02T03:04:05Z"})
	if code, out := scan("--github"); code != cli.ExitFindings || strings.Contains(out, value) || !strings.Contains(out, `deploy key "[redacted]`) {
		t.Errorf("a credential for a title: exit status %d\n%s", code, out)
	}
	delete(p.env, "CURFEW_METADATA_TOKEN")
	if code, out := scan("--github"); code != cli.ExitFindings || !strings.Contains(out, "Not checked (platform): workflow-permissions, deploy-keys") || !strings.Contains(out, "needs administration: read") {
		t.Errorf("by the job's token: exit status %d\n%s", code, out)
	}
	p.env["GITHUB_REPOSITORY"] = "acme/gone"
	if code, out := scan("--github"); code != cli.ExitUnfinished || !strings.Contains(out, "no inventory of acme/gone") {
		t.Errorf("of a repository that can't be read: exit status %d\n%s", code, out)
	}
}

// TestOwnersAsked: who is in the teams of the manifest's owners is asked for, and of those that it takes from the
// organisation's policy; a team that isn't there is found.
func TestOwnersAsked(t *testing.T) {
	p := newHub(t)
	p.g.SetOrg("acme", "actions/permissions/workflow", map[string]any{"default_workflow_permissions": "read", "can_approve_pull_request_reviews": false})
	p.g.Team("acme/web", "alice")
	for name, src := range map[string]string{
		".github/curfew.yml": `version: 1
extends: acme/.github
owners: { web: { team: "@acme/web" } }
identities:
  release: { owner: web, purpose: x, expires: "2027-01-31", runs-as: { workflow: .github/workflows/w.yml, job: a } }
  deploy: { owner: appsec, purpose: x, expires: "2027-01-31", runs-as: { workflow: .github/workflows/w.yml, job: b } }
`,
		"curfew/org.yml": "version: 1\norganization: { name: acme, id: \"2\" }\nowners: { appsec: { team: \"@acme/appsec\" }, other: { team: \"@acme/other\" } }\n",
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if code, _, errs := p.run("--organization", "--org-policy", ".", "-o", "inventory.json", "--require", "team-members"); code != cli.ExitClean {
		t.Fatalf("exit status %d: %s", code, errs)
	}
	asked := strings.Join(p.g.Asked(), "\n")
	if !strings.Contains(asked, "/teams/web/members") || !strings.Contains(asked, "/teams/appsec/members") || strings.Contains(asked, "/teams/other/") {
		t.Errorf("asked:\n%s", asked)
	}
	for _, args := range [][]string{{"--inventory", "inventory.json"}, {"--github", "--organization"}} {
		var out bytes.Buffer
		code := cli.Run(t.Context(), cli.Env{
			Args: append([]string{"scan", "--org-policy", "."}, args...), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out,
			Getenv: func(name string) string { return p.env[name] }, Now: func() time.Time { return today },
		})
		if code != cli.ExitFindings || !strings.Contains(out.String(), `owner "appsec" is @acme/appsec, which isn't there`) || strings.Contains(out.String(), "Not checked (platform)") {
			t.Errorf("%v: exit status %d\n%s", args, code, out.String())
		}
	}
}

// TestActionPlatform: the action's inputs have a step judge what GitHub holds, by the token that they give.
func TestActionPlatform(t *testing.T) {
	p := newHub(t)
	if err := os.WriteFile("README.md", []byte("A checkout.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.g.Set(1, "actions/permissions/workflow", map[string]any{"default_workflow_permissions": "write", "can_approve_pull_request_reviews": false})
	p.env["INPUT_METADATA-TOKEN"], p.env["INPUT_GITHUB"] = p.env["CURFEW_METADATA_TOKEN"], "true"
	delete(p.env, "CURFEW_METADATA_TOKEN")
	delete(p.env, "GITHUB_TOKEN")
	p.env["RUNNER_TEMP"], p.env["GITHUB_OUTPUT"], p.env["GITHUB_STEP_SUMMARY"] = t.TempDir(), "output", "summary"
	var out bytes.Buffer
	code := cli.Run(t.Context(), cli.Env{
		Args: []string{"action"}, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out,
		Getenv: func(name string) string { return p.env[name] }, Environ: p.environ, Now: func() time.Time { return today },
	})
	if code != cli.ExitFindings || !strings.Contains(out.String(), "platform-default-broad") || strings.Contains(out.String(), p.g.Metadata) {
		t.Errorf("exit status %d\n%s", code, out.String())
	}
}

// TestGuardedBranch: the branch that the organisation's policy wants guarded is the one that is asked for.
func TestGuardedBranch(t *testing.T) {
	for ref, branch := range map[string]string{"default-branch": "main", "refs/heads/release": "release"} {
		p := newHub(t)
		p.g.Commit(1, "release", "bob", map[string]string{"README": "x"})
		policy := "version: 1\norganization: { name: acme, id: \"2\" }\nguard: { ref: " + ref + ", approvals: 1, code-owners: false, last-push-approval: false, bypass: none, max-age: 24h, required: false }\n"
		for name, src := range map[string]string{"org.yml": policy, ".github/curfew.yml": "version: 1\nextends: acme/.github\nowners: { web: { team: \"@acme/web\" } }\n"} {
			if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(src), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var out bytes.Buffer
		code := cli.Run(t.Context(), cli.Env{
			Args: []string{"scan", "--github", "--org-policy", "org.yml"}, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out,
			Getenv: func(name string) string { return p.env[name] }, Now: func() time.Time { return today },
		})
		if code != cli.ExitFindings || !strings.Contains(out.String(), "the manifest's branch "+branch+" isn't guarded: a change of it needs 0 approvals") {
			t.Errorf("%s: exit status %d\n%s", ref, code, out.String())
		}
	}
}

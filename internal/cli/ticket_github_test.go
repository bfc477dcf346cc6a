package cli_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/cli"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// TestTicketGitHub: issues are planned where the owner has its place and the policy allows it, not where everybody reads
// them, and never without a token.
func TestTicketGitHub(t *testing.T) {
	hub := testservers.StartGitHub(t)
	hub.Host(1, "acme/shop", 1)
	hub.Host(2, "acme/ops", 1)
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	result := write("result.json", `{"schema":1,"tool":{"name":"curfew","version":"dev"},"of":{"repository":"Acme/shop","time":"2026-11-22T13:00:00Z"},"manifest":{"path":"","from":"none"},"findings":[
{"rule":"x","severity":"high","message":"@everyone","region":{"path":"a","start":{"line":1,"column":1,"offset":0},"end":{"line":1,"column":2,"offset":1}},
"owner":"web","key":"k","fingerprint":"00"}],"checked":{"sources":["workflows"],"scope":"tree","workflows":0,"actions":0,"jobs":0,"files":0,"secrets":0,"entitlements":0},
"leftOut":{"allowlisted":0,"ending":0,"unlikely":[]},"notChecked":[]}`)
	owner := func(tickets string) string {
		return write("curfew.yml", "version: 1\nowners:\n  web: { team: \"@acme/web\""+tickets+" }\n")
	}
	policy := write("org.yml", "version: 1\norganization: { name: acme, id: \"1\" }\nsystems:\n  github: { url: https://github.com, projects: [acme/ops] }\n")
	env := map[string]string{"GITHUB_TOKEN": hub.Token, "GITHUB_API_URL": hub.API(), "GITHUB_REPOSITORY": "acme/shop"}
	run := func(more ...string) (int, string) {
		var out bytes.Buffer
		code := cli.Run(t.Context(), cli.Env{
			Args:   append([]string{"ticket", "plan", "--from", result, "--to", "github", "--manifest", filepath.Join(dir, "curfew.yml")}, more...),
			Stdout: &out, Stderr: &out, Now: func() time.Time { return today }, Getenv: func(name string) string { return env[name] },
		})
		return code, out.String()
	}
	for _, tt := range []struct{ owner, policy, want string }{
		{"", "", "create"},
		{", tickets: { github: acme/ops }", policy, "create"},
		{", tickets: { github: acme/else }", policy, "acme/else isn't under systems.github.projects"},
	} {
		owner(tt.owner)
		code, out := run("--org-policy=" + tt.policy)
		if code != cli.ExitFindings || !strings.Contains(out, tt.want) || strings.Contains(out, "@everyone") {
			t.Errorf("%s: %d %s", tt.owner, code, out)
		}
	}
	hub.Answer = func(w http.ResponseWriter, r *http.Request) bool {
		_, _ = w.Write([]byte(`{"full_name":"acme/shop","private":false}`))
		return !strings.HasSuffix(r.URL.Path, "/issues")
	}
	if code, out := run(); code != cli.ExitUnfinished || !strings.Contains(out, "--public-issues") {
		t.Errorf("%d %s", code, out)
	}
	delete(env, "GITHUB_TOKEN")
	if code, out := run(); code != cli.ExitUsage || !strings.Contains(out, "GITHUB_TOKEN") {
		t.Errorf("%d %s", code, out)
	}
}

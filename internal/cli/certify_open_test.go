package cli_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/cli"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// TestCertifyOpen: the manifest of the default branch is what pull requests are made from, whatever the working tree has,
// and what is left to people is said, with status 1.
func TestCertifyOpen(t *testing.T) {
	t.Parallel() // it waits between requests, as GitHub asks
	hub := testservers.StartGitHub(t)
	hub.Now = func() time.Time { return today.Add(-time.Hour) } // so that nothing may lag, which would be waited for
	hub.Collaborators = []string{"acme/web"}
	hub.Host(1, "acme/shop", 1)
	const src = "version: 1\nowners:\n  web: { team: \"@acme/web\" }\nidentities:\n" +
		"  site: { owner: web, purpose: \"@all\", expires: \"2026-11-25\", runs-as: { workflow: .github/workflows/a.yml, job: a } }\n" +
		"  gone: { owner: nobody, purpose: x, expires: \"2027-11-25\", runs-as: { workflow: .github/workflows/a.yml, job: a } }\n"
	hub.Commit(1, "main", "alice", map[string]string{".github/curfew.yml": src})
	env := map[string]string{"GITHUB_TOKEN": hub.Token, "GITHUB_API_URL": hub.API(), "GITHUB_REPOSITORY": "acme/shop"}
	run := func(more ...string) (int, string) {
		var out bytes.Buffer
		code := cli.Run(t.Context(), cli.Env{
			Args:   append([]string{"certify", "open", "-C", t.TempDir()}, more...),
			Stdout: &out, Stderr: &out, Now: func() time.Time { return today }, Getenv: func(name string) string { return env[name] },
		})
		return code, out.String()
	}
	byHand := "by hand: owner nobody: suspend identity gone\n  nobody is known by the owner id nobody: name an owner, or remove it\n"
	if code, out := run("--dry-run"); code != cli.ExitFindings || out != "would open: owner web, curfew/certify/web\n"+byHand || len(hub.Pulls(1)) > 0 {
		t.Errorf("%d %s", code, out)
	}
	code, out := run()
	if code != cli.ExitFindings || !strings.HasPrefix(out, "opened #1: owner web, curfew/certify/web\n"+byHand+"GITHUB_TOKEN's pull requests start no workflows") {
		t.Errorf("%d %s", code, out)
	}
	if p := hub.Pulls(1); len(p) != 1 || !strings.Contains(hub.FileAt(1, "curfew/certify/web", ".github/curfew.yml"), `expires: "2027-02-21"`) || strings.Contains(p[0].Body, "@all") {
		t.Errorf("%+v", p)
	}
	hub.CommitOn(1, "main", "alice", "by hand", map[string]string{".github/curfew.yml": strings.Replace(strings.Split(src, "  gone")[0], "2026-11-25", "2027-11-25", 1)})
	if code, out := run("-f", "json", "--dry-run"); code != cli.ExitFindings || !strings.Contains(out, `"action": "closed"`) || !strings.Contains(out, `"byHand": []`) {
		t.Errorf("%d %s", code, out)
	}
	if code, out := run("--dry-run"); code != cli.ExitFindings || out != "would close #1: owner web, curfew/certify/web\n  nothing of it is left to decide\n" {
		t.Errorf("%d %s", code, out)
	}
	hub.CommitOn(1, "main", "mallory", "break it", map[string]string{".github/curfew.yml": "version: 1\nowner: x\n"})
	if code, out := run(); code != cli.ExitUsage || !strings.Contains(out, "unknown key") {
		t.Errorf("%d %s", code, out)
	}
	for _, tt := range []struct{ unset, flag, want string }{
		{"GITHUB_REPOSITORY", "--dry-run", "--repository OWNER/NAME"},
		{"", "--repository=acme/../x", "is no repository"},
		{"", "--manifest=none.yml", "read the manifest of the default branch"},
		{"", "--format=xml", "expected text or json"},
		{"GITHUB_TOKEN", "--dry-run", "set GITHUB_TOKEN"},
	} {
		env["GITHUB_REPOSITORY"] = "acme/shop"
		delete(env, tt.unset)
		if code, out := run(tt.flag); code < cli.ExitUsage || !strings.Contains(out, tt.want) || strings.Contains(out, hub.Token) {
			t.Errorf("%s: %d %s", tt.flag, code, out)
		}
	}
}

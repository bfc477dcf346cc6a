//go:build e2e

package cli_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/curfew-ci/curfew/internal/testservers"
)

// TestE2ELoop goes the whole way as those go it who use curfew, by the shipped binary: a first manifest, findings, alerts,
// tickets, the mending and its proof, the owner's review, and the chain of all that in the ledger, verified. The lease on
// the way is a real Vault's. GitHub and the issuer of ID tokens are fakes of ours; so is the service that is asked whether
// a token works.
func TestE2ELoop(t *testing.T) {
	s := newSiteOf(t, map[string]any{"repository": "acme/shop", "job_workflow_ref": "acme/shop/.github/workflows/release.yml@refs/heads/main", "environment": nil})
	l := &loop{site: s, hub: testservers.StartGitHub(t)}
	l.hub.Host(987654, "acme/shop", 4242)
	l.hub.Team("acme/web", "wendy")
	l.hub.Collaborators = []string{"acme/web"}
	service := fakeGitHub(t, "", new([]string))
	testscript.Run(t, testscript.Params{
		Dir: "testdata/loop", RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"plant": plant, "push": l.push, "issues": l.issues, "merge": l.merge},
		Setup: func(env *testscript.Env) error {
			env.Vars = append(env.Vars, s.env...)
			for name, value := range map[string]string{
				"PATH":           filepath.Dir(s.curfew) + string(os.PathListSeparator) + os.Getenv("PATH"),
				"GITHUB_API_URL": l.hub.API(), "GITHUB_TOKEN": l.hub.Token, "GITHUB_REPOSITORY": "acme/shop", "GITHUB_REF": "refs/heads/main",
				"GITHUB_EVENT_NAME": "push", "SERVICE": service.URL, "VAULT": s.URL, "ISSUER": s.issuer.URL, "NO_COLOR": "1",
				"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.DevNull, "GIT_AUTHOR_NAME": "Anna", "GIT_AUTHOR_EMAIL": "anna@example.com",
				"GIT_COMMITTER_NAME": "Anna", "GIT_COMMITTER_EMAIL": "anna@example.com",
			} {
				env.Setenv(name, value)
			}
			return nil
		},
	})
}

// loop is the platform that the transcript's repository lies on, and the people there.
type loop struct {
	*site
	hub *testservers.GitHub
}

// push brings files to the default branch, as git push does: push FILE...
func (l *loop) push(ts *testscript.TestScript, _ bool, files []string) {
	content := map[string]string{}
	for _, name := range files {
		content[name] = ts.ReadFile(name)
	}
	ts.Setenv("GITHUB_SHA", l.hub.Commit(987654, "main", "anna", content))
}

// issues prints those of the repository, a line each.
func (l *loop) issues(ts *testscript.TestScript, _ bool, _ []string) {
	var b strings.Builder
	for _, i := range l.hub.Issues(987654) {
		state := map[bool]string{true: "open", false: "closed"}[i.Open]
		b.WriteString(state + " " + i.Title + "\n")
	}
	_, err := ts.Stdout().Write([]byte(b.String()))
	ts.Check(err)
}

// merge lets an owner approve a pull request and merge it: merge NUMBER WHO.
func (l *loop) merge(ts *testscript.TestScript, _ bool, args []string) {
	number, err := strconv.Atoi(args[0])
	ts.Check(err)
	l.hub.Review(987654, number, args[1], "APPROVED")
	l.hub.Merge(987654, number, args[1])
}

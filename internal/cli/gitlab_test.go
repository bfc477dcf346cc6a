package cli_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/curfew-ci/curfew/internal/testservers"
)

const gitlabOrg = `version: 1
organization: { name: acme, id: "4242" }
issuers: ["ISSUER"]
`

// gitlab makes the command that starts a job of GitLab CI anew, whose issuer is a fake:
//
//	gitlab [VARIABLE=[forged:|other:]AUDIENCE[,AUDIENCE]...]... [CLAIM=VALUE]... [ago=TIME]
//
// The job has the tokens that are named and no others, with what the claims change. "other" is another job's of the same pipeline;
// ago is when all were issued. RULES holds the flags that let the fake's tokens count.
func gitlab(t *testing.T) func(ts *testscript.TestScript, neg bool, args []string) {
	issuer := sync.OnceValue(func() *testservers.Issuer { return testservers.StartIssuer(t, nil) })
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg {
			ts.Fatalf("usage: gitlab [NAME=VALUE]...")
		}
		commit, org := gitlabCommits(ts, issuer().URL)
		for _, entry := range testservers.GitLabEnviron(ts.MkAbs("."), commit) {
			name, value, _ := strings.Cut(entry, "=")
			ts.Setenv(name, value)
		}
		ts.Setenv("RULES", "--issuer="+issuer().URL)
		ts.Setenv("ORG", "--org-rules-from="+org)
		for _, name := range []string{"CURFEW_ID_TOKEN", "CURFEW_ID_TOKEN_VAULT", "CURFEW_ID_TOKEN_A", "CURFEW_ID_TOKEN_B"} {
			ts.Setenv(name, "")
		}
		said, tokens, at := map[string]any{"sha": commit}, map[string]string{}, today
		for _, arg := range args {
			name, value, _ := strings.Cut(arg, "=")
			switch {
			case name == "ago":
				back, err := time.ParseDuration(value)
				ts.Check(err)
				at = today.Add(-back)
			case name == strings.ToUpper(name):
				tokens[name] = value
			default:
				said[name] = value
			}
		}
		for name, of := range tokens {
			ts.Setenv(name, gitlabToken(issuer(), of, said, at))
		}
	}
}

// gitlabToken is a token as "gitlab" describes it.
func gitlabToken(issuer *testservers.Issuer, of string, said map[string]any, at time.Time) string {
	claims := testservers.GitLabClaims()
	maps.Copy(claims, map[string]any{"iat": at.Unix(), "nbf": at.Unix() - 5, "exp": at.Add(time.Hour).Unix()})
	maps.Copy(claims, said)
	make := issuer.Token
	if rest, forged := strings.CutPrefix(of, "forged:"); forged {
		of, make = rest, issuer.Forged
	}
	if rest, other := strings.CutPrefix(of, "other:"); other {
		of, claims["job_id"] = rest, "7"
	}
	if all := strings.Split(of, ","); len(all) > 1 {
		claims["aud"] = all
	}
	return make(of, claims)
}

// gitlabCommits are the commits of the job's repository, which is here, and of the organisation's beside it, DIR@COMMIT; both are made
// where they aren't there yet.
func gitlabCommits(ts *testscript.TestScript, issuer string) (project, org string) {
	git := func(dir string, args ...string) string {
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_AUTHOR_NAME=Anna", "GIT_AUTHOR_EMAIL=anna@example.com",
			"GIT_COMMITTER_NAME=Anna", "GIT_COMMITTER_EMAIL=anna@example.com")
		out, err := cmd.Output()
		ts.Check(err)
		return strings.TrimSpace(string(out))
	}
	here, beside := ts.MkAbs("."), ts.MkAbs("../org")
	if _, err := os.Stat(filepath.Join(here, ".git")); err != nil {
		ts.Check(os.MkdirAll(filepath.Join(beside, "curfew"), 0o700))
		ts.Check(os.WriteFile(filepath.Join(beside, "curfew", "org.yml"), []byte(strings.ReplaceAll(gitlabOrg, "ISSUER", issuer)), 0o600))
		for _, dir := range []string{here, beside} {
			git(dir, "init", "-q", "-b", "main")
			git(dir, "add", ".")
			git(dir, "commit", "-qm", "Add the rules "+strconv.Quote(filepath.Base(dir)))
		}
	}
	return git(here, "rev-parse", "HEAD"), beside + "@" + git(beside, "rev-parse", "HEAD")
}

// gitlabBase has GitLab name the commit in a file as a merge request's base: based FILE.
func gitlabBase(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: based FILE")
	}
	ts.Setenv("CI_MERGE_REQUEST_DIFF_BASE_SHA", strings.TrimSpace(ts.ReadFile(args[0])))
}

package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/cli"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// certifiedHub is a repository in which an owner has approved what curfew proposed, and it was merged.
func certifiedHub(t *testing.T, run func(args ...string) (int, string), hub *testservers.GitHub) {
	t.Helper()
	hub.Now = func() time.Time { return today.Add(-time.Hour) }
	hub.Host(1, "acme/shop", 1)
	hub.Commit(1, "main", "alice", map[string]string{".github/curfew.yml": "version: 1\nowners:\n  ops: { person: \"@otto\" }\nidentities:\n" +
		"  site: { owner: ops, purpose: x, expires: \"2026-11-25\", runs-as: { workflow: .github/workflows/a.yml, job: a } }\n" +
		"  back: { owner: ops, purpose: x, expires: \"2026-11-26\", runs-as: { workflow: .github/workflows/a.yml, job: a } }\n"})
	hub.Collaborators = []string{"otto"}
	if code, out := run("open", "-C", t.TempDir()); code != 0 {
		t.Fatalf("%d %s", code, out)
	}
	tip := hub.Branches(1)["curfew/certify/ops"]
	hub.TouchPull(1, 1, func(p *testservers.Pull) {
		p.Reviews = []testservers.Review{{Login: "otto", State: "APPROVED", Commit: tip, At: hub.Now()}}
	})
	hub.Merge(1, 1, "alice")
}

// TestCertifyRecord: what is certified is recorded and sealed, once; and without proof it isn't.
func TestCertifyRecord(t *testing.T) {
	t.Parallel() // it waits between requests, as GitHub asks
	hub, issuer := testservers.StartGitHub(t), testservers.StartIssuer(t, testservers.JobClaims())
	dir := t.TempDir()
	env := map[string]string{
		"GITHUB_TOKEN": hub.Token, "GITHUB_API_URL": hub.API(), "GITHUB_REPOSITORY": "acme/shop", "RUNNER_TEMP": dir,
		"GITHUB_RUN_ID": "12055500123", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_JOB": "record",
		"ACTIONS_ID_TOKEN_REQUEST_URL": issuer.RequestURL(), "ACTIONS_ID_TOKEN_REQUEST_TOKEN": issuer.RequestToken,
	}
	run := func(args ...string) (int, string) {
		var out bytes.Buffer
		code := cli.Run(t.Context(), cli.Env{
			Args: append([]string{"certify"}, args...), Stdout: &out, Stderr: &out, Now: func() time.Time { return today }, Getenv: func(name string) string { return env[name] },
		})
		return code, out.String()
	}
	certifiedHub(t, run, hub)
	none := filepath.Join(dir, "none.jsonl")
	if err := os.WriteFile(none, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out := run("record", "--records", none, "--dry-run"); code != cli.ExitFindings || !strings.Contains(out, "would record: renew back, by @otto in acme/shop#1\n") {
		t.Errorf("%d %s", code, out)
	}
	issuer.RequestToken, env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "other", "wrong"
	for format, says := range map[string]string{"text": "not recorded: renew back, by @otto in acme/shop#1\n", "json": `"recorded": []`} {
		if code, out := run("record", "--records", none, "-f", format); code != cli.ExitUnfinished || !strings.Contains(out, "aren't sealed") || !strings.Contains(out, says) {
			t.Errorf("%d %s", code, out)
		}
	}
	env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"], env["RUNNER_TEMP"] = "other", t.TempDir()
	if code, out := run("record", "--records", none, "-f", "json"); code != 0 || strings.Contains(out, `"recorded": []`) || !strings.Contains(out, `"until": "2027-02-21"`) {
		t.Errorf("%d %s", code, out)
	}
	kept := filepath.Join(env["RUNNER_TEMP"], "curfew", "ledger")
	files, err := filepath.Glob(filepath.Join(kept, "*.jsonl"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	content, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(content)) {
		r, err := ledger.Decode("x", []byte(strings.TrimSuffix(line, "\n")))
		if err != nil || r.Type == ledger.CertificationMerged && (r.Identity.Owner != "ops" || r.Task.RunID != "12055500123" || r.Certification.By[0] != "@otto") {
			t.Errorf("%+v %v", r, err)
		}
	}
	if code, out := run("record", "--records", kept); code != 0 || out != "2 certifications in all, 2 recorded before\n" {
		t.Errorf("%d %s", code, out)
	}
	hub.TouchPull(1, 1, func(p *testservers.Pull) { p.Reviews[0].State = "DISMISSED" })
	if code, out := run("record", "--records", none); code != cli.ExitFindings || !strings.Contains(out, "not proven: acme/shop#1 site\n  nobody of owner ops approved") {
		t.Errorf("%d %s", code, out)
	}
	for flag, want := range map[string]string{
		"--records=": "expected --records PLACE", "--records=" + filepath.Join(dir, "missing"): "missing", "--within=x": "--within", "--format=xml": "expected text or json",
	} {
		if code, out := run("record", "--records="+none, flag); code < cli.ExitUsage || !strings.Contains(out, want) {
			t.Errorf("%s: %d %s", flag, code, out)
		}
	}
}

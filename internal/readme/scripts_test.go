package readme

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/workflow"
)

// script is what a step of a workflow of this repository runs.
func script(t *testing.T, file, step string) string {
	t.Helper()
	f := workflow.Parse(".github/workflows/"+file, []byte(read(t, ".github/workflows/"+file)))
	for _, j := range f.Workflow.Jobs {
		for _, s := range j.Steps {
			if s.Name.Present() && s.Name.Value == step {
				return s.Run.Value
			}
		}
	}
	t.Fatalf("%s has no step %q", file, step)
	return ""
}

// TestScriptsOfCalledWorkflows runs the scripts of the workflows that others call, as the runner does, with what callers say in the
// environment and a program in curfew's place that tells its arguments: a caller's word stays one word, and none is run.
func TestScriptsOfCalledWorkflows(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the workflows run on Linux")
	}
	const evil = `x"; touch ran; $(touch ran) ` + "`touch ran`"
	for _, tt := range []struct {
		name, file, step string
		env              []string
		want             string // what curfew is called with, one argument a line; "" where it isn't called
		says             string // on the log
	}{
		{
			"deploy", "deploy.yml", "Lease, deploy, revoke",
			[]string{"GRANT=deploy/prod", "SCRIPT=scripts/deploy.sh", "MINUTES=30", "TICKET="},
			"exec\n--grant\ndeploy/prod\n--job-timeout\n30m\n--\n./scripts/deploy.sh\n", "",
		},
		{
			"a ticket", "deploy.yml", "Lease, deploy, revoke",
			[]string{"GRANT=deploy/prod", "SCRIPT=deploy.sh", "MINUTES=5", "TICKET=CHG-4411"},
			"exec\n--grant\ndeploy/prod\n--job-timeout\n5m\n--ticket\nCHG-4411\n--\n./deploy.sh\n", "",
		},
		{
			"a hostile caller", "deploy.yml", "Lease, deploy, revoke",
			[]string{"GRANT=" + evil, "SCRIPT=" + evil, "MINUTES=5", "TICKET=" + evil},
			"exec\n--grant\n" + evil + "\n--job-timeout\n5m\n--ticket\n" + evil + "\n--\n./" + evil + "\n", "",
		},
		{
			"a script elsewhere", "deploy.yml", "Lease, deploy, revoke",
			[]string{"GRANT=a/b", "SCRIPT=a/../../evil.sh", "MINUTES=5", "TICKET="},
			"", "expected a path from the repository's root",
		},
		{
			"an absolute script", "deploy.yml", "Lease, deploy, revoke",
			[]string{"GRANT=a/b", "SCRIPT=/bin/sh", "MINUTES=5", "TICKET="},
			"", "expected a path from the repository's root",
		},
		{
			"flags", "tickets.yml", "Scan",
			[]string{"ARGS=--verify=all\n\n--org-policy=a b\n"},
			"scan\n--history\n--fail-on\nnever\n--format\njson\n--verify=all\n--org-policy=a b\n", "",
		},
		{"no flags", "tickets.yml", "Scan", []string{"ARGS="}, "scan\n--history\n--fail-on\nnever\n--format\njson\n", ""},
		{"a path among flags", "tickets.yml", "Scan", []string{"ARGS=/etc"}, "", "expected one --flag=value a line"},
		{
			"issues", "tickets.yml", "Bring issues in line",
			[]string{"PUBLIC=false"},
			"ticket\nsync\n--from\nTEMP/result.json\n--to\ngithub\n--public-issues=false\n", "",
		},
		{"certify", "certify.yml", "Open pull requests for owners", []string{"NOTICE=14d", "POLICY="}, "certify\nopen\n--notice\n14d\n", ""},
		{
			"a policy", "certify.yml", "Open pull requests for owners",
			[]string{"NOTICE=" + evil, "POLICY=acme/.github"},
			"certify\nopen\n--notice\n" + evil + "\n--org-policy\n.curfew-policy\n", "",
		},
		{"upload", "scan.yml", "Upload to code scanning", []string{"HEAD=", "BASE=", "SARIF=" + evil}, "upload\n" + evil + "\n", ""},
		{"upload of a pull request", "scan.yml", "Upload to code scanning", []string{"HEAD=1", "BASE=1", "SARIF=x"}, "upload\nx\n", ""},
		{"upload of a fork", "scan.yml", "Upload to code scanning", []string{"HEAD=2", "BASE=1", "SARIF=x"}, "", "from a fork may not write"},
		{"upload of a fork that is gone", "scan.yml", "Upload to code scanning", []string{"HEAD=", "BASE=1", "SARIF=x"}, "", "from a fork may not write"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			stub := "#!/bin/sh\nprintf '%s\\n' \"$@\" > \"$TOLD\"\n"
			if err := os.WriteFile(filepath.Join(dir, "curfew"), []byte(stub), 0o700); err != nil {
				t.Fatal(err)
			}
			told := filepath.Join(dir, "told")
			cmd := exec.CommandContext(t.Context(), "bash", "-e", "-c", script(t, tt.file, tt.step))
			cmd.Dir = t.TempDir()
			cmd.Env = append(tt.env, "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"), "TOLD="+told, "RUNNER_TEMP="+dir)
			out, _ := cmd.CombinedOutput() // a refusal's status is its own
			got, err := os.ReadFile(told)
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			if want := strings.ReplaceAll(tt.want, "TEMP", dir); string(got) != want || !strings.Contains(string(out), tt.says) {
				t.Errorf("curfew was told %q, want %q; the log:\n%s", got, want, out)
			}
			if _, err := os.Stat(filepath.Join(cmd.Dir, "ran")); err == nil {
				t.Error("what a caller said was run")
			}
		})
	}
}

package readme

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/yamltree"
)

const pipeline = "docs/gitlab/curfew.gitlab-ci.yml"

// pipelineJobs are the jobs of the pipeline for GitLab that is to be copied.
func pipelineJobs(t *testing.T) *yamltree.Node {
	t.Helper()
	doc, err := yamltree.Parse(pipeline, []byte(read(t, pipeline)), yamltree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return doc.Root
}

// TestGitLabPipeline: every call of curfew in it is one of the program's, each job that leases
// has a token for curfew and one for its provider, and none for both; and none may live for longer than is taken.
func TestGitLabPipeline(t *testing.T) {
	verbs := helped(t)
	var all []call
	for _, p := range pipelineJobs(t).Pairs {
		for _, key := range []string{"script", "after_script"} {
			if part := p.Value.Get(key); part != nil {
				for _, item := range part.Items {
					all = append(all, calls("```sh\n"+item.Value+"\n```\n")...)
				}
			}
		}
	}
	for _, called := range all {
		if err := called.fault(verbs); err != "" {
			t.Errorf("%s: `%s`: %s", pipeline, called.text, err)
		}
	}
	leasing := 0
	for _, p := range pipelineJobs(t).Pairs {
		tokens := p.Value.Get("id_tokens")
		if tokens == nil {
			continue
		}
		leasing++
		var audiences []string
		for _, token := range tokens.Pairs {
			if !strings.HasPrefix(token.Key.Value, "CURFEW_ID_TOKEN") || token.Value.Get("aud").Kind != yamltree.Scalar {
				t.Errorf("%s: %s", p.Key.Value, token.Key.Value)
			}
			audiences = append(audiences, token.Value.Get("aud").Value)
		}
		if len(audiences) != 2 || !slices.Contains(audiences, "curfew") || p.Value.Get("extends").Value != ".curfew lease" {
			t.Errorf("%s has tokens for %q", p.Key.Value, audiences)
		}
	}
	if leasing < 2 || len(all) < 4 || pipelineJobs(t).Get(".curfew lease").Get("timeout").Value != "30 minutes" {
		t.Errorf("%d jobs that lease, %d calls", leasing, len(all))
	}
}

// TestGitLabScript runs the scripts as GitLab's runner does, with programs in curfew's and git's place that tell their arguments: what
// somebody has called a branch stays one word.
func TestGitLabScript(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the pipeline runs on Linux")
	}
	const evil = `x"; touch ran; $(touch ran)`
	for _, tt := range []struct {
		job  string
		env  []string
		want string
	}{
		{"curfew scan", nil, "curfew scan --history -o gitlab=gl-code-quality-report.json -o sarif=curfew.sarif\n"},
		{
			"curfew scan",
			[]string{"CI_MERGE_REQUEST_IID=5", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME=" + evil},
			"git fetch --quiet origin refs/heads/" + evil + "\ncurfew scan --base FETCH_HEAD -o gitlab=gl-code-quality-report.json -o sarif=curfew.sarif\n",
		},
		{"migrate", nil, "curfew exec --grant migrate/vault --job-timeout 30m -- ./migrate.sh\n"},
		{"deploy", nil, "curfew exec --grant deploy/aws --job-timeout 30m -- ./deploy.sh\n"},
	} {
		bin, dir := t.TempDir(), t.TempDir()
		told := filepath.Join(bin, "told")
		for _, name := range []string{"curfew", "git"} {
			if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\necho \"${0##*/} $*\" >>\"$TOLD\"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		var script []string
		for _, item := range pipelineJobs(t).Get(tt.job).Get("script").Items {
			script = append(script, item.Value)
		}
		cmd := exec.CommandContext(t.Context(), "bash", "-eo", "pipefail", "-c", strings.Join(script, "\n"))
		cmd.Dir, cmd.Env = dir, append(tt.env, "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "TOLD="+told)
		out, err := cmd.CombinedOutput()
		got, readErr := os.ReadFile(told)
		if err != nil || readErr != nil || string(got) != tt.want {
			t.Errorf("%s: %v %v\n%s\nwas told:\n%s", tt.job, err, readErr, out, got)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%s: what a branch is called was run", tt.job)
		}
	}
}

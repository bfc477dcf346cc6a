package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/testservers"
)

// environed is an Env of some variables.
func environed(entries ...string) *Env {
	env := &Env{Environ: func() []string { return slices.Clone(entries) }}
	env.Getenv = func(name string) string { return variables(env)[name] }
	return env
}

// TestWithoutTokens: a command gets no ID token of the job's platform, whatever its variable's name, and all else.
func TestWithoutTokens(t *testing.T) {
	platform, other := testservers.StartIssuer(t, nil), testservers.StartIssuer(t, nil)
	own, foreign := platform.Token("curfew", nil), other.Token("theirs", nil)
	entries := []string{
		"GITLAB_CI=true", "CURFEW_ID_TOKEN=" + own, "VAULT_ID_TOKEN=" + platform.Token("vault", nil), "WANTED=" + platform.Token("wanted", nil),
		"THEIRS=" + foreign, "NO_TOKEN=a.b.c", "EMPTY=",
	}
	want := []string{"GITLAB_CI=true", entries[3], "THEIRS=" + foreign, "NO_TOKEN=a.b.c", "EMPTY="}
	if got := withoutTokens(environed(entries...), []string{"WANTED"}); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := withoutTokens(environed(entries[1:]...), nil); len(got) != len(entries)-1 {
		t.Errorf("off GitLab: %q", got)
	}
}

// TestGiven: which variables are curfew's, in the order of their names.
func TestGiven(t *testing.T) {
	env := environed("CURFEW_ID_TOKEN_B=b", "CURFEW_ID_TOKENS=no", "CURFEW_ID_TOKEN=a", "MY_CURFEW_ID_TOKEN=no", "CURFEW_ID_TOKEN_C=", "GITLAB_CI=true")
	var names []string
	for _, v := range ciOf(env).given(env) {
		names = append(names, v.Name+"="+string(v.Token.Reveal()))
	}
	if got := strings.Join(names, " "); got != "CURFEW_ID_TOKEN=a CURFEW_ID_TOKEN_B=b" {
		t.Error(got)
	}
	if none := ciOf(environed("GITLAB_CI=true")).given(environed("GITLAB_CI=true")); none == nil || len(none) > 0 {
		t.Errorf("%v: an endpoint would be asked", none)
	}
	if got := ciOf(environed("CURFEW_ID_TOKEN=a")).given(environed("CURFEW_ID_TOKEN=a")); got != nil {
		t.Errorf("on GitHub: %v", got)
	}
}

// TestGitLabRef: a merge request's ref is its own, whatever its branch.
func TestGitLabRef(t *testing.T) {
	for want, entries := range map[string][]string{
		"refs/heads/main":            {"CI_COMMIT_BRANCH=main"},
		"refs/tags/v1":               {"CI_COMMIT_TAG=v1"},
		"refs/merge-requests/5/head": {"CI_MERGE_REQUEST_REF_PATH=refs/merge-requests/5/head", "CI_COMMIT_BRANCH=main"},
		"":                           nil,
	} {
		env := environed(append(entries, "GITLAB_CI=true", "GITHUB_REF=refs/heads/other")...)
		if got := ciOf(env).ref(env); got != want || unmerged(got) != strings.Contains(want, "merge-requests") {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestMergeRequestBase: the target branch's tip comes before where the branch began.
func TestMergeRequestBase(t *testing.T) {
	for _, tt := range []struct {
		entries []string
		want    string
		fails   bool
	}{
		{[]string{"CI_COMMIT_BRANCH=main", "CI_PIPELINE_SOURCE=push"}, "", false},
		{[]string{"CI_MERGE_REQUEST_IID=5", "CI_MERGE_REQUEST_DIFF_BASE_SHA=old"}, "old", false},
		{[]string{"CI_MERGE_REQUEST_IID=5", "CI_MERGE_REQUEST_DIFF_BASE_SHA=old", "CI_MERGE_REQUEST_TARGET_BRANCH_SHA=tip"}, "tip", false},
		{[]string{"CI_PIPELINE_SOURCE=merge_request_event"}, "", true},
	} {
		got, err := pullRequestBase(environed(append(tt.entries, "GITLAB_CI=true", "GITHUB_EVENT_NAME=push")...))
		if got != tt.want || (err != nil) != tt.fails {
			t.Errorf("%q: %q, %v", tt.entries, got, err)
		}
	}
}

// TestWithin: a folder is in the project however it is named.
func TestWithin(t *testing.T) {
	root := t.TempDir()
	project := filepath.Join(root, "web")
	if err := os.MkdirAll(project, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(project, filepath.Join(root, "link")); err != nil {
		t.Skip(err) // not everybody may on Windows
	}
	env := environed("CI_PROJECT_DIR=" + project)
	for dir, want := range map[string]bool{
		"web": true, "web/a/b": true, "link/a": true, "web/../web/a": true, "web.tmp/a": false, "webb": false, ".": false, "web/../other": false, "web/..a": true,
	} {
		if got := within(env, filepath.Join(root, dir)); got != want {
			t.Errorf("%s: %v", dir, got)
		}
	}
}

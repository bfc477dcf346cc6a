package gitrepo_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/gitrepo"
)

// repository makes one with a commit of files.
func repository(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, files)
	git(t, dir, "init", "-q", "-b", "main")
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-qm", "first")
	return dir
}

// A shallow clone says what it lacks; a name that nobody knows isn't blamed on it.
func TestShallowClone(t *testing.T) {
	origin := repository(t, map[string]string{"a": "one\n"})
	write(t, origin, map[string]string{"a": "two\n"})
	git(t, origin, "commit", "-qam", "second")
	dir := filepath.Join(t.TempDir(), "clone")
	git(t, origin, "clone", "-q", "--depth=1", "file://"+origin, dir)
	_, err := open(t, dir).Commit(t.Context(), "HEAD~1")
	if err == nil || !strings.Contains(err.Error(), "fetch-depth: 0") {
		t.Errorf("got %v, want what to do about a shallow clone", err)
	}
	_, err = open(t, origin).Commit(t.Context(), "nobody")
	if err == nil || strings.Contains(err.Error(), "shallow") {
		t.Errorf("got %v, which blames a shallow clone", err)
	}
	_, err = open(t, t.TempDir()).Commit(t.Context(), "HEAD")
	if err == nil || !strings.Contains(err.Error(), "not in a git repository") {
		t.Errorf("without a repository: got %v", err)
	}
}

// What the configuration says of the working tree has no say, and a repository that git refuses is read
// as a plain folder, which is told.
func TestConfiguredTrees(t *testing.T) {
	other := t.TempDir()
	write(t, other, map[string]string{"private": "x"})
	tests := []struct {
		name   string
		config []string
		told   bool
	}{
		{"another working tree", []string{"core.worktree", other}, false},
		{"bare", []string{"core.bare", "true"}, false},
		{"files hidden", []string{"core.excludesFile", "hide-all"}, false},
		{"a version that nobody knows", []string{"core.repositoryFormatVersion", "99"}, true},
		{"an extension that nobody knows", []string{"extensions.unknown", "true"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := repository(t, map[string]string{"a": "one\n", "hide-all": "*\n"})
			write(t, dir, map[string]string{"new": "x"})
			git(t, dir, "config", "core.repositoryFormatVersion", "1")
			git(t, dir, append([]string{"config"}, tt.config...)...)
			files, skipped, err := open(t, dir).Files(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"a", "hide-all", "new"}, files); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			if told := len(skipped) == 1 && skipped[0].Path == "."; told != tt.told || len(skipped) > 1 {
				t.Errorf("skipped: %v", skipped)
			}
		})
	}
}

// A folder that is made to look like a bare repository is a folder all the same.
func TestBareRepositories(t *testing.T) {
	dir := repository(t, map[string]string{"fake/HEAD": "ref: refs/heads/main\n", "fake/config": "[core]\n\tworktree = /\n", "fake/objects/x": "", "fake/refs/x": ""})
	files, skipped, err := open(t, filepath.Join(dir, "fake")).Files(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"HEAD", "config", "objects/x", "refs/x"}, files); diff != "" || len(skipped) > 0 {
		t.Errorf("files (-want +got):\n%sskipped: %v", diff, skipped)
	}

	bare := filepath.Join(t.TempDir(), "bare.git")
	git(t, dir, "clone", "-q", "--bare", dir, bare)
	tree := open(t, bare)
	files, skipped, err = tree.Files(t.Context())
	if err != nil || len(files) > 0 || len(skipped) != 1 {
		t.Errorf("a real one: files %v, skipped %v, %v", files, skipped, err)
	}
	c, err := tree.Commit(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	if src, err := c.ReadFile(t.Context(), "fake/HEAD"); err != nil || string(src) != "ref: refs/heads/main\n" {
		t.Errorf("a file of its commit: %q, %v", src, err)
	}
}

// Working trees of their own, submodules and repositories within.
func TestNestedRepositories(t *testing.T) {
	inner := repository(t, map[string]string{"i": "x"})
	dir := repository(t, map[string]string{"a": "one\n"})
	git(t, dir, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner, "module")
	git(t, dir, "commit", "-qm", "with a module")
	own := filepath.Join(dir, "own")
	write(t, own, map[string]string{"b": "x"})
	git(t, own, "init", "-q")
	git(t, own, "add", ".")
	git(t, own, "commit", "-qm", "own")
	files, skipped, err := open(t, dir).Files(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{".gitmodules", "a"}, files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if len(skipped) != 2 || skipped[0].Path != "module" || skipped[1].Path != "own" {
		t.Errorf("skipped: %v", skipped)
	}
	c, err := open(t, dir).Commit(t.Context(), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	var skip *gitrepo.Skip
	if _, err := c.ReadFile(t.Context(), "module"); !errors.As(err, &skip) {
		t.Errorf("a submodule of a commit: %v", err)
	}
	second := filepath.Join(t.TempDir(), "second")
	git(t, dir, "worktree", "add", "-q", second, "-b", "side")
	files, _, err = open(t, second).Files(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{".gitmodules", "a"}, files); diff != "" {
		t.Errorf("files of a second working tree (-want +got):\n%s", diff)
	}
	if c, err := open(t, second).Commit(t.Context(), "side"); err != nil || len(c.Files()) != 2 {
		t.Errorf("a commit through a second working tree: %v", err)
	}
}

// A folder that is ignored as a whole, or an empty repository, is read as a plain folder.
func TestIgnoredFolder(t *testing.T) {
	dir := repository(t, map[string]string{".gitignore": "out/\n"})
	write(t, dir, map[string]string{"out/x": "1", "out/deep/y": "2"})
	files, skipped, err := open(t, filepath.Join(dir, "out")).Files(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"deep/y", "x"}, files); diff != "" || len(skipped) > 0 {
		t.Errorf("files (-want +got):\n%sskipped: %v", diff, skipped)
	}
}

// A file that a sparse checkout leaves out is told.
func TestSparseCheckout(t *testing.T) {
	dir := repository(t, map[string]string{"keep/a": "1", "drop/b": "2", "c": "3"})
	git(t, dir, "sparse-checkout", "set", "keep")
	files, skipped, err := open(t, dir).Files(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"c", "keep/a"}, files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if len(skipped) != 1 || skipped[0].Path != "drop/b" {
		t.Errorf("skipped: %v", skipped)
	}
}

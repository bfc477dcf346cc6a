package gitrepo_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/gitrepo"
)

// write puts files into dir.
func write(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, src := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// git runs git as a developer would, with an identity of its own.
func git(t testing.TB, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func open(t testing.TB, dir string) *gitrepo.Tree {
	t.Helper()
	tree, err := gitrepo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tree.Close() })
	return tree
}

func TestFilesOfARepository(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"tracked": "1", "deleted": "1", "sub/untracked": "1", "ignored": "1",
		".gitignore": "ignored\n", "odd\nname": "1",
	})
	git(t, dir, "init", "-q")
	git(t, dir, "add", "tracked", "deleted")
	if err := os.Remove(filepath.Join(dir, "deleted")); err != nil {
		t.Fatal(err)
	}
	files, skipped, err := open(t, dir).Files(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{".gitignore", "odd\nname", "sub/untracked", "tracked"}
	if diff := cmp.Diff(want, files); diff != "" || len(skipped) > 0 {
		t.Errorf("files (-want +got):\n%sskipped: %v", diff, skipped)
	}
	files, _, err = open(t, filepath.Join(dir, "sub")).Files(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"untracked"}, files); diff != "" {
		t.Errorf("files of a subfolder (-want +got):\n%s", diff)
	}
}

func TestCommit(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a": "one\n", "sub/b": "", "sub/c": "three"})
	git(t, dir, "init", "-q")
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-qm", "first")
	write(t, dir, map[string]string{"a": "changed\n"})

	c, err := open(t, dir).Commit(t.Context(), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "sub/b", "sub/c"}, c.Files()); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	got, err := c.ReadFiles(t.Context(), []string{"sub/c", "absent", "a", "sub/b"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]byte{[]byte("three"), nil, []byte("one\n"), {}}, got); diff != "" {
		t.Errorf("contents (-want +got):\n%s", diff)
	}
	if _, err := c.ReadFile(t.Context(), "absent"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an absent file: %v, want fs.ErrNotExist", err)
	}

	sub, err := open(t, filepath.Join(dir, "sub")).Commit(t.Context(), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"b", "c"}, sub.Files()); diff != "" {
		t.Errorf("files of a subfolder (-want +got):\n%s", diff)
	}
	for _, rev := range []string{"absent", "--all", ""} {
		if _, err := open(t, dir).Commit(t.Context(), rev); err == nil {
			t.Errorf("Commit(%q) succeeded", rev)
		}
	}
}

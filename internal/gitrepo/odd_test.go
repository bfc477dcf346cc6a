//go:build unix

package gitrepo_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/gitrepo"
)

// No file of the tree leads out of it, or makes a reader wait.
func TestOddFiles(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	write(t, filepath.Dir(outside), map[string]string{"outside": "not ours"})
	for _, kind := range []string{"a repository", "a plain folder"} {
		t.Run(kind, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, map[string]string{
				"plain": "text\n", "empty": "", "sub/file": "x", "new\nline": "x", "esc\x1b[31m": "x", "bad\xffutf8": "x", "sp ace": "x", "-rf": "x",
				"nul": "a\x00b", "late": strings.Repeat("x", 8000) + "\x00", "utf16": "\xff\xfea\x00", "locked": "x", "closed/file": "x",
			})
			links := map[string]string{
				"out": outside, "up": "../../../etc/passwd", "loop": "loop", "gone": "nothing", "etc": "/etc",
				"in": "plain", "sub/in": "../plain", "folder": "sub", "sub/all": "..",
			}
			for name, target := range links {
				if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
					t.Fatal(err)
				}
			}
			if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(filepath.Join(dir, "sub/file"), 200<<20); err != nil { // sparse: it takes no room
				t.Fatal(err)
			}
			if kind == "a repository" {
				git(t, dir, "init", "-q")
			}
			deny(t, filepath.Join(dir, "locked"), filepath.Join(dir, "closed"))
			checkOddFiles(t, dir, kind == "a repository", os.Geteuid() != 0)
		})
	}
}

// deny takes all rights to paths away until the test ends.
func deny(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if err := os.Chmod(path, 0); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(path, 0o700) })
	}
}

func checkOddFiles(t *testing.T, dir string, repository, denied bool) {
	t.Helper()
	tree := open(t, dir)
	files, skipped, err := tree.Files(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"-rf", "bad\xffutf8", "closed/file", "empty", "esc\x1b[31m", "late", "locked", "new\nline", "nul", "plain", "sp ace", "utf16"}
	reasons := map[string]string{
		"out": "a symbolic link that leaves the tree", "up": "a symbolic link that leaves the tree", "etc": "a symbolic link that leaves the tree",
		"gone": "a symbolic link to nothing that is listed", "pipe": "not a regular file", "sub/file": "larger than 100 MiB",
	}
	if repository {
		delete(reasons, "pipe") // git doesn't list what it could not add
	}
	if denied {
		want = slices.DeleteFunc(want, func(s string) bool { return s == "closed/file" })
		reasons["closed"] = "could not be read: permission denied"
	}
	if diff := cmp.Diff(want, files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	got := map[string]string{}
	for _, s := range skipped {
		got[s.Path] = s.Reason
	}
	if diff := cmp.Diff(reasons, got); diff != "" {
		t.Errorf("skipped (-want +got):\n%s", diff)
	}
	reading := map[string]string{
		"out": "a symbolic link, which is not followed", "in": "a symbolic link, which is not followed", "pipe": "not a regular file",
		"nul": "binary", "utf16": "text in UTF-16", "sub/file": "larger than 100 MiB", "sub": "a submodule or folder",
	}
	if denied {
		reading["locked"] = "could not be read: permission denied"
	}
	for name, reason := range reading {
		_, err := tree.ReadFile(name)
		var skip *gitrepo.Skip
		if !errors.As(err, &skip) || skip.Reason != reason {
			t.Errorf("reading %s: got %v, want %s", name, err, reason)
		}
	}
	for _, name := range []string{"../x", "/etc/passwd", "", "sub/../plain"} {
		if src, err := tree.ReadFile(name); err == nil {
			t.Errorf("reading %q gave %d bytes", name, len(src))
		}
	}
	if src, err := tree.ReadFile("etc/passwd"); err == nil {
		t.Errorf("a link out of the tree was followed to %d bytes", len(src))
	}
	if src, err := tree.ReadFile("late"); err != nil || len(src) != 8001 {
		t.Errorf("a NUL beyond the beginning: got %d bytes, %v", len(src), err)
	}
}

// Folders nested beyond reason are told, not walked.
func TestDeepFolders(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{strings.Repeat("d/", 199) + "in": "x", strings.Repeat("e/", 250) + "out": "x"})
	files, skipped, err := open(t, dir).Files(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 1 || len(skipped) != 1 || !strings.HasPrefix(skipped[0].Path, "e/e/") {
		t.Errorf("%d files, skipped %v", len(files), skipped)
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"file": "x"})
	for path, want := range map[string]string{"absent": "name a folder that exists", "file": "not a folder"} {
		_, err := gitrepo.Open(filepath.Join(dir, path))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q in it", path, err, want)
		}
	}
}

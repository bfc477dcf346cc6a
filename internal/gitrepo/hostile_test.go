//go:build unix

package gitrepo_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/gitrepo"
)

// A trap is a program that leaves a mark when it is run, whoever runs it and however.
func trap(t *testing.T) (program string, sprung func() bool) {
	t.Helper()
	dir := t.TempDir()
	mark := filepath.Join(dir, "mark")
	program = filepath.Join(dir, "trap")
	script := fmt.Sprintf("#!/bin/sh\necho \"$0 $*\" >> %s\nexit 1\n", mark)
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return program, func() bool {
		_, err := os.Stat(mark)
		return err == nil
	}
}

// useAll reads a tree in every way that there is.
func useAll(t *testing.T, dir string) {
	t.Helper()
	tree := open(t, dir)
	files, _, err := tree.Files(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		_, _ = tree.ReadFile(name) // a file that can't be read is no matter here
	}
	_, _ = tree.Origin(t.Context()), tree.DefaultBranch(t.Context())
	c, err := tree.Commit(t.Context(), "HEAD")
	if err != nil {
		return // nor is a repository that git refuses
	}
	_, _ = c.ReadFiles(t.Context(), c.Files())
	_, _ = tree.Commit(t.Context(), "no-such-branch")
}

// Nothing that a repository configures is run. Each trap is shown to spring with git as it is, where git
// of this version springs it at all.
func TestNothingIsRun(t *testing.T) {
	tests := []struct {
		name   string
		config func(trap string) [][]string // arguments of git config
		files  func(trap string) map[string]string
		spring []string // a git command that falls for it; nil where none that we could use does
	}{
		{"fsmonitor", func(p string) [][]string { return [][]string{{"core.fsmonitor", p}} }, nil, []string{"status"}},
		{"hooks", func(p string) [][]string { return [][]string{{"core.hooksPath", filepath.Dir(p)}} }, nil, nil},
		{"ssh command", func(p string) [][]string {
			return [][]string{{"core.sshCommand", p}, {"remote.origin.url", "ssh://git@example.org/x"}}
		}, nil, []string{"fetch"}},
		{"filter", func(p string) [][]string {
			return [][]string{{"filter.evil.clean", p}, {"filter.evil.smudge", p}, {"filter.evil.process", p}, {"filter.evil.required", "true"}}
		}, func(string) map[string]string { return map[string]string{".gitattributes": "* filter=evil\n"} }, []string{"add", "--renormalize", "."}},
		{
			"textconv", func(p string) [][]string { return [][]string{{"diff.evil.textconv", p}, {"diff.external", p}} },
			func(string) map[string]string { return map[string]string{".gitattributes": "* diff=evil\n"} },
			[]string{"diff", "HEAD"},
		},
		{"alias", func(p string) [][]string {
			return [][]string{{"alias.ls-files", "!" + p}, {"alias.cat-file", "!" + p}, {"alias.evil", "!" + p}}
		}, nil, []string{"evil"}},
		{"pager", func(p string) [][]string {
			return [][]string{{"core.pager", p}, {"pager.ls-files", p}, {"pager.rev-parse", p}}
		}, nil, nil},
		{"editor and askpass", func(p string) [][]string {
			return [][]string{{"core.editor", p}, {"core.askPass", p}, {"credential.helper", "!" + p}, {"gpg.program", p}, {"core.gitProxy", p}}
		}, nil, nil},
		{"ext remote", func(p string) [][]string {
			return [][]string{{"remote.origin.url", "ext::" + p}, {"protocol.ext.allow", "always"}}
		}, nil, []string{"fetch"}},
		{"remote helper", func(string) [][]string {
			return [][]string{{"remote.origin.url", "none::x"}, {"remote.origin.vcs", "none"}, {"protocol.allow", "always"}}
		}, nil, nil},
		{"outside file", func(p string) [][]string {
			file := p + ".config"
			_ = os.WriteFile(file, []byte("[core]\n\tfsmonitor = "+p+"\n"), 0o600)
			return [][]string{{"include.path", file}}
		}, nil, []string{"status"}},
		{"alternate refs", func(p string) [][]string { return [][]string{{"core.alternateRefsCommand", p}} }, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			program, sprung := trap(t)
			for _, hook := range []string{"post-index-change", "post-checkout", "pre-commit", "reference-transaction", "pre-auto-gc"} {
				if err := os.Symlink(program, filepath.Join(filepath.Dir(program), hook)); err != nil {
					t.Fatal(err)
				}
			}
			dir := repository(t, map[string]string{"a": "one\n", "sub/b": "two\n"})
			if tt.files != nil {
				write(t, dir, tt.files(program))
			}
			for _, args := range tt.config(program) {
				git(t, dir, append([]string{"config"}, args...)...)
			}
			write(t, dir, map[string]string{"a": "changed\n"})
			useAll(t, dir)
			useAll(t, filepath.Join(dir, "sub"))
			if sprung() {
				t.Fatal("the repository's program was run")
			}
			if tt.spring != nil {
				cmd := exec.CommandContext(t.Context(), "git", tt.spring...)
				cmd.Dir = dir
				_ = cmd.Run() // it fails, as the trap does
				if !sprung() {
					t.Errorf("git %v does not fall for it either: the test shows nothing", tt.spring)
				}
			}
		})
	}
}

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

// A partial clone is read without fetching what it lacks, and says what it lacks.
func TestPartialClone(t *testing.T) {
	program, sprung := trap(t)
	origin := repository(t, map[string]string{"a": "one\n", "b": "two\n"})
	git(t, origin, "config", "uploadpack.allowFilter", "true")
	dir := filepath.Join(t.TempDir(), "clone")
	git(t, origin, "clone", "-q", "--no-checkout", "--filter=blob:none", "file://"+origin, dir)
	for _, remote := range []string{"file://" + origin, "ext::" + program + " %S", "ssh://x/y"} {
		git(t, dir, "config", "remote.origin.url", remote)
		git(t, dir, "config", "protocol.ext.allow", "always")
		git(t, dir, "config", "core.sshCommand", program)
		c, err := open(t, dir).Commit(t.Context(), "HEAD")
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.ReadFile(t.Context(), "a")
		if err == nil || !strings.Contains(err.Error(), "partial clone") || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: got %v, want an error about the partial clone", remote, err)
		}
	}
	if sprung() {
		t.Error("a remote's program was run")
	}
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

// refs/replace doesn't put other content in a commit's place.
func TestReplacedObjects(t *testing.T) {
	dir := repository(t, map[string]string{"a": "base\n"})
	git(t, dir, "tag", "base")
	write(t, dir, map[string]string{"a": "forged\n"})
	git(t, dir, "commit", "-qam", "second")
	git(t, dir, "replace", "base", "HEAD")
	c, err := open(t, dir).Commit(t.Context(), "base")
	if err != nil {
		t.Fatal(err)
	}
	if src, err := c.ReadFile(t.Context(), "a"); err != nil || string(src) != "base\n" {
		t.Errorf("got %q, %v", src, err)
	}
}

// The caller's environment has no say.
func TestEnvironment(t *testing.T) {
	dir := repository(t, map[string]string{"a": "one\n"})
	other := repository(t, map[string]string{"other": "x"})
	program, sprung := trap(t)
	for name, value := range map[string]string{
		"GIT_DIR": filepath.Join(other, ".git"), "GIT_WORK_TREE": other, "GIT_INDEX_FILE": filepath.Join(other, ".git/index"),
		"GIT_EXTERNAL_DIFF": program, "GIT_SSH_COMMAND": program, "GIT_PAGER": program, "GIT_TRACE": filepath.Join(other, "trace"),
		"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.fsmonitor", "GIT_CONFIG_VALUE_0": program,
	} {
		t.Setenv(name, value)
	}
	files, _, err := open(t, dir).Files(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a"}, files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if _, err := os.Stat(filepath.Join(other, "trace")); err == nil || sprung() {
		t.Error("the environment was passed on")
	}
}

// Reading ends when it is told to, also where git waits for a pipe that the configuration includes.
func TestReadingEnds(t *testing.T) {
	dir := repository(t, map[string]string{"a": "one\n"})
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	git(t, dir, "config", "include.path", pipe)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	started := time.Now()
	if _, _, err := open(t, dir).Files(ctx); err == nil {
		t.Error("it did not wait: the test shows nothing")
	}
	if took := time.Since(started); took > 10*time.Second {
		t.Errorf("it took %s to end", took)
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

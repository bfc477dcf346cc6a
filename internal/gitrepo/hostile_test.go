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
	for _, spec := range []gitrepo.DiffSpec{{Staged: true}, {Base: "HEAD~1", Head: "HEAD"}, {Base: "HEAD", Head: "HEAD"}} {
		if changes, err := tree.Changes(t.Context(), spec); err == nil {
			for i := range changes.Files {
				_, _ = changes.Content(t.Context(), i)
			}
			_ = changes.Close()
		}
	}
	if db, err := tree.Objects(t.Context()); err == nil {
		_, _ = tree.History(t.Context(), db, gitrepo.HistoryOptions{})
		_ = db.Close()
	}
	c, err := tree.Commit(t.Context(), "HEAD")
	if err != nil {
		return // nor is a repository that git refuses
	}
	_, _ = c.ReadFiles(t.Context(), c.Files())
	_, _ = tree.Commit(t.Context(), "no-such-branch")
	_, _ = tree.TagObject(t.Context(), "v1")
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
	if took := time.Since(started); took > time.Minute { // a pipe that nobody writes to would be waited for without end
		t.Errorf("it took %s to end", took)
	}
}

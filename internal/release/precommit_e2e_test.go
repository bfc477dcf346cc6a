//go:build e2e

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/secret/planted"
)

// TestE2EReleasePreCommit commits as a user does who has pre-commit run .pre-commit-hooks.yaml: pre-commit itself (CURFEW_PRE_COMMIT)
// fetches this tree as a repository, builds it, and refuses the commit that adds a secret.
func TestE2EReleasePreCommit(t *testing.T) {
	program := os.Getenv("CURFEW_PRE_COMMIT")
	if program == "" {
		t.Skip("NOT RUN: CURFEW_PRE_COMMIT doesn't name pre-commit: make e2e installs it where there is python3 with venv")
	}
	hooks := newRepository(t, tree(t))
	user := newRepository(t, t.TempDir())
	write(t, filepath.Join(user, ".pre-commit-config.yaml"),
		"repos:\n- repo: "+hooks+"\n  rev: "+strings.TrimSpace(command(t, hooks, nil, "git", "rev-parse", "HEAD"))+"\n  hooks:\n  - id: curfew\n", 0o644)
	modules := strings.TrimSpace(command(t, hooks, nil, "go", "env", "GOMODCACHE"))
	// Without the event that these tests may run for: of a pull request curfew reads the base, which the user's repository doesn't have.
	env := append(identity(), "GITHUB_EVENT_NAME=", "PRE_COMMIT_HOME="+t.TempDir(), "GOMODCACHE="+modules, "PATH="+filepath.Dir(program)+":"+os.Getenv("PATH"))
	command(t, user, env, program, "install", "--install-hooks")

	write(t, filepath.Join(user, "README.md"), "Nothing to see.\n", 0o644)
	command(t, user, env, "git", "add", ".")
	if out := command(t, user, env, "git", "commit", "--message", "Begin"); !strings.Contains(out, "curfew") || !strings.Contains(out, "Passed") {
		t.Errorf("a clean commit:\n%s", out)
	}

	secret := planted.All(1)[0]
	write(t, filepath.Join(user, secret.Path), secret.Content, 0o644)
	command(t, user, env, "git", "add", ".")
	commit := exec.CommandContext(t.Context(), "git", "commit", "--message", "Leak")
	commit.Dir, commit.Env = user, append(os.Environ(), env...)
	out, err := commit.CombinedOutput()
	if err == nil || !strings.Contains(string(out), secret.Path) || !strings.Contains(string(out), "Failed") {
		t.Errorf("a commit with a secret: %v\n%s", err, out)
	}
	if shown := planted.Find(out, secret); len(shown) > 0 {
		t.Errorf("%s is shown", shown)
	}
	if got := strings.TrimSpace(command(t, user, env, "git", "rev-list", "--count", "HEAD")); got != "1" {
		t.Errorf("there are %s commits, want the clean one alone", got)
	}
}

// identity is who commits, whatever git is configured to.
func identity() []string {
	return []string{
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=test", "GIT_AUTHOR_EMAIL=test@example.com",
		"GIT_COMMITTER_NAME=test", "GIT_COMMITTER_EMAIL=test@example.com",
	}
}

// newRepository makes a folder a repository with a commit of all that is in it.
func newRepository(t *testing.T, dir string) string {
	t.Helper()
	command(t, dir, identity(), "git", "init", "--quiet")
	command(t, dir, identity(), "git", "add", "--all")
	if files, err := os.ReadDir(dir); err == nil && len(files) > 1 {
		command(t, dir, identity(), "git", "commit", "--quiet", "--message=Begin")
	}
	return dir
}

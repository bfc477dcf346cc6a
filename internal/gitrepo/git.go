package gitrepo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// errNoRepository says that a folder belongs to no git repository.
var errNoRepository = errors.New("not a git repository")

// harmless is set before whatever a repository's own configuration says, so that reading it starts no
// program: no fsmonitor, no hook, no attributes from elsewhere. A repository that belongs to somebody
// else is read too: nothing of it is run, which is what git's ownership check guards against.
var harmless = []string{
	"-c", "core.fsmonitor=false",
	"-c", "core.hooksPath=" + os.DevNull,
	"-c", "core.attributesFile=" + os.DevNull,
	"-c", "core.untrackedCache=false",
	"-c", "safe.directory=*",
	"--no-pager",
	"--no-replace-objects",
	"--literal-pathspecs",
}

// environment is all that git gets to see: nothing of the caller's, not even PATH (git finds its own
// parts without), no configuration but the repository's, and no transport, so that a partial clone
// can't fetch (a remote may be a command).
func environment() []string {
	return []string{
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_ATTR_NOSYSTEM=1",
		"GIT_ALLOW_PROTOCOL=none",
		"GIT_NO_LAZY_FETCH=1",
		"GIT_TERMINAL_PROMPT=0",
		"GIT_OPTIONAL_LOCKS=0",
		"LC_ALL=C",
	}
}

// git runs git in dir and returns its standard output.
func git(ctx context.Context, dir string, stdin []byte, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", append(append([]string{}, harmless...), args...)...) //nolint:gosec // fixed program; the arguments are ours
	cmd.Dir = dir
	cmd.Env = environment()
	cmd.Stdin = bytes.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, exec.ErrNotFound):
		return nil, fmt.Errorf("git is not installed: install it, or scan a folder that is no repository")
	case err != nil:
		said := strings.TrimSpace(stderr.String())
		if said == "" {
			said = err.Error()
		}
		return nil, fmt.Errorf("git %s: %s", args[0], said)
	}
	return stdout.Bytes(), nil
}

// inRepository looks for .git in dir and above it, as git does, without asking git.
func inRepository(dir string) (bool, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return false, err
	}
	for {
		if _, err := os.Lstat(filepath.Join(abs, ".git")); err == nil {
			return true, nil
		}
		parent := filepath.Dir(abs)
		if parent == abs {
			return false, nil
		}
		abs = parent
	}
}

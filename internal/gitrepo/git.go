package gitrepo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// errNoRepository says that a folder belongs to no git repository.
var errNoRepository = errors.New("not in a git repository")

// gitTimeout ends a git that hangs, as it does where the repository's configuration includes a pipe.
const gitTimeout = time.Minute

// harmless lists settings that come before whatever a repository's own configuration says, so that
// reading it starts no program, writes nothing, and believes no copy of what commits say.
func harmless() []string {
	return []string{
		"-c", "core.fsmonitor=false", // may be a program
		"-c", "core.hooksPath=" + os.DevNull,
		"-c", "core.attributesFile=" + os.DevNull, // may be a pipe, as the next
		"-c", "core.excludesFile=" + os.DevNull, // and could hide files
		"-c", "core.untrackedCache=false", // would be written
		"-c", "core.commitGraph=false", // could make up parents
		"-c", "protocol.allow=never",
		"-c", "submodule.recurse=false",
		"--no-pager",
		"--literal-pathspecs",
	}
}

// environment is all that git sees of the outside. Nothing of the caller's is passed on, not even PATH:
// git finds its own parts without.
//
// The repository is named outright, so its core.worktree has no say, and git needn't ask whose it is
// (safe.directory): in a container it is often another user's, and nothing of it is run.
func (t *Tree) environment() []string {
	env := []string{
		"GIT_DIR=" + t.at.gitDir,
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_CONFIG_SYSTEM=" + os.DevNull,
		"GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_ATTR_NOSYSTEM=1",
		"GIT_ALLOW_PROTOCOL=",                    // none at all: a partial clone would fetch what it lacks, and a remote may be a command
		"GIT_NO_LAZY_FETCH=1",                    // says the same to git 2.45 and later
		"GIT_NO_REPLACE_OBJECTS=1",               // refs/replace would put other content in a commit's place
		"GIT_GRAFT_FILE=" + os.DevNull + "/none", // info/grafts would make up parents; git complains of an empty one
		"GIT_TERMINAL_PROMPT=0",
		"GIT_OPTIONAL_LOCKS=0",
		"LC_ALL=C",
	}
	if t.at.worktree != "" {
		env = append(env, "GIT_WORK_TREE="+t.at.worktree)
	}
	return env
}

// git runs git in the tree and returns what it wrote to its standard output, and what it complained of.
func (t *Tree) git(ctx context.Context, stdin []byte, args ...string) (stdout, complaints []byte, err error) {
	return t.ask(ctx, maxAnswer, stdin, args...)
}

// ask is git with another limit of what it may say.
func (t *Tree) ask(ctx context.Context, limit int, stdin []byte, args ...string) (stdout, complaints []byte, err error) {
	limited, cancel := context.WithTimeout(ctx, gitTimeout)
	defer cancel()
	cmd := exec.CommandContext(limited, "git", append(harmless(), args...)...) //nolint:gosec // fixed program; the arguments are ours
	cmd.Dir = t.at.dir
	cmd.Env = t.environment()
	cmd.Stdin = bytes.NewReader(stdin)
	cmd.WaitDelay = time.Second
	out, errs := answer{limit: limit, end: cancel}, answer{limit: limit, end: cancel}
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	switch {
	case ctx.Err() != nil:
		return nil, nil, ctx.Err()
	case errors.Is(err, exec.ErrNotFound):
		return nil, nil, errors.New("git is not installed: install it")
	case out.over || errs.over:
		return nil, nil, fmt.Errorf("git %s: it says more than %d MiB: scan the repository's folders one by one", args[0], limit>>20)
	case limited.Err() != nil:
		return nil, nil, fmt.Errorf("git %s: no answer within %s", args[0], gitTimeout)
	case err != nil:
		return nil, errs.said.Bytes(), fmt.Errorf("git %s: %s", args[0], lastWords(errs.said.Bytes(), err))
	}
	return out.said.Bytes(), errs.said.Bytes(), nil
}

// lastWords is the last thing that git said, in which bytes that a terminal would obey are escaped.
func lastWords(said []byte, err error) string {
	text := strings.TrimSpace(string(said))
	text = text[strings.LastIndexByte(text, '\n')+1:]
	if text == "" {
		return err.Error()
	}
	return escaped(text)
}

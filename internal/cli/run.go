package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/curfew-ci/curfew/internal/action"
	"github.com/curfew-ci/curfew/internal/github"
	"github.com/curfew-ci/curfew/internal/scan"
)

// The exit codes, the same for every verb. A format never changes them.
const (
	ExitClean      = 0 // nothing at or above --fail-on
	ExitFindings   = 1 // findings at or above --fail-on
	ExitUsage      = 2 // a flag, an argument or the manifest is wrong
	ExitUnfinished = 3 // something that had to be checked could not be
)

// Env is what a run may touch of the world: tests inject all of it.
type Env struct {
	Args   []string // without the program's name
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	Getenv func(string) string
	// Environ is all of the environment, NAME=VALUE each, for commands that are run.
	Environ func() []string
	Now     func() time.Time
	// Sleep waits between questions to code scanning; nil is the real clock.
	Sleep func(ctx context.Context, d time.Duration) error
	// Executable is the path of this program.
	Executable func() (string, error)

	heard *heard // what the step of an action hears of this run; nil elsewhere
}

// heard is what a run tells beside its exit status.
type heard struct {
	said       string // why it failed, as it was printed
	notAllowed bool   // GitHub refused what was asked
	lease      *action.Lease
}

// exitError ends a run with a code; err, where set, is printed first.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// commandError is how the verbs that lease end: with the code of the command that exec ran, or one of their own, and with what became
// of a credential, which nothing else replaces. A job that is told to stop has to say it more than any other.
type commandError struct{ exitError }

// usageError is a mistake in flags, arguments or the manifest.
func usageError(format string, args ...any) error {
	return &exitError{ExitUsage, fmt.Errorf(format, args...)}
}

// errInterrupted is said where a run was told to stop before its end.
var errInterrupted = errors.New("interrupted before the end: nothing is proven, and what was found so far isn't all")

// Run executes one command line and returns its exit code.
func Run(ctx context.Context, env Env) int {
	root := newRoot(&env)
	root.SetArgs(env.Args)
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return ExitClean
	}
	var exit *exitError
	var file *fs.PathError
	var command *commandError
	switch {
	case errors.As(err, &command):
		exit = &command.exitError
	case errors.As(err, &exit):
	case errors.As(err, &file): // the output couldn't be written
		exit = &exitError{ExitUnfinished, err}
	default: // verbs type their errors; cobra's own (unknown flag, missing argument) are all about usage
		exit = &exitError{ExitUsage, err}
	}
	if command == nil && ctx.Err() != nil && (exit.code == ExitUnfinished || errors.Is(err, ctx.Err())) {
		exit = &exitError{ExitUnfinished, errInterrupted}
	}
	if exit.err != nil {
		said := printableLines(masked(exit.err))
		fmt.Fprintf(env.Stderr, "curfew: %s\n", said)
		if env.heard != nil {
			env.heard.said, env.heard.notAllowed = said, github.IsNotAllowed(exit.err)
		}
	}
	return exit.code
}

// masked is what err says, without what looks like a credential in it: a branch may be named after one, and a
// command line may hold one by mistake.
func masked(err error) string {
	text, merr := scan.Mask(context.Background(), err.Error(), nil)
	if merr != nil {
		return fmt.Sprintf("failed, and why can't be quoted safely: %v", merr)
	}
	return text
}

// isTerminal reports whether w is a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

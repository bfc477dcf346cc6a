package cli

import (
	"context"
	"crypto/rand"
	"errors"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/action"
)

// newAction is the step of GitHub Actions; dist/main.js starts it. It isn't for people, so help is
// silent about it.
func newAction(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:    "action",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			code, err := action.Run(stepOf(env), inStep(cmd.Context(), env))
			var input *action.InputError
			switch {
			case errors.As(err, &input):
				return told(env, &exitError{ExitUsage, err})
			case err != nil:
				return told(env, &exitError{ExitUnfinished, err})
			case code != ExitClean:
				return &exitError{code: code}
			}
			return nil
		},
	}
}

// stepOf is the step that this runs in.
func stepOf(env *Env) action.Step {
	return action.Step{Getenv: env.Getenv, Environ: env.Environ, Log: env.Stdout, Random: rand.Reader, Executable: env.Executable}
}

// inStep runs command lines in the step. What they say on stderr goes to the log as well, in its place: the runner reads one stream.
func inStep(ctx context.Context, env *Env) action.Curfew {
	return func(args []string) action.Outcome {
		inner := *env
		inner.Args, inner.Stderr, inner.heard = args, env.Stdout, &heard{}
		inner.Getenv = action.Getenv(env.Getenv, metadataToken)
		code := Run(ctx, inner)
		return action.Outcome{Code: code, Said: inner.heard.said, NotAllowed: inner.heard.notAllowed, Lease: inner.heard.lease}
	}
}

// told makes an annotation of an error as well, so that the run's page shows it.
func told(env *Env, err *exitError) error {
	return errors.Join(err, stepOf(env).Tell("error", printable(masked(err.err))))
}

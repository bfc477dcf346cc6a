package cli

import (
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
			step := action.Step{Getenv: env.Getenv, Log: env.Stdout, Random: rand.Reader}
			if action.IsSetup(env.Getenv) {
				return setUp(env, step)
			}
			code, err := action.Run(step, func(args []string) int {
				inner := *env
				inner.Args, inner.Getenv = args, action.Getenv(env.Getenv, metadataToken)
				return Run(cmd.Context(), inner)
			})
			var input *action.InputError
			switch {
			case errors.As(err, &input):
				return &exitError{ExitUsage, err}
			case err != nil:
				return &exitError{ExitUnfinished, err}
			case code != ExitClean:
				return &exitError{code: code}
			}
			return nil
		},
	}
}

// setUp puts the running program into the PATH of the job's next steps.
func setUp(env *Env, step action.Step) error {
	self, err := env.Executable()
	if err == nil {
		err = action.Setup(step, self)
	}
	if err != nil {
		return &exitError{ExitUnfinished, err}
	}
	return nil
}

package cli

import (
	"context"
	"errors"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/supervise"
)

// execFlags say what is leased, and for which command.
type execFlags struct {
	leaseFlags
	keep  []string
	quiet bool
}

func newExec(env *Env) *cobra.Command {
	var f execFlags
	cmd := &cobra.Command{
		Use:                   "exec --grant IDENTITY/GRANT -- COMMAND [ARGUMENT]...",
		DisableFlagsInUseLine: true,
		Short:                 "run a command with a short-lived credential, then revoke it",
		GroupID:               groupUse,
		Long: "Lease what this job is entitled to, run a command with the credential in its environment, and\n" +
			"revoke it whichever way the command ends: by itself, by a signal, or because curfew is killed. The\n" +
			"command gets none of the variables that mint tokens of the job's own, and what it writes is masked.\n" +
			"Exit: the command's own code · 128 and the signal's number · 125 curfew failed, or there is no lease,\n" +
			"or its end isn't proven · 126 the command can't be run · 127 there is no such command.",
		Example: "  curfew exec --grant deploy/prod -- ./deploy.sh\n  curfew exec --grant deploy/prod --job-timeout 30m --keep GITHUB_TOKEN -- make release",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return failed(errors.New("which command? expected it after --, such as: curfew exec --grant deploy/prod -- ./deploy.sh"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), env, args) },
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return failed(err) })
	flags := cmd.Flags()
	flags.SetInterspersed(false) // what follows the command's name is the command's
	f.register(flags)
	flags.StringArrayVar(&f.keep, "keep", nil, "let the command have this `NAME` of the job's environment, though it gives rights of its own;\nrepeatable")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "say nothing of the lease unless something fails")
	return cmd
}

// failed is a failure of ours, which must not be taken for the command's.
func failed(err error) error {
	return &commandError{exitError{supervise.CodeFailed, err}}
}

func (f *execFlags) run(ctx context.Context, env *Env, args []string) error {
	request, err := f.request()
	if err != nil {
		return failed(err)
	}
	j, err := openJob(env, f.state)
	if err != nil {
		return failed(err)
	}
	defer j.seal(ctx)
	broker, err := f.broker(j)
	if err != nil {
		return failed(err)
	}
	watchdog := j.watch()
	l, err := broker.Issue(ctx, request)
	if err != nil {
		return failed(errors.Join(err, (<-watchdog).release("nothing was leased")))
	}
	t := newTenancy(j, broker, l, request, f.quiet)
	if err := t.watchBy(<-watchdog); err != nil {
		return failed(t.giveUp(ctx, err))
	}
	child, err := f.child(env, t, args)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return failed(t.giveUp(ctx, err))
	}
	// Signals are the command's from here on: supervise hears them, and ctx, which they cancel, isn't listened to.
	result, err := t.run(context.WithoutCancel(ctx), child)
	if result.Code == 0 {
		return nil // there is no error then
	}
	return &commandError{exitError{result.Code, err}}
}

// child is the command, with the lease's variables.
func (f *execFlags) child(env *Env, t *tenancy, args []string) (supervise.Child, error) {
	vars, err := t.handOver()
	if err != nil {
		return supervise.Child{}, err
	}
	environ, err := supervise.Environ(env.Environ(), vars, f.keep)
	if err != nil {
		return supervise.Child{}, err
	}
	stdin, _ := env.Stdin.(*os.File)
	return supervise.Child{
		Args: slices.Clone(args), Env: environ, Stdin: stdin, Stdout: env.Stdout, Stderr: env.Stderr, Mask: t.mask,
	}, nil
}

// starting is a watchdog that may not have been started yet, or could not be.
type starting struct {
	*supervise.Watchdog
	err error
}

// watch starts a watchdog beside what is done meanwhile.
func (j *job) watch() <-chan starting {
	out := make(chan starting, 1)
	go func() {
		path, err := j.env.Executable()
		if err != nil {
			out <- starting{nil, err}
			return
		}
		complain, _ := j.env.Stderr.(*os.File)
		w, err := supervise.Start(supervise.Program(path, []string{watchdogVerb, "--state", j.state}, j.env.Environ(), complain), nil)
		out <- starting{w, err}
	}()
	return out
}

// release lets go of a watchdog that has nothing to do. One that could not be started has nothing to do either.
func (s starting) release(outcome string) error {
	if s.Watchdog == nil {
		return nil
	}
	return s.Release(outcome)
}

// leaseOf names a lease in what is said of it.
func leaseOf(l *issuance.Lease, grant string) string { return "lease " + l.ID + " of " + grant }

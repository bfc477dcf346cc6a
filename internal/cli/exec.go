package cli

import (
	"cmp"
	"context"
	"errors"
	"os"
	"slices"
	"sync"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/supervise"
)

// execFlags say what is leased, and for which command.
type execFlags struct {
	leaseFlags
	recordFlags
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
			"command gets none of the variables that mint tokens of the job's own, and what it writes is masked,\n" +
			"and recorded with --record.\n" +
			"Exit: the command's own code · 128 and the signal's number · 125 curfew failed, or there is no lease,\n" +
			"or its end or its recording isn't proven · 126 the command can't be run · 127 there is no such command.",
		Example: "  curfew exec --grant deploy/prod -- ./deploy.sh\n  curfew exec --grant deploy/prod --job-timeout 30m --keep GITHUB_TOKEN -- make release\n" +
			"  curfew exec --grant deploy/prod --record -- ./deploy.sh",
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
	f.leaseFlags.register(flags)
	flags.StringArrayVar(&f.keep, "keep", nil, "let the command have this `NAME` of the job's environment, though it gives rights of its own;\nrepeatable")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "say nothing of the lease unless something fails")
	f.recordFlags.register(flags)
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
	if err := f.prepare(j); err != nil {
		return failed(err)
	}
	t := newTenancy(j, request, f.quiet)
	if t.broker, err = f.broker(j, t.hold); err != nil {
		return failed(err)
	}
	t.watchdog = j.watch()
	l, err := t.broker.Issue(ctx, request)
	if err != nil {
		return failed(errors.Join(err, t.refused(err)))
	}
	t.held, t.had = []*issuance.Lease{l}, []string{l.ID}
	child, err := f.child(env, t, args)
	if child.Stopped = ctx.Err; err == nil {
		err = ctx.Err()
	}
	var s *session
	if err == nil {
		s, err = f.begin(t, l, &child)
	}
	if err != nil {
		return failed(t.giveUp(ctx, err))
	}
	// Signals are the command's from here on: supervise hears them, and asks ctx, which they cancel, whether one came before.
	result, err := t.run(context.WithoutCancel(ctx), child)
	if unrecorded := s.end(result); unrecorded != nil {
		err = errors.Join(err, unrecorded)
		result.Code = cmp.Or(result.Code, supervise.CodeFailed)
	}
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
	environ, err := supervise.Environ(withoutTokens(env, f.keep), vars, f.keep)
	if err != nil {
		return supervise.Child{}, err
	}
	stdin, _ := env.Stdin.(*os.File)
	return supervise.Child{
		Args: slices.Clone(args), Env: environ, Stdin: stdin, Stdout: env.Stdout, Stderr: env.Stderr, Mask: t.mask,
	}, nil
}

// watch starts a watchdog beside what is done meanwhile; what it returns waits for it.
func (j *job) watch() func() (*supervise.Watchdog, error) {
	started := sync.OnceValues(func() (*supervise.Watchdog, error) {
		path, err := j.env.Executable()
		if err != nil {
			return nil, err
		}
		complain, _ := j.env.Stderr.(*os.File)
		return supervise.Start(supervise.Program(path, []string{watchdogVerb, "--state", j.state}, j.env.Environ(), complain), nil)
	})
	go started() //nolint:errcheck // whoever waits for it is told
	return started
}

// leaseOf names a lease in what is said of it.
func leaseOf(l *issuance.Lease, grant string) string { return "lease " + l.ID + " of " + grant }

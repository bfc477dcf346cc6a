package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/action"
	"github.com/curfew-ci/curfew/internal/custody"
	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

// handOverFlags say what is leased, and how it is handed to the job's next steps.
type handOverFlags struct {
	leaseFlags
	to string
}

func newLease(env *Env) *cobra.Command {
	var f handOverFlags
	cmd := &cobra.Command{
		Use:     "lease --grant IDENTITY/GRANT",
		Short:   "exchange this job's identity for a credential, for steps that can't be wrapped by exec",
		GroupID: groupUse,
		Long: "Lease what this job is entitled to and hand the credential to the job's next steps. It lives until\n" +
			"`curfew revoke` ends it, which the job must do in a step that always runs, or until its time is over.\n" +
			"All steps that follow can read it: where one command needs it, `curfew exec` is better.\n" +
			"Exit: 0 handed over · 1 not entitled · 2 a flag is wrong · 3 could not finish.",
		Example: "  curfew lease --grant deploy/prod\n  set -a; . \"$(curfew lease --grant deploy/prod --to file)\"; set +a",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context(), env) },
	}
	flags := cmd.Flags()
	f.register(flags)
	flags.StringVar(&f.to, "to", "env", "hand over `TO`: env, the environment of the next steps (GITHUB_ENV); output, outputs of this step\n(GITHUB_OUTPUT); file, a file of variables for a shell, whose path is printed")
	return cmd
}

func (f *handOverFlags) run(ctx context.Context, env *Env) error {
	request, err := f.request()
	if err != nil {
		return err
	}
	step, err := f.step(env)
	if err != nil {
		return err
	}
	j, err := openJob(env, f.state)
	if err != nil {
		return err
	}
	defer j.seal(ctx)
	unmasked := maskBy(j, step)
	broker, err := f.broker(j, j.keep)
	if err != nil {
		return err
	}
	l, err := broker.Issue(ctx, request)
	if err != nil {
		return refusal(errors.Join(err, j.forget(err)))
	}
	var file string
	if err = unmasked(); err == nil {
		file, err = f.handOver(j, step, l)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		got, failed := broker.End(ctx, l)
		if failed == nil {
			failed = j.leases.Remove(*j.kept)
		} else { // what ends it stays for revoke
			failed = errors.Join(failed, j.leases.RemoveFiles(l.ID))
		}
		return &commandError{exitError{ExitUnfinished, errors.Join(fmt.Errorf("%s isn't handed over: %w; it is %s", leaseOf(l, f.grant), err, got.String()), failed)}}
	}
	j.say("%s: until %s; `curfew revoke %s` ends it", leaseOf(l, f.grant), l.Until.UTC().Format(time.RFC3339), l.ID)
	if onGitLab(env) {
		j.say("what prints the credential shows it in the job's log: GitLab can't be told to hide it")
	}
	tellStale(j, l)
	if env.heard != nil {
		env.heard.lease = &action.Lease{Grant: f.grant, ID: l.ID, Until: l.Until, File: file}
	}
	return nil
}

// tellStale says until when the next steps must have logged in by what is handed over, as nobody renews it for them.
func tellStale(j *job, l *issuance.Lease) {
	if at := l.Credential.Stale; l.As == manifest.AsFile && !at.IsZero() {
		j.say("what is in the file logs in until %s: have the steps do so by then, or wrap the command by curfew exec, which renews it", at.UTC().Format(time.RFC3339))
	}
}

// refusal is the exit status of who gets no lease.
func refusal(err error) error {
	if denied := (*issuance.DeniedError)(nil); errors.As(err, &denied) && !denied.Unfinished() {
		return &commandError{exitError{ExitFindings, err}}
	}
	return &commandError{exitError{ExitUnfinished, err}}
}

// step is the step of GitHub Actions that this runs in; nil elsewhere. What the runner is to hide it must be told, by a
// stream that nobody else reads: where stdout is to be read by a shell, that is stderr.
func (f *handOverFlags) step(env *Env) (*action.Step, error) {
	log := env.Stdout
	switch f.to {
	case "file":
		log = env.Stderr
	case "env", "output":
	default:
		return nil, usageError("--to: expected env, output or file, not %q", f.to)
	}
	switch {
	case onGitLab(env):
		return nil, f.refuseOnGitLab(env)
	case env.Getenv("GITHUB_ACTIONS") != "true":
		if f.to != "file" {
			return nil, usageError("--to %s is for steps of GitHub Actions: say --to file, or wrap the command by curfew exec", f.to)
		}
		return nil, nil
	}
	if isTerminal(log) {
		return nil, usageError("a runner reads from this which values to hide, and it is a terminal: wrap the command by curfew exec")
	}
	return &action.Step{Getenv: env.Getenv, Log: log, Random: rand.Reader}, nil
}

// refuseOnGitLab refuses what GitLab has no way for: a job can't tell its runner at run time which values to hide, and what it hands on
// to other jobs (dotenv reports, caches, artifacts) is stored for whoever may read the pipeline.
func (f *handOverFlags) refuseOnGitLab(env *Env) error {
	if f.to != "file" {
		return usageError("--to %s is for steps of GitHub Actions, and GitLab can't be told to hide a value that a job has got: wrap the command by curfew exec, or say --to file", f.to)
	}
	state, err := stateFolder(env, f.state)
	if err != nil {
		return err
	}
	if within(env, state) {
		return usageError("--state %s is in the project's folder, of which caches and artifacts may take what lies there: choose one outside of CI_PROJECT_DIR", state)
	}
	return nil
}

// maskBy has the runner hide every secret as soon as there is one. What it returns says whether it was told of all.
func maskBy(j *job, step *action.Step) func() error {
	var failed error
	if step == nil {
		return func() error { return nil }
	}
	j.veil.listen(func(s redact.Secret) { failed = errors.Join(failed, step.Mask(s.Reveal())) })
	return func() error { return failed }
}

// keep leaves what ends a credential that was issued just now, for revoke.
func (j *job) keep(h issuance.Held) error {
	e := custody.EntryOf(h, h.ID)
	e.Ledger = j.ledger
	if err := j.leases.Keep(e); err != nil {
		return err
	}
	j.kept = &e
	return nil
}

// forget removes what was left of a credential that isn't handed over, if it is known to have ended; otherwise revoke looks
// after it.
func (j *job) forget(err error) error {
	if j.kept != nil && settled(err) {
		return j.leases.Remove(*j.kept)
	}
	return nil
}

// handOver hands a lease over, and returns the file of variables where it does so by one.
func (f *handOverFlags) handOver(j *job, step *action.Step, l *issuance.Lease) (file string, err error) {
	vars := l.Credential.Values
	if l.As == manifest.AsFile {
		if vars, err = j.leases.HandOver(l.ID, l.Credential); err != nil {
			return "", err
		}
	}
	if f.to != "file" {
		return "", set(step, f.to, vars)
	}
	if file, err = j.leases.Variables(l.ID, vars); err == nil {
		_, err = io.WriteString(j.env.Stdout, file+"\n")
	}
	return file, err
}

// set sets variables, or outputs, for the job's next steps.
func set(step *action.Step, to string, vars []lease.Value) error {
	for _, v := range vars {
		put := step.SetEnv
		if to == "output" {
			put = step.SetOutput
		}
		if err := put(v.Name, string(v.Value.Reveal())); err != nil {
			return err
		}
	}
	return nil
}

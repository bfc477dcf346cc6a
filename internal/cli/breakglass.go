package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/scan"
)

func newBreakGlass(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "break-glass",
		Short:   "emergency access: what was used and must be reviewed",
		GroupID: groupGovern,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newGlassStatus(env), newGlassReview(env))
	return cmd
}

// glassReviewFlags say what a reviewer came to.
type glassReviewFlags struct {
	certifyFlags // for its reading of records
	verdict      string
	reason       string
	state        string
}

func newGlassReview(env *Env) *cobra.Command {
	var f glassReviewFlags
	cmd := &cobra.Command{
		Use:   "review USE",
		Short: "record that you have reviewed a use of break-glass",
		Long: "In a run that the reviewer has started by hand: record his verdict on a use of break-glass, which is named\n" +
			"REPOSITORY_ID/RUN_ID/USE as its ticket says, sealed by the job's ID token. That proves who started the run,\n" +
			"and so who reviewed. Records go to this job's file and to the store of the organisation's policy; collectors\n" +
			"take them of recorders alone. Leases know of it once the collector has attested it, and judge by the manifest\n" +
			"whether he may review.\n" +
			"Exit: 0 recorded · 1 it wouldn't count · 2 a flag or a file is wrong · 3 could not finish: run it again.",
		Example: "  curfew break-glass review \"$USE\" --org-policy . --verdict justified --reason \"the database was down\"",
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), env, args[0]) },
	}
	flags := cmd.Flags()
	f.bucketFlags.register(flags)
	flags.StringVar(&f.verdict, "verdict", "", "what you came to, a `WORD`: justified or misuse")
	flags.StringVar(&f.reason, "reason", "", "why, in one line of `TEXT`")
	flags.StringVar(&f.usage, "records", "", "refuse what these records say can't count, by `PLACE`: an exported ledger (\"-\" is stdin), or\nthe folder or s3://BUCKET/PREFIX of jobs' records")
	flags.StringVar(&f.orgPolicy, "org-policy", "", "the organisation's policy: curfew/org.yml in `DIR`, or that FILE")
	flags.StringVar(&f.state, "state", "", "keep records in `DIR`; a folder of RUNNER_TEMP unless said")
	return cmd
}

func (f *glassReviewFlags) run(ctx context.Context, env *Env, use string) error {
	r, err := f.record(env, use)
	if err != nil {
		return err
	}
	policy, err := scan.ReadPolicy(f.orgPolicy)
	if err != nil {
		return &exitError{ExitUsage, err}
	}
	if err := f.check(ctx, env, &r); err != nil {
		return err
	}
	left, err := writeRecords(ctx, env, f.state, policy, []ledger.Record{r})
	if err != nil {
		return err
	}
	did, then := "recorded", "it counts once the collector has taken and attested it: close its ticket then"
	if left != "" {
		did, then = "not in any store", left
	}
	fmt.Fprintf(env.Stderr, "%s: %s found %s to be %s; %s\n", did, r.BreakGlass.By, use, r.BreakGlass.Verdict, then)
	return nil
}

// record is the review. Who reviews is taken from the environment here, and held to the ID token by who collects it.
func (f *glassReviewFlags) record(env *Env, use string) (ledger.Record, error) {
	r := ledger.Record{Plane: ledger.Response, Type: ledger.BreakGlassReviewed, Outcome: ledger.Done, BreakGlass: &ledger.BreakGlass{
		Verdict: ledger.Verdict(f.verdict), Reason: f.reason, By: "@" + env.Getenv("GITHUB_ACTOR"), ByID: env.Getenv("GITHUB_ACTOR_ID"),
	}}
	repository, run, id, err := ledger.CutUse(use)
	if err != nil {
		return r, usageError("%w", err)
	}
	r.Identity.RepositoryID, r.BreakGlass.RunID, r.BreakGlass.Use = repository, run, id
	said := manifest.Emergency{Reason: f.reason}
	switch {
	case !slices.Contains(ledger.Verdicts(), r.BreakGlass.Verdict):
		return r, usageError("--verdict: expected justified or misuse, not %q", f.verdict)
	case f.reason == "":
		return r, usageError("--reason: why? expected words for those who read the evidence")
	case issuance.CheckEmergency(&said) != nil:
		return r, usageError("--reason: %w", issuance.CheckEmergency(&said))
	case env.Getenv("GITHUB_EVENT_NAME") != ledger.Dispatched:
		return r, usageError("who reviews? expected a run of workflow_dispatch that the reviewer has started by hand, not one of %q", env.Getenv("GITHUB_EVENT_NAME"))
	case env.Getenv("GITHUB_RUN_ATTEMPT") != "1":
		return r, usageError("who reviews? this is attempt %q of the run, and its ID token names who started the first: start a new run", env.Getenv("GITHUB_RUN_ATTEMPT"))
	case env.Getenv("GITHUB_ACTOR") == "", env.Getenv("GITHUB_ACTOR_ID") == "":
		return r, usageError("who reviews? expected GITHUB_ACTOR and GITHUB_ACTOR_ID, as in a job of GitHub Actions")
	}
	return r, nil
}

// check refuses a review that the records show to be in vain.
func (f *glassReviewFlags) check(ctx context.Context, env *Env, r *ledger.Record) error {
	records, done, err := f.records(ctx, env)
	if err != nil || records == nil {
		return err
	}
	found := false
	for have, err := range records {
		if err != nil {
			return &exitError{ExitUnfinished, errors.Join(fmt.Errorf("read --records %s: %w", f.usage, err), done())}
		}
		g := have.BreakGlass
		if have.Type != ledger.BreakGlassUsed || have.Identity.RepositoryID != r.Identity.RepositoryID || g.Use != r.BreakGlass.Use || g.RunID != r.BreakGlass.RunID {
			continue
		}
		found = true
		r.Identity, r.Links.Tickets = have.Identity, have.Links.Tickets
		if strings.EqualFold(g.Activator, r.BreakGlass.By) || g.ActivatorID == r.BreakGlass.ByID {
			return &exitError{ExitFindings, errors.Join(fmt.Errorf("%s used it, and can't review that: have another reviewer start the run", g.Activator), done())}
		}
	}
	if err := done(); err != nil {
		return &exitError{ExitUnfinished, err}
	}
	if !found {
		return &exitError{ExitFindings, errors.New("no record there is of this use: collect what its job recorded; if that is lost, review it without --records, by somebody who may not break the glass")}
	}
	return nil
}

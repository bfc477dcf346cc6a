package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/scan"
	"github.com/curfew-ci/curfew/internal/ticket"
)

// ticketFlags say by which result, and where, tickets are brought in line.
type ticketFlags struct {
	from       string
	to         string
	record     string
	repository string
	manifest   string
	orgPolicy  string
	jiraType   string
	state      string
	resolution string
	ssfKey     string

	maxAge       time.Duration
	removedSince string
	archived     bool
	inventory    string

	publicIssues bool
	format       string
	dryRun       bool
}

func newTicket(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "ticket",
		Short:   "bring tickets in line with a scan's result: plan, sync, jwks",
		GroupID: groupGovern,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newTicketPlan(env), newTicketSync(env), newTicketJWKS(env))
	return cmd
}

func newTicketPlan(env *Env) *cobra.Command {
	f := ticketFlags{dryRun: true}
	cmd := &cobra.Command{
		Use:   "plan --from RESULT",
		Short: "say what sync would change",
		Long: "Say which tickets would be created, updated, reopened and closed. Nothing is written.\n" +
			"Exit: 0 nothing to do · 1 something would change, waits for a place, or was closed without proof ·\n" +
			"2 a flag or a named file is wrong · 3 the tracker could not be asked.",
		Example: "  curfew scan --format json > result.json; curfew ticket plan --from result.json",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context(), env) },
	}
	f.register(cmd.Flags())
	return cmd
}

func newTicketSync(env *Env) *cobra.Command {
	var f ticketFlags
	cmd := &cobra.Command{
		Use:   "sync --from RESULT",
		Short: "bring the tickets in line",
		Long: "Create, update, reopen and close tickets so that they fit a scan's result: one for each cause and owner.\n" +
			"One is closed on proof alone. Killed anywhere and run again, it comes to the same tickets; let no two run at\n" +
			"once. Where is the organisation's policy's to say, under systems:. Tokens are in the environment: JIRA_TOKEN,\n" +
			"with JIRA_EMAIL for Jira Cloud; SERVICENOW_TOKEN, with SERVICENOW_USER where it is a password; WEBHOOK_SECRET;\n" +
			"SSF_KEY, which signs, and SSF_TOKEN; GITHUB_TOKEN with issues: write, for the issues of --repository.\n" +
			"Exit: 0 in line · 1 in line, and something waits for a place or was closed without proof ·\n" +
			"2 a flag or a named file is wrong · 3 could not finish: run it again.",
		Example: "  curfew scan --history --verify all --format json > result.json\n" +
			"  curfew ticket sync --from result.json --to jira --org-policy .",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context(), env) },
	}
	f.register(cmd.Flags())
	cmd.Flags().StringVar(&f.state, "state", "", "record in `DIR` what becomes of the tickets; in a job, curfew in RUNNER_TEMP unless said")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "only say what would change, as plan does")
	return cmd
}

func (f *ticketFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.from, "from", "", "what curfew scan --format json wrote, a `FILE`; - is standard input")
	flags.StringVar(&f.to, "to", "files:curfew-tickets", "the tracker: files:`DIR`, github, jira, servicenow, webhook or ssf")
	flags.StringVar(&f.record, "record", "curfew-tickets", "with webhook and ssf: the `DIR` that keeps what was delivered")
	flags.StringVar(&f.repository, "repository", "", "whose tickets these are, `OWNER/NAME`; GITHUB_REPOSITORY, else what the result says, unless\nsaid; a result of another one is refused")
	flags.DurationVar(&f.maxAge, "max-age", 24*time.Hour, "close and reopen nothing by a result that is older than this `TIME`, and exit 3")
	flags.StringVar(&f.manifest, "manifest", manifest.Path, "the manifest `FILE`, for its owners")
	flags.StringVar(&f.orgPolicy, "org-policy", "", "the organisation's policy: curfew/org.yml in `DIR`, or that FILE")
	flags.StringVar(&f.jiraType, "jira-type", "Task", "with jira: the `TYPE` of the issues that are made")
	flags.StringVar(&f.resolution, "jira-resolution", "", "with jira: close with this resolution, by its `NAME`, where the workflow asks for one; one\nthat fits unless said")
	flags.StringVar(&f.ssfKey, "ssf-key", "", "with ssf: the key `FILE` that signs events; SSF_KEY in the environment unless said")
	flags.StringVar(&f.removedSince, "removed-since", "", "make a checklist of what each entry leaves behind that the manifest had at `REV` and hasn't now")
	flags.BoolVar(&f.archived, "archived", false, "nothing runs in the repository any more: make checklists of all that it has")
	flags.StringVar(&f.inventory, "inventory", "", "close checklists by this `FILE`, which curfew inventory wrote")
	flags.BoolVar(&f.publicIssues, "public-issues", false, "with github: take a repository whose issues everybody reads")
	flags.StringVarP(&f.format, "format", "f", "text", "write as `FORMAT`: text or json")
}

func (f *ticketFlags) run(ctx context.Context, env *Env) error {
	if f.format != "text" && f.format != "json" {
		return usageError("--format: expected text or json, not %q", f.format)
	}
	in, err := f.input(ctx, env)
	if err != nil {
		return err
	}
	to, err := f.open(env, in)
	if err != nil {
		return err
	}
	defer to.close() //nolint:errcheck // what is written is synced
	in.Place = to.place
	evidence, err := f.evidence(env, in)
	if err != nil {
		return err
	}
	done := ticketOutcome{DryRun: f.dryRun}
	out, err := f.bring(ctx, env, to.backend, *in, evidence, &done)
	if err == nil || !f.dryRun && len(done.Changes) > 0 {
		done.take(out, f.dryRun)
		if err := done.write(ctx, env, f.format); err != nil {
			return err
		}
	}
	switch {
	case err != nil:
		return &exitError{ExitUnfinished, err}
	case in.Old:
		return &exitError{ExitUnfinished, f.old(&in.Result.Of)}
	case f.dryRun && len(out.Changes) > 0, len(out.Held) > 0, len(out.Unproven) > 0:
		return &exitError{code: ExitFindings}
	}
	return nil
}

// bring brings the tickets in line and records it, or only plans that.
func (f *ticketFlags) bring(ctx context.Context, env *Env, b ticket.Backend, in ticket.Input, evidence *ticketEvidence, done *ticketOutcome) (*ticket.Result, error) {
	if f.dryRun {
		return planned(ctx, b, in)
	}
	clock := ticket.Clock{Now: env.Now, Sleep: courier.Pause}
	out, err := ticket.Sync(ctx, b, in, clock, func(c ticket.Change) {
		done.add(c)
		evidence.take(&c)
	})
	return out, errors.Join(err, evidence.close(ctx))
}

// planned is what sync would do.
func planned(ctx context.Context, b ticket.Backend, in ticket.Input) (*ticket.Result, error) {
	have, err := b.List(ctx, ticket.RepositoryLabel(in.Repository))
	if err != nil {
		return nil, err
	}
	return ticket.Plan(have, in)
}

// local is the repository's name where it has none, in a folder of its own.
const local = "local/repository"

// input reads what tickets are planned by.
func (f *ticketFlags) input(ctx context.Context, env *Env) (*ticket.Input, error) {
	in := &ticket.Input{Now: env.Now()}
	var err error
	if in.Result, err = f.result(ctx, env); err != nil {
		return nil, err
	}
	if in.Repository, err = f.whose(env, &in.Result.Of); err != nil {
		return nil, err
	}
	if in.Old, err = f.isOld(in.Now, in.Result.Of.Time); err != nil {
		return nil, err
	}
	if in.Policy, err = scan.ReadPolicy(f.orgPolicy); err != nil {
		return nil, &exitError{ExitUsage, err}
	}
	if _, err := os.Stat(f.manifest); errors.Is(err, fs.ErrNotExist) && f.manifest == manifest.Path {
		if f.removedSince != "" && !f.archived {
			return nil, usageError("--removed-since: there is no %s here: where all of it was removed, say --archived as well", f.manifest)
		}
		return in, f.leftovers(ctx, in) // nobody owns anything
	}
	if in.Manifest, _, err = readManifest(f.manifest, f.orgPolicy); err != nil {
		return nil, err
	}
	return in, f.leftovers(ctx, in)
}

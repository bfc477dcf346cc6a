package cli

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/curfew-ci/curfew/internal/doctor"
	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

// doctorFlags say what is examined.
type doctorFlags struct {
	leaseFlags
	store  bool
	format string
}

func newDoctor(env *Env) *cobra.Command {
	var f doctorFlags
	cmd := &cobra.Command{
		Use:     "doctor",
		Short:   "check what this job lacks before it asks for a lease",
		GroupID: groupCheck,
		Long: "Check, in the job that is to lease, all that a lease needs: the job's variables, the ID token, the\n" +
			"clock, the manifest, what it decides, the audience, the rendered and the deployed trust, the provider\n" +
			"and the ledger store. Each is ok, WRONG or not checked, with what was found beside what was expected,\n" +
			"and what mends it. Nothing is leased but, with --store, the store's role, and nothing is left behind.\n" +
			"Where VAULT_TOKEN and VAULT_ADDR are those of somebody who may read a grant's role, the role is\n" +
			"compared with what is rendered.\n" +
			"Exit: 0 nothing is wrong · 1 something is · 2 a flag is wrong · 3 could not finish.",
		Example: "  curfew doctor\n  curfew doctor --grant deploy/prod --store",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return f.run(cmd, env) },
	}
	f.registerDoctor(cmd.Flags())
	return cmd
}

// registerDoctor registers those flags of a lease that change what is checked.
func (f *doctorFlags) registerDoctor(flags *pflag.FlagSet) {
	flags.StringVar(&f.grant, "grant", "", "this grant alone, `IDENTITY/GRANT`; all that the job's claims fit unless said")
	flags.StringVar(&f.org, "org", "", "the organisation's policy that the calling workflow is bound to, `OWNER/REPO`")
	registerTickets(flags, &f.tickets)
	flags.StringArrayVar(&f.issuers, "issuer", nil, "take ID tokens of the issuer at this `URL` as well, where the organisation's policy\nlists it; repeatable")
	f.rules.register(flags)
	registerState(flags, &f.state)
	flags.BoolVar(&f.store, "store", false, "lease the role of the organisation's ledger store, for 15 minutes, and read there")
	flags.StringVarP(&f.format, "format", "f", "text", "write as `FORMAT`: text or json")
}

func (f *doctorFlags) run(cmd *cobra.Command, env *Env) error {
	if f.format != "text" && f.format != "json" {
		return usageError("--format: expected text or json, not %q", f.format)
	}
	o, j, err := f.options(env)
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	report := doctor.Examine(ctx, o)
	if ctx.Err() != nil {
		return &exitError{ExitUnfinished, ctx.Err()}
	}
	text := doctorText(report)
	if f.format == "json" {
		if text, err = doctorJSON(report); err != nil {
			return &exitError{ExitUnfinished, err}
		}
	}
	if err := printMasked(cmd, env, j.veil.mask(text)); err != nil {
		return err
	}
	if report.Count(doctor.Wrong) > 0 {
		return &exitError{code: ExitFindings}
	}
	return nil
}

// options are the examination's. The job isn't opened: that would make its folders.
func (f *doctorFlags) options(env *Env) (doctor.Options, *job, error) {
	asked := f.leaseFlags
	if asked.grant == "" {
		asked.grant = "any/any" // so that request reads the other flags
	}
	request, err := asked.request()
	if err != nil {
		return doctor.Options{}, nil, err
	}
	j := &job{env: env, veil: &veil{}, client: newClient()}
	for _, given := range ciOf(env).given(env) {
		j.veil.hide(given.Token)
	}
	for _, name := range []string{"ACTIONS_ID_TOKEN_REQUEST_TOKEN", "GITHUB_TOKEN", "VAULT_TOKEN"} {
		j.veil.hide(redact.New([]byte(env.Getenv(name))))
	}
	dates := &dated{base: newTransport(), now: env.Now}
	source := sourceBy(env, dates.client())
	j.tokens = source
	o := doctor.Options{
		Job: f.job(env), Grant: f.grant, Task: request.Task, Issuers: f.issuers, Tokens: source, Keys: source, Ahead: dates.known,
		Hide: j.veil.hide, Now: env.Now,
		Reach: func(ctx context.Context, g *manifest.Grant, file []byte) (string, error) {
			return lease.Reach(ctx, g, file, j.ask())
		},
		Role: func(ctx context.Context, g *manifest.Vault) ([]byte, error) { return deployedRole(ctx, j, g) },
	}
	if f.store {
		j.of.RunID = o.Job.Run
		j.of.Attempt, _ = strconv.ParseInt(o.Job.Attempt, 10, 64) // what is no number has been found wrong by then
		o.Store = j.openStore
	}
	return f.governed(o, j)
}

// governed adds where the rules come from. That there is no token to read them by is something to find; a flag that is wrong isn't.
func (f *doctorFlags) governed(o doctor.Options, j *job) (doctor.Options, *job, error) {
	rules, err := f.rules.open(j)
	if err != nil && (f.rules.from != "" || f.rules.orgFrom != "" || f.rules.workspace) {
		return o, nil, err
	}
	o.Governance, o.Provers, o.GovernanceErr = rules.governance, rules.provers, err
	return o, j, nil
}

// job is what the environment says of the job.
func (f *doctorFlags) job(env *Env) doctor.Job {
	c := ciOf(env)
	j := doctor.Job{
		Run: env.Getenv(c.run), Attempt: env.Getenv(c.attempt), Name: env.Getenv(c.job), Event: env.Getenv(c.event),
		MayAsk: env.Getenv("ACTIONS_ID_TOKEN_REQUEST_URL") != "" && env.Getenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN") != "",
	}
	if onGitLab(env) {
		j.Platform, j.MayAsk = doctor.GitLabCI(), len(c.given(env)) > 0
	}
	if state, err := stateFolder(env, f.state); err == nil {
		j.State, j.StateErr = state, usableState(state)
	}
	return j
}

// ask says how providers are asked.
func (j *job) ask() lease.Options { return lease.Options{Client: j.client, Now: j.env.Now} }

// deployedRole reads a role as it is deployed, by the token of whoever runs this. It goes to the server alone that VAULT_ADDR
// says it is of: the manifest could name any other.
func deployedRole(ctx context.Context, j *job, g *manifest.Vault) ([]byte, error) {
	token, address := redact.New([]byte(j.env.Getenv("VAULT_TOKEN"))), j.env.Getenv("VAULT_ADDR")
	base, err := lease.Endpoint(&manifest.Grant{Vault: g})
	switch {
	case err != nil:
		return nil, err
	case token.Len() == 0:
		return nil, unread("needs VAULT_TOKEN and VAULT_ADDR of somebody who may read the role")
	case address == "":
		return nil, unread("needs VAULT_ADDR: VAULT_TOKEN is sent to the server alone that it is of")
	case !sameServer(address, base):
		return nil, unread("needs a token of " + base + ": by VAULT_ADDR, VAULT_TOKEN is of another server, and isn't sent elsewhere")
	}
	return lease.VaultRole(ctx, g, token, j.ask())
}

func unread(why string) error {
	return &doctor.UncheckedError{Why: why, Fix: []string{"on a machine where you are logged in to Vault, run this again, or read the role yourself"}}
}

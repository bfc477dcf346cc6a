package cli

import (
	"net/http"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// leaseFlags say what is asked for, and by which rules it is judged.
type leaseFlags struct {
	grant      string
	ttl        string
	jobTimeout string
	org        string
	tickets    []string
	issuers    []string
	glass      manifest.Emergency
	rules      rulesFlags
	state      string
}

func (f *leaseFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.grant, "grant", "", "the grant that is asked for, `IDENTITY/GRANT`")
	flags.StringVar(&f.ttl, "ttl", "", "ask for no longer than this `TIME`, such as 10m; as long as is granted unless said")
	flags.StringVar(&f.jobTimeout, "job-timeout", "", "the job's timeout-minutes, a `TIME` such as 30m: no lease outlives it by more than 5 minutes")
	flags.StringVar(&f.org, "org", "", "the organisation's policy that the calling workflow is bound to, `OWNER/REPO`")
	registerTickets(flags, &f.tickets)
	flags.StringArrayVar(&f.issuers, "issuer", nil, "take ID tokens of the issuer at this `URL` as well, where the organisation's policy\nlists it; repeatable")
	flags.StringVar(&f.glass.Entry, "break-glass", "", "in an emergency, in place of the grant's trigger: by the manifest's break-glass entry of this `ID`.\nIts reviewers are told first")
	flags.StringVar(&f.glass.Reason, "reason", "", "with --break-glass: why, in one line of `TEXT` for those who review it")
	flags.StringVar(&f.glass.Incident, "incident", "", "with --break-glass: the incident that it is for, by its `REF` such as INC-7")
	f.rules.register(flags)
	registerState(flags, &f.state)
}

func registerTickets(flags *pflag.FlagSet, tickets *[]string) {
	flags.StringArrayVar(tickets, "ticket", nil, "the ticket that approves this job, such as CHG-4411 or acme/web#12: a `KEY`; repeatable")
}

func registerState(flags *pflag.FlagSet, state *string) {
	flags.StringVar(state, "state", "", "keep records and leases in `DIR`; curfew in RUNNER_TEMP unless said")
}

// request reads the flags; left counts from the start of the verb, as nobody knows how long the job has run by then.
func (f *leaseFlags) request() (issuance.Request, error) {
	r := issuance.Request{Grant: f.grant, Task: manifest.Task{Org: f.org, Tickets: f.tickets}}
	if id, grant, ok := manifest.CutGrant(f.grant); !ok || id == "" || grant == "" {
		return r, usageError("--grant: expected IDENTITY/GRANT as the manifest has them, such as deploy/prod")
	}
	if owner, name, ok := strings.Cut(f.org, "/"); f.org != "" && (!ok || owner == "" || name == "" || strings.Contains(name, "/")) {
		return r, usageError("--org: expected OWNER/REPO, such as acme/.github")
	}
	if err := f.emergency(&r.Task); err != nil {
		return r, err
	}
	if f.ttl != "" {
		ttl, err := manifest.ParseDuration(f.ttl)
		if err != nil {
			return r, usageError("--ttl: %q: %w: expected a number and m, h or d, such as 10m", f.ttl, err)
		}
		r.Task.TTL = &ttl
	}
	if f.jobTimeout != "" {
		left, err := manifest.ParseDuration(f.jobTimeout)
		if err != nil {
			return r, usageError("--job-timeout: %q: %w: expected a number and m, h or d, such as 30m", f.jobTimeout, err)
		}
		r.Left = left.Std()
	}
	return r, nil
}

// emergency takes over what asks for emergency access. An empty --break-glass, as an input of a run may be, asks for none;
// with words beside it, it was left out by mistake.
func (f *leaseFlags) emergency(task *manifest.Task) error {
	e := f.glass
	switch {
	case e.Entry == "" && (e.Reason != "" || e.Incident != ""):
		return usageError("--reason and --incident are said of an emergency: name the manifest's entry by --break-glass, or leave them out")
	case e.Entry == "":
		return nil
	}
	if err := issuance.CheckEmergency(&e); err != nil {
		return usageError("--break-glass: %w", err)
	}
	task.BreakGlass = &e
	return nil
}

// broker is who leases by these flags, and has hold see to the end of what has been issued.
func (f *leaseFlags) broker(j *job, hold func(issuance.Held) error) (*issuance.Broker, error) {
	rules, err := f.rules.open(j)
	if err != nil {
		return nil, err
	}
	o := j.options()
	o.Tokens, o.Keys, o.Governance, o.NewID, o.Job = j.tokens, j.tokens, rules.governance, j.ids.New, j.of.Name
	o.Provers, o.Issuers, o.Store, o.Notifier = rules.provers, f.issuers, j.openAndKeepStore, rules.notifier
	o.Hold = hold
	return issuance.New(o)
}

// providers gives the provider of a name, whose requests go out by client.
func providers(client *http.Client, now func() time.Time) func(string) (lease.Provider, error) {
	return func(name string) (lease.Provider, error) {
		return lease.For(name, lease.Options{Client: client, Now: now})
	}
}

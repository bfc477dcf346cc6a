package doctor

import (
	"context"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

// Job is what a job's environment says of it.
type Job struct {
	Platform           Platform // GitHubActions unless said
	Run, Attempt, Name string   // as the platform's variables have them
	Event              string   // what started the run
	// MayAsk: the variables are there by which ID tokens are asked for, or in which they are.
	MayAsk bool
	State  string // the folder for records and leases; "" where none is known
	// StateErr is why it can't be used; nil where it can.
	StateErr error
}

// Options are what is examined, and with what. All must be set, but for those of which it is said.
type Options struct {
	Job     Job
	Grant   string        // IDENTITY/GRANT; "" for all that the job's claims fit
	Task    manifest.Task // as a lease would ask
	Issuers []string      // taken beside the built-in ones

	Tokens issuance.Tokens
	Keys   issuance.Keyring
	// Ahead is by how much the platform's clock is ahead of ours, as its newest answer dated itself; false where
	// none has.
	Ahead func() (time.Duration, bool)
	// Governance reads the rules; nil where GovernanceErr says why nothing can.
	Governance    issuance.Governance
	GovernanceErr error
	// Provers are by the kinds of triggers that a lease can prove, and asked as it would.
	Provers map[string]issuance.Prover
	// Reach asks the grant's provider whether it is there. file is what stands in the file that the provider's part of the grant names.
	Reach func(ctx context.Context, g *manifest.Grant, file []byte) (string, error)
	// Role reads a role of Vault's as it is deployed. A *UncheckedError says why it wasn't asked for.
	Role func(ctx context.Context, g *manifest.Vault) ([]byte, error)
	// Store opens the organisation's store; nil where that wasn't asked for, as its role is leased then.
	Store func(l manifest.Ledger) (issuance.Shared, error)

	Hide func(...redact.Secret) // is told every token, before anything can print it
	Now  func() time.Time
	// Timeout is for each question; 0 is a minute.
	Timeout time.Duration
}

// Examine makes all checks, whatever becomes of one. What needs something that was found wrong is not checked, and
// says what it needs. A report of a ctx that has ended is incomplete.
func Examine(ctx context.Context, o Options) Report {
	if o.Timeout <= 0 {
		o.Timeout = time.Minute
	}
	if o.Job.Platform.Where == "" {
		o.Job.Platform = GitHubActions()
	}
	e := &exam{o: o, tokens: map[string]claimed{}}
	e.add("job", "", o.Job.check())
	e.add("state", "", o.Job.checkState())
	e.add("id-token", "", e.token(ctx))
	e.add("clock", "", e.clock())
	e.add("manifest", "", e.manifest(ctx))
	if len(e.rules.Unknown) > 0 {
		e.add("facts", "", e.facts())
	}
	grants, found := e.choose()
	e.add("grants", "", found)
	for _, grant := range grants {
		for _, check := range []struct {
			name string
			run  func(context.Context, *wanted) Finding
		}{
			{"decision", e.decision}, {"audience", e.audience}, {"trust", e.trust}, {"deployed", e.deployed}, {"provider", e.provider},
		} {
			e.add(check.name, grant.name, check.run(ctx, &grant))
		}
	}
	e.add("store", "", e.store(ctx, grants))
	return e.report
}

// exam is what is known by now.
type exam struct {
	o      Options
	report Report

	first  seen // the token for curfew itself
	issuer string
	keys   identity.Keys
	who    identity.Identity
	proven bool // who is

	rules  issuance.Rules
	m      *manifest.Manifest // nil until it was read
	p      *manifest.Policy   // nil where there is none
	tokens map[string]claimed // by audience
	shared shared
}

func (e *exam) add(check, grant string, f Finding) {
	f.Check, f.Grant = check, grant
	e.report.Findings = append(e.report.Findings, f)
}

// wanted is a grant that is looked at.
type wanted struct {
	name  string // IDENTITY/GRANT
	grant manifest.Grant
}

// limited is a context for one question.
func (e *exam) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, e.o.Timeout)
}

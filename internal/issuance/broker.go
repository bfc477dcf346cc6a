package issuance

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/policy"
	"github.com/curfew-ci/curfew/internal/redact"
)

// Audience is that of the ID token by which a job says to curfew who it is. Tokens for it decide here, and
// no provider ever sees one.
const Audience = "curfew"

// Tokens is where the job's ID tokens come from; *oidc.Source is one.
type Tokens interface {
	// IDToken is the job's token for an audience, not verified yet.
	IDToken(ctx context.Context, audience string) (redact.Secret, error)
}

// Keyring is where an issuer's keys come from; *oidc.Source is one.
type Keyring interface {
	// Keys are those of the issuer, and the JWK Set as it was sent.
	Keys(ctx context.Context, issuer string) (identity.Keys, []byte, error)
}

// Records keeps what happens; *ledger.Writer is one.
type Records interface {
	// Append returns the record's id once it is on the disk.
	Append(r ledger.Record) (string, error)
}

// Shared is the ledger store that all runs share.
type Shared interface {
	// Facts is what the store says about a grant, IDENTITY/GRANT, of a project: how many leases of it there
	// are, and the uses of break-glass.
	Facts(ctx context.Context, project, grant string) (*manifest.LedgerFacts, error)
	// Used is how many slots of what may be had once, such as a ticket, are taken.
	Used(ctx context.Context, key []string) (int, error)
	// Attested are the records that somebody has last attested of a project; ledger.ErrNotFound where there are none, and
	// ledger.ErrUnproven where nothing proves them.
	Attested(ctx context.Context, by ledger.Attestor, project string) ([]ledger.Record, error)
	// Take takes a slot of what is limited, or says by a *ledger.FullError that none is free.
	Take(ctx context.Context, c ledger.Claim) (string, error)
}

// Options are what a Broker works with. All must be set, but for those of which it is said.
type Options struct {
	Tokens     Tokens
	Keys       Keyring
	Governance Governance
	Records    Records
	// Providers is the provider of that name, such as lease.For gives.
	Providers func(name string) (lease.Provider, error)
	// NewID makes a record's id, such as ledger.IDs does.
	NewID func() (string, error)
	Now   func() time.Time

	// Job is the job's name. No token proves it.
	Job string
	// Project is the id of the project as the environment says, under which a denial is recorded where no
	// token proves one; unknown where it is empty.
	Project string
	// Issuers are taken beside the built-in ones, where the organisation's policy lists them too. None unless
	// said: nobody's token brings its own issuer along.
	Issuers []string
	// Provers by the kind of trigger that they prove: ticket, environment-approval, signed-tag, schedule.
	// What has none isn't proven. Rules of policies and always need none.
	Provers map[string]Prover
	// Notifier tells of uses of break-glass. nil: it is denied.
	Notifier Notifier
	// Store opens the ledger store that the organisation's policy names, which is known only once that was
	// read; it is asked once a lease. nil, like a policy without a ledger, means that there is none: what is
	// limited is denied then.
	Store func(l manifest.Ledger) (Shared, error)
	// Hide is told every secret as soon as there is one, before anything can print it; may be nil.
	Hide func(...redact.Secret)
	// Hold is told of a credential as soon as it has been issued, so that it ends if this process is killed before it
	// hands it over. An error gives the credential up. May be nil: its time is the bound then.
	Hold func(Held) error
	// Timeout is for each question to Governance, Provers and Shared, and for getting a token or keys; 0 is
	// a minute. Providers keep time by themselves.
	Timeout time.Duration
}

// Broker leases credentials. It may be used by several goroutines.
type Broker struct{ o Options }

// New makes one, and fails where something is missing that no lease can do without.
func New(o Options) (*Broker, error) {
	switch {
	case o.Tokens == nil, o.Keys == nil, o.Governance == nil, o.Records == nil, o.Providers == nil, o.NewID == nil:
		return nil, errors.New("issuance: tokens, keys, governance, records, providers and ids must be given")
	case o.Now == nil:
		return nil, errors.New("issuance: no clock was given")
	case o.Job == "":
		return nil, errors.New("issuance: the job's name must be given, since every record has one")
	}
	return &Broker{o.complete()}, nil
}

// complete fills in what was left to us.
func (o Options) complete() Options {
	if o.Timeout <= 0 {
		o.Timeout = time.Minute
	}
	if o.Project == "" {
		o.Project = identity.UnknownProject
	}
	if o.Hide == nil {
		o.Hide = func(...redact.Secret) {}
	}
	return o
}

// Request is what a job asks for.
type Request struct {
	Grant string // IDENTITY/GRANT
	Task  manifest.Task
	// Left is how much longer the job can run, where that is known: no lease lives longer than that and a
	// margin. 0 is unknown.
	Left time.Duration
}

// Issue leases what a job is entitled to. The error is a *DeniedError, and then there is no credential that
// the caller has to end. Where a Lease is returned, the caller must End it.
func (b *Broker) Issue(ctx context.Context, r Request) (*Lease, error) {
	return b.walk(ctx, r, nil)
}

// walk goes the whole way; old is the lease that is renewed by it, or nil.
func (b *Broker) walk(ctx context.Context, r Request, old *Lease) (*Lease, error) {
	builtIn := sync.OnceValues(func() (*policy.Policy, error) { return policy.BuiltIn(ctx) })
	go builtIn() //nolint:errcheck // the network is waited for meanwhile; whoever needs it is told
	w := &way{Broker: b, req: r, old: old, builtIn: builtIn}
	if denied := w.entitled(ctx); denied != nil {
		return nil, w.refuse(denied)
	}
	if denied := w.intend(ctx); denied != nil {
		return nil, w.refuse(denied)
	}
	c, denied := w.exchange(ctx)
	if denied != nil {
		return nil, w.refuse(denied)
	}
	l, denied := w.issue(ctx, c)
	if denied != nil {
		return nil, w.refuse(denied)
	}
	return l, nil
}

// limited is a context for one question.
func (b *Broker) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, b.o.Timeout)
}

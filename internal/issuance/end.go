package issuance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/ledger"
)

// Ending is what became of a credential that was to be ended.
type Ending struct {
	lease.Revocation
	// Record is the id of the record; "" where it could not be written.
	Record string
	// Err is why a credential that could be revoked isn't, or why there is no record; nil where all went well.
	// Revocation holds all the same.
	Err error
}

// End revokes a lease's credential and records exactly what the provider answered. It does so where ctx has
// ended, too: a job that is cancelled still has something to revoke. A deadline that isn't over yet holds. A lease that has
// ended, or can't be revoked, isn't ended twice; where no answer came, or none that ends it, End may be called again.
func (b *Broker) End(ctx context.Context, l *Lease) (Ending, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended != nil {
		return *l.ended, nil
	}
	got, err := b.end(ctx, l.Credential, l.origin)
	if err == nil {
		l.ended = &got
	}
	return got, err
}

// Ender ends credentials that another process has leased: a watchdog's, or curfew revoke's. It may be used by several
// goroutines.
type Ender struct{ broker Broker }

// NewEnder makes one. Of Options it needs Records, Providers and Now, and heeds Project, Hide and Timeout.
func NewEnder(o Options) (*Ender, error) {
	if o.Records == nil || o.Providers == nil || o.Now == nil {
		return nil, errors.New("issuance: records, providers and a clock must be given")
	}
	return &Ender{Broker{o.complete()}}, nil
}

// End revokes a credential, as lease.ReadStub reads it, and records exactly what the provider answered, as Broker.End does.
// Of is whose credential it is, as far as that is known.
func (e *Ender) End(ctx context.Context, c *lease.Credential, of Origin) (Ending, error) {
	return e.broker.end(ctx, c, of)
}

// end ends a credential of the provider that it names.
func (b *Broker) end(ctx context.Context, c *lease.Credential, of Origin) (Ending, error) {
	provider, err := b.o.Providers(c.Provider)
	if err != nil || provider == nil {
		err = errors.Join(errors.New("the credential's provider isn't known here: end it with the curfew that leased it"), err)
		return Ending{Revocation: lease.Revocation{Outcome: lease.ExpireOnly, NotAfter: c.NotAfter, Answer: "not asked"}, Err: err}, err
	}
	w := &way{Broker: b}
	w.hide(c.Secrets()...)
	got := w.revoke(ctx, provider, c, of)
	return got, got.Err
}

// revoke revokes and records.
func (w *way) revoke(ctx context.Context, p lease.Provider, c *lease.Credential, of Origin) Ending {
	ctx, cancel := outlive(ctx, 2*w.o.Timeout)
	defer cancel()
	said, err := p.Revoke(ctx, c)
	return w.ending(c, of, said, err)
}

// ending records what a provider said as a credential was revoked; err is why it said nothing.
func (w *way) ending(c *lease.Credential, of Origin, said lease.Revocation, err error) Ending {
	said.Answer = w.say(said.Answer, maxText)
	if said.Outcome != lease.Revoked && said.Outcome != lease.AlreadyEnded { // whatever else it may be
		said.Outcome, said.NotAfter = lease.ExpireOnly, c.NotAfter
	}
	got := Ending{Revocation: said}
	switch {
	case err != nil:
		got.Err = fmt.Errorf("the lease could not be ended: %s", w.say(err.Error(), maxText))
	case said.Outcome == lease.ExpireOnly && c.Revocable == lease.ByToken: // what lies between here and the server may have answered
		got.Err = errors.New("the server hasn't ended the lease, which it could")
	}
	id, err := w.o.Records.Append(w.endRecord(c, of, said))
	got.Record = id
	if err != nil {
		got.Err = errors.Join(got.Err, fmt.Errorf("the lease's end is not recorded: %w", err))
	}
	return got
}

// outlive is a context for what is done though ctx has been cancelled, for at most that long, and for no longer than ctx had when it isn't
// over yet.
func outlive(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	out, cancel := context.WithTimeout(context.WithoutCancel(ctx), most)
	at, ok := ctx.Deadline()
	if !ok || errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return out, cancel
	}
	nearer, cancelNearer := context.WithDeadline(out, at)
	return nearer, func() { cancelNearer(); cancel() }
}

func (w *way) endRecord(c *lease.Credential, of Origin, said lease.Revocation) ledger.Record {
	r := ledger.Record{
		Plane: ledger.Issuance, Type: ledger.LeaseExpireOnly, Outcome: ledger.Open, Time: w.o.Now(),
		Identity: of.Identity, Manifest: of.Manifest, Task: of.Task, Links: ledger.Links{CausedBy: of.CausedBy},
		Credential: w.credential(c),
		Decision:   &ledger.Decision{Engine: "provider", Reasons: []string{said.String()}},
	}
	switch said.Outcome {
	case lease.Revoked:
		r.Type, r.Outcome = ledger.LeaseRevoked, ledger.Done
	case lease.AlreadyEnded:
		r.Type, r.Outcome = ledger.LeaseEnded, ledger.Done
	}
	if r.Identity.RepositoryID == "" {
		r.Identity.RepositoryID = w.o.Project
	}
	if r.Credential.NotAfter.IsZero() { // what the provider says can't be recorded
		r.Credential.NotAfter = w.latest
		if w.latest.IsZero() {
			r.Credential.NotAfter = w.o.Now().Add(day)
		}
	}
	return r
}

// Renew leases anew what an old lease was of, for a fresh ID token. All is decided again, and counts again: what is
// limited takes another slot, and a ticket for one use is used up. The old lease stays as it is: End it once the new one has
// been handed over, or keep it where the error, a *DeniedError, says that there is none.
func (b *Broker) Renew(ctx context.Context, old *Lease, left time.Duration) (*Lease, error) {
	r := old.request
	r.Left = left
	return b.walk(ctx, r, old)
}

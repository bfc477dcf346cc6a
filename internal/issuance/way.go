package issuance

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/policy"
	"github.com/curfew-ci/curfew/internal/redact"
)

// way is one lease on its way: what is known by now.
type way struct {
	*Broker
	req     Request
	old     *Lease
	builtIn func() (*policy.Policy, error)

	secrets []redact.Secret
	masker  *redact.Masker

	issuer string
	keys   identity.Keys
	who    identity.Identity // its Claims are verified; the zero Identity until then
	rules  *rules            // nil until they are read
	store  orgStore          // that the organisation's policy names
	first  judgement         // the decision by which the exchange is made
	// provider, and what the second token's audience must be.
	provider lease.Provider
	audience string
	ttl      time.Duration
	latest   time.Time  // when the credential ends at the latest
	id       string     // of the lease, and of its record lease.intent
	glass    *emergency // that owner and reviewers were told of; nil where it is none
	intended bool       // that record is written
}

// entitled finds out whether the lease may be, and takes the slots of what is limited.
func (w *way) entitled(ctx context.Context) *DeniedError {
	if denied := w.identify(ctx); denied != nil {
		return denied
	}
	r, denied := w.read(ctx)
	if denied != nil {
		return denied
	}
	w.rules = r
	w.store = w.openStore()
	if w.first, denied = w.judge(ctx, r); denied != nil {
		return denied
	}
	if denied := w.reach(); denied != nil {
		return denied
	}
	if denied := w.term(); denied != nil {
		return denied
	}
	id, err := w.o.NewID()
	if err != nil {
		return denyFor(err, Reason{Code: CodeRecord, Message: "the lease can't be given an id", Fix: "set the clock, and see that the machine has randomness"})
	}
	w.id = id
	if denied := w.announce(ctx); denied != nil {
		return denied
	}
	return w.take(ctx)
}

// hide adds a secret, and the parts of a JWT with it, to what is never shown.
func (w *way) hide(secrets ...redact.Secret) {
	w.o.Hide(secrets...)
	for _, s := range secrets {
		if slices.ContainsFunc(w.secrets, s.Equal) {
			continue
		}
		w.secrets, w.masker = append(w.secrets, s), w.masker.With(s)
		for part := range bytes.SplitSeq(s.Reveal(), []byte{'.'}) {
			w.masker = w.masker.With(redact.New(part))
		}
	}
}

// refuse masks a denial, records it, and makes an error of it.
func (w *way) refuse(d *DeniedError) error {
	d.Grant = w.say(w.req.Grant, maxName)
	for i := range d.Reasons {
		d.Reasons[i] = w.sayReason(d.Reasons[i])
	}
	// An error that would show a secret isn't passed on, whoever made it.
	if d.cause != nil && w.masker.Mask(d.cause.Error()) != d.cause.Error() {
		d.cause = nil
	}
	w.recordDenial(d)
	return d
}

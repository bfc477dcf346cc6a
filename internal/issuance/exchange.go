package issuance

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/lease"
)

// intend records that a credential is asked for next, and until when it can live at most. What isn't on the
// disk isn't done.
func (w *way) intend(ctx context.Context) *DeniedError {
	if denied := ended(ctx); denied != nil {
		return denied
	}
	if _, err := w.o.Records.Append(w.intentRecord()); err != nil {
		return denyFor(err, Reason{
			Code: CodeRecord, Message: "the lease can't be recorded before it is begun", Expected: "a record on the disk", Fix: "make the folder of the records writable",
		})
	}
	w.intended = true
	return ended(ctx)
}

// exchange gets the second token and, for it, the credential.
func (w *way) exchange(ctx context.Context) (*lease.Credential, *DeniedError) {
	token, claims, denied := w.second(ctx)
	if denied != nil {
		return nil, denied
	}
	ttl := min(w.ttl, w.first.ends.Sub(w.o.Now())).Truncate(time.Second)
	if ttl < time.Second {
		return nil, deny(Reason{
			Code: CodeTTL, Message: "what the identity is entitled to has ended meanwhile", Received: w.first.ends.UTC().Format(time.RFC3339),
			Expected: "a later end", Fix: "have the owner renew what ends",
		})
	}
	grant := w.first.grant
	c, err := w.provider.Exchange(ctx, lease.Request{
		Grant: &grant, IDToken: token, TTL: ttl, Narrow: w.rules.narrow, File: w.rules.file, Session: w.session(),
		Claims: claims, Expected: w.rules.manifest.Identities[w.first.identity].Claims, Hold: w.hold,
	})
	if c != nil {
		w.hide(c.Secrets()...)
	}
	switch {
	case err != nil && c != nil:
		return nil, w.giveUp(ctx, c, orEnded(ctx, exchangeDenied(err)))
	case err != nil:
		return nil, w.givenBack(ctx, err)
	case c == nil:
		return nil, exchangeDenied(errors.New("the provider gave neither a credential nor a reason"))
	}
	return c, nil
}

// givenBack denies for an exchange that failed. Where the provider had issued a credential, what it said as that was revoked
// is recorded, as for any other.
func (w *way) givenBack(ctx context.Context, err error) *DeniedError {
	var back *lease.GivenBackError
	if !errors.As(err, &back) || back.Credential == nil {
		return orEnded(ctx, exchangeDenied(err))
	}
	w.hide(back.Credential.Secrets()...)
	d := orEnded(ctx, exchangeDenied(fmt.Errorf("%s: %w", back.Credential.Provider, back.Why)))
	got := w.ending(back.Credential, w.originOf(), back.Revocation, back.Unanswered)
	if also := back.Also; also != nil {
		w.hide(also.Credential.Secrets()...)
		got.Err = errors.Join(got.Err, w.ending(also.Credential, w.originOf(), also.Revocation, also.Unanswered).Err)
	}
	d.Ended = &got
	return d
}

func (w *way) session() lease.Session {
	run, _ := w.who.Get(identity.Run)
	attempt, _ := w.who.Get(identity.Attempt)
	return lease.Session{Run: run, Attempt: attempt, Lease: w.id}
}

// exchangeDenied says what the provider said. Where that was no refusal, there may be a credential that
// nobody has.
func exchangeDenied(err error) *DeniedError {
	r := Reason{Code: CodeFailed, Message: "the exchange failed", Received: err.Error(), Expected: "a credential", Fix: "run the job again, and see that the provider can be reached"}
	var refused *lease.DeniedError
	if errors.As(err, &refused) {
		r = Reason{
			Code: CodeExchange, Message: "the provider refused: " + refused.Answer, Received: strings.Join(refused.Claims, "; "),
			Expected: "a token that the provider's trust fits", Fix: refused.Try,
		}
	}
	d := denyFor(err, r)
	d.failed = true
	return d
}

// issue holds a credential to what was allowed, decides once more, and records that it is issued.
func (w *way) issue(ctx context.Context, c *lease.Credential) (*Lease, *DeniedError) {
	if denied := w.lifetime(c); denied != nil {
		return nil, w.giveUp(ctx, c, denied)
	}
	if denied := w.again(ctx); denied != nil {
		return nil, w.giveUp(ctx, c, denied)
	}
	held := w.held(c)
	l := &Lease{Credential: c, ID: w.id, NotAfter: c.NotAfter, Until: held.Until, As: held.As, origin: held.Origin, request: w.req}
	id, err := w.o.Records.Append(w.issuedRecord(c))
	if err != nil {
		return nil, w.giveUp(ctx, c, denyFor(err, Reason{
			Code: CodeRecord, Message: "the credential that was issued can't be recorded", Expected: "a record on the disk", Fix: "make the folder of the records writable",
		}))
	}
	l.Issued, l.origin.CausedBy = id, append(l.origin.CausedBy, id)
	if denied := ended(ctx); denied != nil {
		return nil, w.giveUp(ctx, c, denied)
	}
	return l, nil
}

// hold has a credential held that was issued just now, by whoever is there to do so.
func (w *way) hold(c *lease.Credential) error {
	w.hide(c.Secrets()...)
	if w.o.Hold == nil {
		return nil
	}
	return w.o.Hold(w.held(c))
}

// held is a credential as it is held.
func (w *way) held(c *lease.Credential) Held {
	h := Held{ID: w.id, Until: c.Issued.Add(w.ttl), As: lease.As(&w.first.grant), Credential: c, Origin: w.originOf()}
	for _, bound := range []time.Time{c.NotAfter, w.first.ends} { // what was decided is older than the credential
		if h.Until.After(bound) {
			h.Until = bound
		}
	}
	return h
}

// lifetime refuses a credential that isn't the provider's, or that by its own words lives longer than it may.
func (w *way) lifetime(c *lease.Credential) *DeniedError {
	now, name := w.o.Now(), w.first.grant.Provider()
	if c.Provider != name {
		return deny(Reason{Code: CodeFailed, Message: "the credential is of another provider", Received: c.Provider, Expected: name, Fix: "report this as a fault of curfew's"})
	}
	if c.NotAfter.After(now) && !c.NotAfter.After(w.latest) && !c.Issued.After(now) {
		return nil
	}
	return deny(Reason{
		Code: CodeLifetime, Message: "the credential doesn't end when it should, as the provider says", Received: "issued " + c.Issued.UTC().Format(time.RFC3339) + ", until " + c.NotAfter.UTC().Format(time.RFC3339),
		Expected: fmt.Sprintf("between %s and %s", now.UTC().Format(time.RFC3339), w.latest.UTC().Format(time.RFC3339)),
		Fix:      "see that the clocks are right, and that the provider's role has the grant's ttl as its longest",
	})
}

// giveUp ends a credential that isn't handed over, also where the job was cancelled.
func (w *way) giveUp(ctx context.Context, c *lease.Credential, why *DeniedError) *DeniedError {
	got := w.revoke(ctx, w.provider, c, w.originOf())
	why.Ended = &got
	return why
}

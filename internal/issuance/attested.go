package issuance

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/curfew-ci/curfew/internal/attest"
	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// Attested asks a store for what the organisation's collector has last attested of a job's project: what guards its
// manifest, who certified what, and who reviewed uses of break-glass. keys are those of the issuer who proved who asks. A word of another issuer's
// doesn't count: ids are one platform's, and another has a project of the same number.
func Attested(ctx context.Context, s Shared, who identity.Identity, keys identity.Keys, org *manifest.Policy, now time.Time) (attest.Facts, error) {
	issuer, _ := who.Claims.Text("iss")
	project, _ := who.Get(identity.Project)
	by := ledger.Attestor{
		Issuers: []string{issuer}, Owner: org.Organization.ID, Definition: org.Ledger.Collector, Now: now,
		Verify: func(token []byte, audience string) (identity.Claims, error) {
			at, err := identity.UnverifiedTime(token) // it has to have held then, as it is read long after its job
			if err != nil {
				return identity.Claims{}, err
			}
			return identity.Verify(token, keys, identity.Expectation{Issuer: issuer, Audience: audience, Now: at})
		},
	}
	records, err := s.Attested(ctx, by, project)
	if err != nil {
		return attest.Facts{}, err
	}
	return attest.FactsOf(records, by.Definition), nil
}

// Attests reports whether a policy asks for anything that is attested.
func Attests(org *manifest.Policy) bool {
	return org != nil && org.Ledger != nil && (org.Guard != nil || org.Certification != nil)
}

// Emergencies adds to what a store says of uses of break-glass, which is the word of the jobs that used it, what is attested
// of them. What is unknown stays so.
func Emergencies(l *manifest.LedgerFacts, facts attest.Facts) {
	if l != nil && l.BreakGlass != nil {
		l.BreakGlass = attest.Reviewed(l.BreakGlass, facts.Emergencies)
	}
}

// attested begins to ask for what the collector has attested, while all else is gathered, and returns what waits for it.
//
// It is asked once a lease. That the second decision sees it anew would prove nothing more: what it says is as old as the
// policy's max-age allows, and isn't younger a second later. Both decisions judge its age, each by its own clock.
func (w *way) attested(ctx context.Context, r *rules) func() (attest.Facts, []Reason) {
	switch {
	case w.intended:
		before := w.first.facts
		return func() (attest.Facts, []Reason) {
			return attest.Facts{Guard: before.Guard, Certified: before.Certified}, nil
		}
	case !w.store.named || !Attests(r.org) && len(r.manifest.BreakGlass) == 0:
		return func() (attest.Facts, []Reason) { return attest.Facts{}, nil } // the decision says what it lacks
	}
	now := w.o.Now()
	asked := sync.OnceValues(func() (attest.Facts, error) {
		if w.store.err != nil {
			return attest.Facts{}, w.store.err
		}
		limited, cancel := w.limited(ctx)
		defer cancel()
		return Attested(limited, w.store, w.who, w.keys, r.org, now)
	})
	go asked() //nolint:errcheck // who waits for it is told
	return func() (attest.Facts, []Reason) {
		facts, err := asked()
		if err == nil {
			return facts, nil
		}
		return attest.Facts{}, []Reason{Unattested(r.org, w.who, err)}
	}
}

// Unattested is why nothing is known of what guards the manifest and who certified what: nothing is attested, or the store
// can't be read.
func Unattested(org *manifest.Policy, who identity.Identity, err error) Reason {
	if !errors.Is(err, ledger.ErrNotFound) && !errors.Is(err, ledger.ErrUnproven) {
		return Reason{
			Code: CodeStore, Message: "what guards the manifest, and who certified what, can't be read", Received: err.Error(),
			Expected: "what is attested in the shared ledger store", Fix: "make the store readable: its role lists and reads " + ledger.AttestedPrefix,
		}
	}
	project, _ := who.Get(identity.Project)
	return Reason{
		Code: CodeAttested, Message: "what guards the manifest, and who certified what, isn't proven", Received: err.Error(),
		Expected: "what a run of " + org.Ledger.Collector + " has attested of repository " + project,
		Fix:      "let the collector's workflow attest the repository by curfew ledger attest",
	}
}

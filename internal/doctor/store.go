package doctor

import (
	"context"
	"errors"

	"github.com/curfew-ci/curfew/internal/attest"
	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// shared is the organisation's store, opened when it is needed first.
type shared struct {
	issuance.Shared
	opened bool
	err    error // the first thing that went wrong
	read   bool  // something was
}

// open opens the store; nil where that wasn't asked for, or can't be done.
func (e *exam) open() issuance.Shared {
	if e.o.Store == nil || e.p == nil || e.p.Ledger == nil {
		return nil
	}
	if !e.shared.opened {
		e.shared.opened = true
		e.shared.Shared, e.shared.err = e.o.Store(*e.p.Ledger)
		if e.shared.err == nil && e.shared.Shared == nil {
			e.shared.err = errors.New("nothing was opened")
		}
	}
	if e.shared.err != nil {
		return nil
	}
	return e.shared.Shared
}

// counted is what the store says of a grant; nil where that wasn't asked for or can't be read.
func (e *exam) counted(ctx context.Context, grant string) *manifest.LedgerFacts {
	store := e.open()
	if store == nil {
		return nil
	}
	asked, cancel := e.limited(ctx)
	defer cancel()
	project, _ := e.who.Get(identity.Project)
	facts, err := store.Facts(asked, project, grant)
	if err != nil {
		e.shared.err = err
		return nil
	}
	e.shared.read = true
	return facts
}

// attested is what the organisation's collector has attested of the repository, and what is wrong with it; neither
// where nobody asks for it, or the store can't be read.
func (e *exam) attested(ctx context.Context) (attest.Facts, *Point) {
	store := e.open()
	needed := issuance.Attests(e.p)
	if store == nil || !needed && len(e.m.BreakGlass) == 0 {
		return attest.Facts{}, nil
	}
	asked, cancel := e.limited(ctx)
	defer cancel()
	facts, err := issuance.Attested(asked, store, e.who, e.keys, e.p, e.o.Now())
	if err != nil && !needed { // of what was never used: a use that nobody has reviewed says more
		return attest.Facts{}, nil
	}
	if err != nil {
		r := issuance.Unattested(e.p, e.who, err)
		return attest.Facts{}, &Point{r.Message, r.Received, r.Expected, r.Fix, e.p.KeyAt("/ledger/collector").String()}
	}
	return facts, nil
}

// store is whether the job can lease the store's role and read there. What it may create isn't tried: nothing is
// written.
func (e *exam) store(ctx context.Context, grants []wanted) Finding {
	switch {
	case e.m == nil:
		return unchecked("needs the organisation's policy")
	case e.p == nil || e.p.Ledger == nil:
		return ok("the organisation's policy names no ledger store: records stay on this machine, and nothing can be limited")
	case e.o.Store == nil:
		return unchecked("needs a session of "+e.p.Ledger.Role+", which is a credential of 15 minutes: say --store", "curfew doctor --store")
	case len(grants) == 0:
		e.counted(ctx, "any/any") // of whichever grant: what is asked for is whether it can be counted
	}
	switch {
	case e.shared.err != nil:
		return wrong("the ledger store "+e.p.Ledger.Store+" can't be read: "+e.shared.err.Error(),
			"let the trust of "+e.p.Ledger.Role+" take the job's token for the audience "+e.p.Ledger.Audience+", and the role list and read "+e.p.Ledger.Store)
	case !e.shared.read:
		return unchecked("needs something to be counted")
	}
	return ok("the role " + e.p.Ledger.Role + " is leased, and " + e.p.Ledger.Store + " read; whether objects may be created wasn't tried, as nothing is written")
}

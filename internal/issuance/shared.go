package issuance

import (
	"context"
	"errors"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// orgStore is the organisation's store as one way found it. The zero is that there is none.
type orgStore struct {
	Shared
	named bool  // the organisation's policy names one, and whoever built the Broker can open it
	err   error // why it couldn't be opened; Shared is nil then
}

// openStore opens the store that the organisation's policy names. It stays open for the second decision, which
// is by the same policy or none. One that can't be opened denies where the decision needs it, which says so
// beside all other reasons.
func (w *way) openStore() orgStore {
	if w.o.Store == nil || w.rules.org == nil || w.rules.org.Ledger == nil {
		return orgStore{}
	}
	opened, err := w.o.Store(*w.rules.org.Ledger)
	if err == nil && opened == nil {
		err = errors.New("nothing was opened")
	}
	if err != nil {
		return orgStore{named: true, err: err}
	}
	return orgStore{Shared: opened, named: true}
}

// count asks the store about the grant.
func (w *way) count(ctx context.Context) (*manifest.LedgerFacts, error) {
	if w.store.err != nil {
		return nil, w.store.err
	}
	asked, cancel := w.limited(ctx)
	defer cancel()
	project, _ := w.who.Get(identity.Project)
	facts, err := w.store.Facts(asked, project, w.req.Grant)
	if err != nil {
		return nil, err
	}
	return facts, nil
}

// take takes the slots. Those that were taken before one is missing come back by themselves, when their time
// is over: a job that dies couldn't give them back either.
func (w *way) take(ctx context.Context) *DeniedError {
	for _, l := range w.limitations() {
		l.Holder = w.id
		if denied := w.takeOne(ctx, l); denied != nil {
			return denied
		}
	}
	return ended(ctx)
}

func (w *way) takeOne(ctx context.Context, l limit) *DeniedError {
	if !w.store.named {
		return deny(Reason{
			Code: string(manifest.CodeNoStore), Message: "limited " + l.what + " need a ledger store that all runs share", Received: "none",
			Expected: "a store", Fix: "have the organisation set up a store, or set no limits",
		})
	}
	err := w.store.err
	if err == nil {
		asked, cancel := w.limited(ctx)
		defer cancel()
		_, err = w.store.Take(asked, l.Claim)
	}
	var full *ledger.FullError
	switch {
	case errors.As(err, &full):
		return denyFor(err, Reason{Code: CodeLimit, Message: "there are no more " + l.what, Expected: "a free slot", Fix: "wait for one to be free, or have the owner raise the limit"})
	case err != nil:
		return denyFor(err, Reason{Code: CodeStore, Message: "no slot can be taken of the " + l.what, Expected: "a slot in the shared store", Fix: "make the store reachable and run the job again"})
	}
	return nil
}

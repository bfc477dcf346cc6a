package doctor

import (
	"context"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// triggers looks for proofs of a grant's triggers, as a lease would, and says why there aren't more. Of tickets the store
// says how often they were used, where it is read.
func (e *exam) triggers(ctx context.Context, w *wanted) ([]manifest.Proof, []issuance.Reason) {
	asked, cancel := e.limited(ctx)
	defer cancel()
	proofs, why := issuance.Look(asked, e.o.Provers, w.grant.When, func(t manifest.Trigger) issuance.Case {
		c := issuance.CaseOf(e.m, e.p, w.name, t)
		c.Who, c.Now, c.Tickets = e.who, e.o.Now(), e.o.Task.Tickets
		c.File = func(ctx context.Context, path string) ([]byte, error) {
			return e.o.Governance.File(ctx, e.who, e.rules.Manifest.Commit, path)
		}
		return c
	})
	for _, p := range proofs {
		if p.Ticket == nil || !e.shared.read {
			continue
		}
		n, err := e.shared.Used(asked, issuance.OnceKey(p.Ticket))
		if err != nil {
			e.shared.err = err
			continue
		}
		p.Ticket.Used = &n
	}
	return proofs, why
}

// explained adds to a denial why triggers have no proof. A rule of a policy, which isn't asked here, may do without them.
func (e *exam) explained(f Finding, w *wanted, why []issuance.Reason) Finding {
	for _, r := range why {
		if !ruled(w.grant.When) {
			f.Status, f.Message = Wrong, "denied by the manifest"
		}
		f = f.with(Point{r.Message + " [" + r.Code + "]", r.Received, r.Expected, r.Fix, e.at(w, "when")})
	}
	return f
}

// ruled reports whether there is a rule of a policy under a when.
func ruled(w *manifest.When) bool {
	if w == nil {
		return false
	}
	for i := range w.Any {
		if ruled(&w.Any[i]) {
			return true
		}
	}
	for i := range w.All {
		if ruled(&w.All[i]) {
			return true
		}
	}
	return w.Policy != nil
}

package ticket

import (
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/ledger"
)

// Evidence is what a change leaves in the ledger: what was found, or is gone, and what became of the ticket for it. ok is
// false where the change is nobody's evidence: what says more of a ticket, lists what has to wait, or tidies up.
func (c *Change) Evidence(repositoryID string) (found []ledger.Record, turned ledger.Record, ok bool) {
	m := &c.Draft.Memo
	if m.Digest || m.Duplicate || c.Action != Create && m.State == c.From {
		return nil, turned, false
	}
	turned = ledger.Record{
		Plane: ledger.Response, Identity: ledger.Identity{ID: m.Identity, RepositoryID: repositoryID, Owner: c.Owner},
		Finding: &ledger.Finding{Fingerprint: m.Root}, Links: ledger.Links{Tickets: []string{c.Key}},
	}
	if turned.Type, turned.Outcome, ok = c.turn(); !ok {
		return nil, turned, false
	}
	switch {
	case turned.Type == ledger.TicketOpened:
		for _, f := range c.Found {
			r := ledger.Record{
				Plane: ledger.Persistence, Type: ledger.FindingDetected, Outcome: ledger.Open, Identity: turned.Identity,
				Finding: &ledger.Finding{Fingerprint: f.Fingerprint, Rule: f.Rule},
			}
			r.Identity.ID = f.Identity
			found = append(found, r)
		}
	case turned.Type == ledger.TicketClosed:
		for _, fingerprint := range c.Gone {
			if !isFingerprint(fingerprint) || strings.ToLower(fingerprint) != fingerprint {
				continue // a person wrote that
			}
			found = append(found, ledger.Record{
				Plane: ledger.Persistence, Type: ledger.FindingGone, Outcome: ledger.Done, Identity: turned.Identity,
				Finding: &ledger.Finding{Fingerprint: fingerprint},
			})
		}
	}
	return found, turned, true
}

// gone are the findings that m was about and that aren't there any more. One that is has another cause by now, as of a
// job that has got an identity; or somebody wrote it into the memo.
func (p *planner) gone(m Memo, s sight) []string {
	if s != gone {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(m.Findings), func(fingerprint string) bool {
		return slices.ContainsFunc(p.in.Result.Findings, func(f finding.Finding) bool { return f.Fingerprint == fingerprint })
	})
}

// turn is what a change of state is called in the ledger.
func (c *Change) turn() (ledger.Type, ledger.Outcome, bool) {
	switch c.Draft.Memo.State {
	case Closed:
		return ledger.TicketClosed, ledger.Done, true
	case ClosedUnproven:
		return ledger.TicketClosedUnproven, ledger.Failed, true
	case Suppressed:
		return ledger.TicketAccepted, ledger.Open, true
	case Escalated:
		return ledger.TicketEscalated, ledger.Open, true
	}
	return ledger.TicketOpened, ledger.Open, c.Action == Create || c.Action == Reopen
}

package issuance

import (
	"context"
	"fmt"

	"github.com/curfew-ci/curfew/internal/manifest"
)

// Tickets proves triggers of the kind ticket, each by the prover that knows its system.
type Tickets map[manifest.TicketSystem]Prover

// Prove asks the trigger's system for the tickets that the job names. Which ticket is for a job's task only the job
// can say; whether it is approved, for this job and by who may, isn't for it to say.
func (t Tickets) Prove(ctx context.Context, c Case) ([]manifest.Proof, error) {
	if c.Trigger.Ticket == nil {
		return nil, nil
	}
	system := c.Trigger.Ticket.System
	switch prover := t[system]; {
	case prover == nil:
		return nil, fmt.Errorf("nothing here asks %s for tickets", system)
	case len(c.Tickets) == 0:
		return nil, &UnprovenError{Why: "the job names no ticket: say which by --ticket"}
	case len(c.Tickets) > maxTickets:
		return nil, &UnprovenError{Why: fmt.Sprintf("the job names %d tickets: %d are looked up at most", len(c.Tickets), maxTickets)}
	default:
		return prover.Prove(ctx, c)
	}
}

// maxTickets is how many tickets a job may name.
const maxTickets = 5

// UnprovenError says that what was asked for was looked at, and proves nothing: asking again won't help by itself.
type UnprovenError struct{ Why string }

func (e *UnprovenError) Error() string { return e.Why }

// OnceKey is the key of the slot that a ticket for one use has. It is of the ticket, and of nothing that the ticket's
// text, its project or the manifest can call it otherwise by.
func OnceKey(p *manifest.TicketProof) []string {
	if p.UID == "" {
		return []string{"once", string(p.System) + " " + p.Project, p.ID}
	}
	return []string{"once", string(p.System), p.UID}
}

// onceOf is the key of a ticket that was taken.
func onceOf(proofs []manifest.Proof, t manifest.Taken) []string {
	for _, p := range proofs {
		if p.Ticket != nil && p.Ticket.ID == t.Ref && p.Ticket.Status == t.Status {
			return OnceKey(p.Ticket)
		}
	}
	return []string{"once", "", t.Ref}
}

// countUses has the store say how often each ticket was used. One that it doesn't say it of stays unknown.
func (w *way) countUses(ctx context.Context, j *judgement) []Reason {
	var why []Reason
	for _, p := range j.facts.Triggers {
		if p.Ticket == nil {
			continue
		}
		n, err := w.used(ctx, OnceKey(p.Ticket))
		if err != nil {
			why = append(why, Reason{
				Code: CodeStore, Message: "whether the ticket " + p.Ticket.ID + " was used can't be read", Received: err.Error(),
				Expected: "its slot in the shared ledger store", Fix: "make the store readable",
			})
			continue
		}
		p.Ticket.Used = &n
	}
	return why
}

func (w *way) used(ctx context.Context, key []string) (int, error) {
	asked, cancel := w.limited(ctx)
	defer cancel()
	return w.store.Used(asked, key)
}

package issuance_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// ticketAttacks bring tickets that are approved, and not for this job, or not by who may.
func ticketAttacks() []attack {
	const unproven = "trigger-unproven"
	const onTheWay = "intent revoked denied"
	named := func(alter func(p *manifest.TicketProof)) func(w *world) {
		return func(w *world) {
			w.manifest("references: sha", "references: run")
			ticket(alter)(w)
		}
	}
	return []attack{
		{name: "ticket approved by nobody", alter: ticket(func(p *manifest.TicketProof) { p.Approvers = nil }), code: unproven, says: "too few"},
		{name: "ticket approved by an empty name", alter: ticket(func(p *manifest.TicketProof) { p.Approvers = []string{"", "@"} }), code: unproven, says: "too few"},
		{name: "ticket approved by who started this attempt", alter: func(w *world) {
			run := *w.gov.rules.Facts.Run
			run.TriggeringActor = "@zoe"
			w.gov.rules.Facts.Run = &run
			w.job.claims["run_attempt"] = "2"
		}, code: unproven, says: "other than @alice and @zoe"},
		{name: "ticket approved by the change's author", alter: func(w *world) {
			w.org("ceilings:", "separation: [{ never: approver, is: [actor, owner-of-change] }]\nceilings:")
			ticket(func(p *manifest.TicketProof) { p.Approvers = []string{"@Bob"} })(w)
		}, code: unproven, says: "too few"},
		{name: "ticket, and nobody knows the change's author", alter: func(w *world) {
			w.org("ceilings:", "separation: [{ never: approver, is: [actor, owner-of-change] }]\nceilings:")
			w.gov.rules.Facts.Run = &manifest.Run{TriggeringActor: "@alice"}
		}, code: unproven, says: "who wrote the change is unknown"},
		{name: "ticket of another system", alter: ticket(func(p *manifest.TicketProof) { p.System = manifest.SystemServiceNow }), code: unproven, says: "another system"},
		{name: "ticket whose status differs in case", alter: ticket(func(p *manifest.TicketProof) { p.Status = "approved" }), code: unproven, says: "isn't approved"},
		{name: "ticket of the beginning of a commit's id", alter: ticket(func(p *manifest.TicketProof) { p.SHA = sha[:12] }), code: unproven, says: "doesn't name this sha"},
		{name: "ticket of no commit", alter: ticket(func(p *manifest.TicketProof) { p.SHA = "" }), code: unproven, says: "doesn't name this sha"},
		{name: "ticket of the commit, where the run is asked for", alter: named(func(*manifest.TicketProof) {}), code: unproven, says: "doesn't name this run"},
		{name: "ticket of another run", alter: named(func(p *manifest.TicketProof) { p.Run = "12055500124" }), code: unproven, says: "doesn't name this run"},
		{name: "ticket of which nobody knows the uses, but by its system's word", alter: func(w *world) {
			zero := 0
			ticket(func(p *manifest.TicketProof) { p.Used = &zero })(w)
			fails("uses")(w)
		}, code: unproven, says: "is unknown"},
		{name: "ticket used, and its system says it wasn't", alter: func(w *world) {
			zero := 0
			ticket(func(p *manifest.TicketProof) { p.Used = &zero })(w)
			w.use("once", "jira", "10042")
		}, code: unproven, says: "was used already"},
		{name: "ticket used under the key that it had before", alter: func(w *world) {
			w.use("once", "jira", "10042")
			ticket(func(p *manifest.TicketProof) { p.ID = "CHG-1" })(w)
		}, code: unproven, says: "was used already"},
		{name: "ticket that nobody named", alter: func(w *world) {
			w.options.Provers = map[string]issuance.Prover{"ticket": issuance.Tickets{manifest.SystemJira: w.tickets}}
			w.request.Task.Tickets = nil
		}, code: unproven, says: "say which by --ticket"},
		{name: "more tickets than are looked up", alter: func(w *world) {
			w.options.Provers = map[string]issuance.Prover{"ticket": issuance.Tickets{manifest.SystemJira: w.tickets}}
			w.request.Task.Tickets = slices.Repeat([]string{"CHG-4411"}, 6)
		}, code: unproven, says: "5 are looked up at most"},
		{name: "ticket of a system that nothing asks", alter: func(w *world) {
			w.options.Provers = map[string]issuance.Prover{"ticket": issuance.Tickets{manifest.SystemGitHub: w.tickets}}
			w.request.Task.Tickets = []string{"CHG-4411"}
		}, code: issuance.CodeProver, says: "nothing here asks jira"},
		{name: "two halves of a ticket", alter: func(w *world) {
			w.tickets.proofs = append(w.tickets.proofs, manifest.Proof{Ticket: approved()})
			w.tickets.proofs[0].Ticket.SHA, w.tickets.proofs[1].Ticket.Approvers = commitA, nil
		}, code: unproven},
		{name: "ticket for another commit on the way", alter: withdrawn(func(p *manifest.TicketProof) { p.SHA = commitA }), code: unproven, records: onTheWay},
		{name: "ticket's approval passed to the actor on the way", alter: withdrawn(func(p *manifest.TicketProof) { p.Approvers = []string{"@alice"} }), code: unproven, records: onTheWay},
		{name: "ticket deleted on the way", alter: func(w *world) {
			w.tickets.then = func([]manifest.Proof) []manifest.Proof { return nil }
		}, code: unproven, records: onTheWay},
		{name: "ticket in another status that would do on the way", alter: func(w *world) {
			w.manifest("status: [Approved]", "status: [Approved, Done]")
			withdrawn(func(p *manifest.TicketProof) { p.Status = "Done" })(w)
		}, code: issuance.CodeTask, records: onTheWay},
	}
}

// TestTicketOnce gives a ticket for one use no second one: not when the first lease has ended, and not in
// another status. One that may be reused has as many as it is asked for.
func TestTicketOnce(t *testing.T) {
	for name, tt := range map[string]struct {
		alter func(w *world) // before the second lease
		reuse bool
	}{
		"as it was":              {alter: func(*world) {}},
		"in another status":      {alter: ticket(func(p *manifest.TicketProof) { p.Status = "Done" })},
		"approved by more":       {alter: ticket(func(p *manifest.TicketProof) { p.Approvers = []string{"@zoe", "@yan"} })},
		"one that may be reused": {alter: func(*world) {}, reuse: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.manifest("status: [Approved]", "status: [Approved, Done]")
			if tt.reuse {
				w.manifest("use: once", "use: reusable")
			}
			b := w.broker()
			l, err := b.Issue(t.Context(), w.request)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := b.End(t.Context(), l); err != nil {
				t.Fatal(err)
			}
			tt.alter(w)
			_, err = b.Issue(t.Context(), w.request)
			var denied *issuance.DeniedError
			if tt.reuse && err == nil {
				return
			}
			if tt.reuse || !errors.As(err, &denied) || denied.Reasons[0].Code != "trigger-unproven" || !strings.Contains(err.Error(), "was used already") {
				t.Errorf("%v", err)
			}
			if n := len(w.server.issued); n != 1 {
				t.Errorf("%d credentials were issued", n)
			}
		})
	}
}

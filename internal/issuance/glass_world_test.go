package issuance_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/curfew-ci/curfew/internal/attest"
	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
)

const glassText = `version: 1
break-glass:
  oncall:
    grants: [deploy/prod]
    activators: ["@alice", "@acme/oncall"]
    requires: [incident, reason]
    ttl: 10m
    max-uses: { count: 2, per: 30d }
    review: { within: 24h, by: "@acme/appsec", on-missed: suspend }
`

// notified is a fake of what opens the tickets of reviews.
type notified struct {
	mu   sync.Mutex
	told []issuance.Glass
	ref  string
	step func(name string) error
}

func (n *notified) Notify(ctx context.Context, g issuance.Glass) (string, error) {
	if err := n.step("notify"); err != nil {
		return "", err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.told = append(n.told, g)
	return n.ref, ctx.Err()
}

// emergency lets the world's job break the glass, as it may.
func emergency(w *world) {
	w.manifest("version: 1\n", glassText)
	w.job.claims["event_name"] = "workflow_dispatch"
	w.request.Task.BreakGlass = &manifest.Emergency{Entry: "oncall", Incident: "INC-7", Reason: "payments are down"}
	w.tickets.proofs, w.server.lasts, w.shared.uses = nil, 600, true
	w.gov.rules.Facts.Members = map[string][]string{"@acme/oncall": {"@dora"}, "@acme/appsec": {"@zoe", "@dora"}}
	w.options.Notifier = &notified{ref: "acme/ops#12", step: w.step}
}

func (w *world) told() []issuance.Glass {
	n, ok := w.options.Notifier.(*notified)
	if !ok {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.told
}

// past is a use that was before, as slot, log and reviews have it. A test changes what it likes.
type past struct {
	used    time.Time
	slot    *ledger.Use    // nil: none
	record  *ledger.Record // nil: none was collected
	leased  bool
	reviews []ledger.Record
	id, run string
}

// pastUse is a use of so long ago, by alice, that zoe has reviewed an hour later.
func (w *world) pastUse(ago time.Duration) *past {
	w.t.Helper()
	id, err := w.options.NewID()
	if err != nil {
		w.t.Fatal(err)
	}
	p := &past{used: start.Add(-ago), id: id, run: "11000", leased: true}
	p.slot = &ledger.Use{Grant: "deploy/prod", Activator: "@alice", ActivatorID: account("@alice"), RunID: p.run, Attempt: 1, Ticket: "acme/ops#7", Incident: "INC-1", Reason: "down"}
	p.record = &ledger.Record{
		Type: ledger.BreakGlassUsed, Identity: ledger.Identity{ID: "deploy", Grant: "prod", RepositoryID: "987654"}, Links: ledger.Links{Tickets: []string{"acme/ops#7"}},
		BreakGlass: &ledger.BreakGlass{Use: id, RunID: p.run, Entry: "oncall", Activator: "@alice", ActivatorID: account("@alice"), Used: p.used.Add(-time.Second), Due: p.used.Add(24 * time.Hour)},
	}
	p.review("@zoe", p.used.Add(time.Hour))
	return p
}

// account is the number of somebody's account.
func account(of string) string {
	return map[string]string{"@alice": "1001", "@dora": "1002", "@Dora": "1012", "@zoe": "1003", "@mallory": "1004"}[of] // "" of whom nobody knows
}

func (p *past) review(by string, at time.Time) {
	p.reviews = append(p.reviews, ledger.Record{
		Type: ledger.BreakGlassReviewed, Time: at, Identity: ledger.Identity{RepositoryID: "987654"},
		BreakGlass: &ledger.BreakGlass{Use: p.id, RunID: p.run, By: by, ByID: account(by), Verdict: ledger.Justified, Reason: "it was down"},
	})
}

// happened puts past uses into the store, and has a collector attest what the log has of them.
func (w *world) happened(uses ...*past) {
	w.t.Helper()
	var log []ledger.Record
	for _, p := range uses {
		if p.slot != nil {
			c := ledger.Claim{Key: []string{"break-glass", "987654", "oncall"}, Limit: 100, Holder: p.id, NotAfter: p.used.Add(30 * day), Use: p.slot}
			if _, err := (ledger.Slots{Store: w.shared.Store, Now: func() time.Time { return p.used }}).Take(w.t.Context(), c); err != nil {
				w.t.Fatal(err)
			}
		}
		if p.record != nil {
			log = append(log, *p.record)
		}
		if p.leased {
			log = append(log, ledger.Record{Type: ledger.LeaseIntent, ID: p.id, Identity: ledger.Identity{RepositoryID: "987654"}, Task: ledger.Task{RunID: p.run}})
		}
		log = append(log, p.reviews...)
	}
	stated, err := attest.BreakGlass(func(yield func(ledger.Record, error) bool) {
		for _, r := range log {
			if !yield(r, nil) {
				return
			}
		}
	}, "987654")
	if err != nil {
		w.t.Fatal(err)
	}
	w.attest(func(a *attested) { a.certified = stated })
}

const day = 24 * time.Hour

// before lets an emergency have a use before it, as altered.
func before(ago time.Duration, alter func(p *past)) func(w *world) {
	return func(w *world) {
		emergency(w)
		p := w.pastUse(ago)
		alter(p)
		w.happened(p)
	}
}

// broken lets an emergency be another in one respect.
func broken(alter func(w *world)) func(w *world) {
	return func(w *world) {
		emergency(w)
		alter(w)
	}
}

// saying lets the activator say otherwise.
func saying(alter func(e *manifest.Emergency)) func(w *world) {
	return broken(func(w *world) { alter(w.request.Task.BreakGlass) })
}

// starting lets somebody else start the run.
func starting(who string) func(w *world) {
	return broken(func(w *world) {
		w.job.claims["actor"], w.job.claims["actor_id"] = strings.TrimPrefix(who, "@"), account(who)
		run := *w.gov.rules.Facts.Run
		run.TriggeringActor = who
		w.gov.rules.Facts.Run = &run
	})
}

var errStore = errors.New("gone")

// spoilt overwrites a slot of the past, as who may overwrite can.
func spoilt(from, to string) func(w *world) {
	return func(w *world) {
		emergency(w)
		p := w.pastUse(time.Hour)
		p.reviews = nil
		w.happened(p)
		w.shared.Store = &rewriting{Store: w.shared.Store, from: from, to: to}
	}
}

// rewriting is a store in which somebody has overwritten slots of break-glass.
type rewriting struct {
	ledger.Store
	from, to string
}

func (r *rewriting) Get(ctx context.Context, name string) (ledger.Object, error) {
	object, err := r.Store.Get(ctx, name)
	if strings.HasPrefix(name, "slots/break-glass/") {
		object.Data = []byte(strings.ReplaceAll(string(object.Data), r.from, r.to))
	}
	return object, err
}

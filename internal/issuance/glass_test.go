package issuance_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/attest"
	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// misuse is one way to emergency access that somebody isn't entitled to.
type misuse struct {
	attack
	told bool // owner and reviewers, as it failed after that
}

func misuses() []misuse {
	const refused, missed = "break-glass-refused", "review-missed"
	reviewed := func(by string, after time.Duration) func(w *world) {
		return before(25*time.Hour, func(p *past) {
			p.reviews = nil
			p.review(by, p.used.Add(after))
		})
	}
	return []misuse{
		{attack: attack{name: "not an activator", alter: starting("@mallory"), code: refused, says: "isn't known to be one who may"}},
		{attack: attack{name: "the only reviewer activates", alter: broken(func(w *world) { w.manifest(`by: "@acme/appsec"`, `by: "@alice"`) }), code: refused}},
		{attack: attack{name: "members of the team unknown", alter: func(w *world) {
			starting("@dora")(w)
			w.gov.rules.Facts.Members = nil
		}, code: refused}},
		{attack: attack{name: "no reason", alter: saying(func(e *manifest.Emergency) { e.Reason = "" }), code: refused, says: "needs reason"}},
		{attack: attack{name: "a blank reason", alter: saying(func(e *manifest.Emergency) { e.Reason = " \u00a0" }), code: refused, says: "needs reason"}},
		{attack: attack{name: "no incident", alter: saying(func(e *manifest.Emergency) { e.Incident = "" }), code: refused, says: "needs incident"}},
		{attack: attack{name: "a reason that leaves its line", alter: saying(func(e *manifest.Emergency) { e.Reason = "x\n::set-output name=a::b" }), code: refused, says: "in one line"}},
		{attack: attack{name: "a reason that moves the cursor", alter: saying(func(e *manifest.Emergency) { e.Reason = "x\x1b[2J" }), code: refused}},
		{attack: attack{name: "a reason turned around", alter: saying(func(e *manifest.Emergency) { e.Incident = "INC\u202e7" }), code: refused}},
		{attack: attack{name: "a reason with what is not seen", alter: saying(func(e *manifest.Emergency) { e.Reason = "payments\u200b are\U000e0041 down" }), code: refused}},
		{attack: attack{name: "an incident with a mark of direction", alter: saying(func(e *manifest.Emergency) { e.Incident = "INC\u200f7" }), code: refused}},
		{attack: attack{name: "a reason without end", alter: saying(func(e *manifest.Emergency) { e.Reason = strings.Repeat("x", 301) }), code: refused, says: "300 characters"}},
		{attack: attack{name: "a grant that the entry doesn't cover", alter: broken(func(w *world) { w.request.Grant = "deploy/limited" }), code: refused}},
		{attack: attack{name: "no such entry", alter: saying(func(e *manifest.Emergency) { e.Entry = "other" }), code: refused}},
		{attack: attack{name: "a TTL above the entry's", alter: broken(func(w *world) { w.request.Task.TTL = ttl(11 * time.Minute) }), code: "ttl-too-long"}},
		{attack: attack{name: "an entry above the ceiling", alter: broken(func(w *world) {
			w.org("ceilings:\n", "ceilings:\n  break-glass: { ttl: 5m, max-uses: { count: 9, per: 30d } }\n")
		}), code: "exceeds-ceiling"}},
		{attack: attack{name: "an identity that has expired", alter: broken(func(w *world) { w.manifest("2027-06-01", "2026-11-01") }), code: "expired"}},
		{attack: attack{name: "a workflow that the claims don't fit", alter: broken(claim("job_workflow_ref", "acme/web/.github/workflows/evil.yml@refs/heads/main")), code: "claim-mismatch"}},
		{attack: attack{name: "a pull request", alter: broken(claim("event_name", "pull_request")), code: "event-not-allowed"}},
		{attack: attack{name: "a schedule", alter: broken(claim("event_name", "schedule")), code: refused, says: "nobody is known to have started"}},
		{attack: attack{name: "a push, of whoever's code", alter: broken(claim("event_name", "push")), code: refused, says: "nobody is known to have started"}},
		{attack: attack{name: "a workflow that follows a scheduled one", alter: broken(func(w *world) {
			w.manifest("environment: production\n", "environment: production\n      event_name: workflow_run\n")
			w.job.claims["event_name"] = "workflow_run"
		}), code: refused, says: "nobody is known to have started"}},
		{attack: attack{name: "a re-run by another person", alter: func(w *world) {
			starting("@dora")(w)
			w.job.claims["actor"], w.job.claims["run_attempt"] = "alice", "2"
		}, code: refused, says: "attempt 2"}},
		{attack: attack{name: "a re-run", alter: broken(claim("run_attempt", "2")), code: refused, says: "attempt 2"}},
		{attack: attack{name: "nobody knows by which account", alter: broken(claim("actor_id", nil)), code: refused, says: "by which account"}},
		{attack: attack{name: "facts of another run", alter: func(w *world) {
			starting("@alice")(w)
			w.job.claims["actor"] = "mallory"
		}, code: refused, says: "different people"}},
		{attack: attack{name: "nobody knows who started it", alter: broken(func(w *world) { w.gov.rules.Facts.Run = nil }), code: refused, says: "unknown"}},
		{attack: attack{name: "no store", alter: broken(func(w *world) { w.options.Store = nil }), code: "no-shared-store"}},
		{attack: attack{name: "uses can't be counted", alter: broken(fails("counts")), code: issuance.CodeStore}},
		{attack: attack{name: "a store that can't be opened", alter: broken(fails("open")), code: issuance.CodeStore}},
		{attack: attack{name: "a slot can't be taken", alter: broken(fails("slot")), code: issuance.CodeStore, records: "break-glass.used denied"}, told: true},
		{attack: attack{name: "the quota is used up", alter: func(w *world) {
			emergency(w)
			w.happened(w.pastUse(29*day), w.pastUse(20*day))
		}, code: refused, says: "as often as it may"}},
		{attack: attack{name: "the quota is used up, and a slot was freed before its time", alter: func(w *world) {
			emergency(w)
			w.manifest("count: 2", "count: 1")
			w.happened(w.pastUse(29 * day))
			w.free()
		}, code: refused, says: "as often as it may"}},
		{attack: attack{name: "nothing opens tickets", alter: broken(func(w *world) { w.options.Notifier = nil }), code: refused, says: "tell owner and reviewers"}},
		{attack: attack{name: "the ticket can't be opened", alter: broken(fails("notify")), code: issuance.CodeNotify}},
		{attack: attack{name: "a ticket without a name", alter: broken(func(w *world) { w.options.Notifier = &notified{step: w.step} }), code: issuance.CodeNotify}, told: true},
		{attack: attack{name: "a ticket whose name hides", alter: broken(func(w *world) { w.options.Notifier = &notified{step: w.step, ref: "x\x1b[2J"} }), code: issuance.CodeNotify}, told: true},
		{attack: attack{name: "the use can't be recorded", alter: broken(fails("record " + string(ledger.BreakGlassUsed))), code: issuance.CodeRecord}, told: true},
		{attack: attack{name: "the intent can't be recorded", alter: broken(fails("record " + string(ledger.LeaseIntent))), code: issuance.CodeRecord, records: "break-glass.used denied"}, told: true},
		{attack: attack{name: "a review is overdue", alter: before(25*time.Hour, func(p *past) { p.reviews = nil }), code: missed}},
		{attack: attack{name: "a review is overdue, and the entry is gone", alter: func(w *world) {
			before(25*time.Hour, func(p *past) { p.reviews = nil })(w)
			w.manifest("  oncall:\n", "  others:\n")
			w.request.Task.BreakGlass.Entry = "others"
		}, code: missed, says: "removing it doesn't review it"}},
		{attack: attack{name: "all is reviewed, and the entry is gone", alter: func(w *world) {
			before(25*time.Hour, func(*past) {})(w)
			w.manifest("  oncall:\n", "  others:\n")
			w.request.Task.BreakGlass.Entry = "others"
		}, code: missed, says: "nobody knows who may have reviewed that"}},
		{attack: attack{name: "reviewed by its activator", alter: reviewed("@alice", time.Hour), code: missed}},
		{attack: attack{name: "reviewed by its activator, who reviews as well", alter: before(25*time.Hour, func(p *past) {
			p.slot.Activator, p.record.BreakGlass.Activator, p.reviews = "@dora", "@dora", nil
			p.slot.ActivatorID, p.record.BreakGlass.ActivatorID = account("@dora"), account("@dora")
			p.review("@Dora", p.used.Add(time.Hour))
		}), code: missed}},
		{attack: attack{name: "reviewed by its activator, who has another name by now", alter: before(25*time.Hour, func(p *past) { p.reviews[0].BreakGlass.ByID = account("@alice") }), code: missed}},
		{attack: attack{name: "no record, and reviewed by its activator, who has another name by now", alter: before(25*time.Hour, func(p *past) {
			p.record, p.leased, p.reviews[0].BreakGlass.ByID = nil, false, account("@alice")
		}), code: missed}},
		{attack: attack{name: "reviewed by an outsider", alter: reviewed("@mallory", time.Hour), code: missed}},
		{attack: attack{name: "reviewed before it was used", alter: reviewed("@zoe", -time.Minute), code: missed}},
		{attack: attack{name: "reviewed in the future", alter: reviewed("@zoe", 26*time.Hour), code: missed}},
		{attack: attack{name: "another use is reviewed", alter: before(25*time.Hour, func(p *past) { p.reviews[0].BreakGlass.RunID = "11001" }), code: missed}},
		{attack: attack{name: "a use of the future", alter: before(-time.Hour, func(p *past) { p.record.BreakGlass.Used, p.record.BreakGlass.Due = start, start.Add(day) }), code: missed}},
		{attack: attack{name: "the slot names another activator than the record", alter: before(time.Hour, func(p *past) { p.slot.Activator = "@bob" }), code: missed, says: "disagree"}},
		{attack: attack{name: "the slot names another account than the record", alter: before(time.Hour, func(p *past) { p.slot.ActivatorID = "1" }), code: missed, says: "disagree"}},
		{attack: attack{name: "the slot names another grant than the record", alter: before(time.Hour, func(p *past) { p.slot.Grant = "deploy/limited" }), code: missed, says: "disagree"}},
		{attack: attack{name: "the slot names another identity than the record", alter: before(time.Hour, func(p *past) { p.slot.Grant = "other/prod" }), code: missed, says: "disagree"}},
		{attack: attack{name: "the slot is of another time than the record", alter: before(time.Hour, func(p *past) {
			p.record.BreakGlass.Used = p.used.Add(-time.Hour)
		}), code: missed, says: "disagree"}},
		{attack: attack{name: "the slot was overwritten", alter: spoilt("@alice", "@bob"), code: missed, says: "disagree"}},
		{attack: attack{name: "the slot was spoilt", alter: spoilt(`"schema":2`, `"schema":1`), code: issuance.CodeStore}},
		{attack: attack{name: "two slots hold one use", alter: func(w *world) {
			emergency(w)
			p := w.pastUse(time.Hour)
			q := *p
			w.happened(p, &q)
		}, code: missed, says: "another slot"}},
		{attack: attack{name: "no record, and reviewed by one who may activate", alter: before(25*time.Hour, func(p *past) {
			p.record, p.leased, p.reviews = nil, false, nil
			p.review("@dora", p.used.Add(time.Hour))
		}), code: missed}},
		{attack: attack{name: "no slot, and not reviewed", alter: before(25*time.Hour, func(p *past) { p.slot, p.reviews = nil, nil }), code: missed}},
		{attack: attack{name: "no word of the collector", alter: func(w *world) {
			emergency(w)
			p := w.pastUse(25 * time.Hour)
			w.happened(p)
			w.fail = func(name string) error {
				if name == "attested" {
					return errStore
				}
				return nil
			}
		}, code: missed}},
	}
}

// free writes a holder behind that of the first slot of break-glass, whose time is over: who may create objects can.
func (w *world) free() {
	w.t.Helper()
	past := ledger.Slots{Store: w.shared.Store, Now: func() time.Time { return start.AddDate(0, -6, 0) }}
	names, err := w.shared.Store.List(w.t.Context(), "slots/break-glass/", "", 1)
	if err != nil || len(names) != 1 {
		w.t.Fatal(names, err)
	}
	object, err := w.shared.Store.Get(w.t.Context(), names[0])
	if err != nil {
		w.t.Fatal(err)
	}
	next := strings.NewReplacer(`"generation":0`, `"generation":1`, "2026-", "2025-").Replace(string(object.Data))
	if err := past.Store.Create(w.t.Context(), strings.TrimSuffix(names[0], "9")+"8", []byte(next)); err != nil {
		w.t.Fatal(err)
	}
}

func ttl(d time.Duration) *manifest.Duration {
	out := manifest.Duration(d)
	return &out
}

// TestGlassMisuse denies all of them for the right reason, records that, and tells nobody of a use that doesn't come.
func TestGlassMisuse(t *testing.T) {
	all := misuses()
	if len(all) < 40 {
		t.Errorf("%d only", len(all))
	}
	for _, m := range all {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			m.alter(w)
			l, err := w.broker().Issue(t.Context(), w.request)
			var denied *issuance.DeniedError
			if l != nil || !errors.As(err, &denied) {
				t.Fatalf("got %v and %v", l, err)
			}
			w.refused(denied, m.attack)
			if len(w.server.issued) > 0 || m.told != (len(w.told()) > 0) {
				t.Errorf("%d credentials, told of %v", len(w.server.issued), w.told())
			}
		})
	}
}

// TestGlassUsed lets one who may break the glass, where uses before were reviewed or may still be, and says to all what
// they must know, before there is a credential.
func TestGlassUsed(t *testing.T) {
	for name, alter := range map[string]func(w *world){
		"never used":             emergency,
		"a review that is due":   before(23*time.Hour, func(p *past) { p.reviews = nil }),
		"a review in time":       before(29*day, func(*past) {}),
		"a review that was late": before(20*day, func(p *past) { p.reviews = nil; p.review("@zoe", p.used.Add(3*day)) }),
		"one of several reviews": before(3*day, func(p *past) {
			p.review("@alice", p.used.Add(2*time.Hour))
			p.review("@mallory", p.used.Add(time.Minute))
		}),
		"no record, and reviewed by one who can't have used it": before(3*day, func(p *past) { p.record = nil }),
		"no slot, and reviewed":                                 before(3*day, func(p *past) { p.slot = nil }),
		"no slot, and the entry is gone": before(3*day, func(p *past) {
			p.slot, p.reviews, p.record.BreakGlass.Entry = nil, nil, "made-up"
		}),
		"recorded, and never taken or leased": before(3*day, func(p *past) { p.slot, p.leased, p.reviews = nil, false, nil }),
		"a slot of another project": func(w *world) {
			emergency(w)
			c := ledger.Claim{Key: []string{"break-glass", "111", "oncall"}, Limit: 9, Holder: w.pastUse(day).id, NotAfter: start.Add(30 * day), Use: w.pastUse(day).slot}
			if _, err := (ledger.Slots{Store: w.shared.Store, Now: func() time.Time { return start.Add(-9 * day) }}).Take(w.t.Context(), c); err != nil {
				w.t.Fatal(err)
			}
		},
		"junk that a job of another project wrote": func(w *world) {
			emergency(w)
			for _, name := range []string{"slots/break-glass/x", "slots/break-glass/" + strings.Repeat("0", 64) + "/" + strings.Repeat("1", 64) + "/00000/9999999999"} {
				if err := w.shared.Store.Create(w.t.Context(), name, []byte("junk")); err != nil {
					w.t.Fatal(err)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			alter(w)
			w.request.Task.BreakGlass.Reason = "down, says `@alice`: **::error::** <!--"
			l, err := w.broker().Issue(t.Context(), w.request)
			if err != nil {
				t.Fatal(err)
			}
			w.usedWell(l)
		})
	}
}

// usedWell holds what was told, recorded and taken to each other.
func (w *world) usedWell(l *issuance.Lease) {
	w.t.Helper()
	all, told := w.records(), w.told()
	if s := types(all); s != "break-glass.used intent issued" || len(told) != 1 {
		w.t.Fatalf("records %q, told %d times", s, len(told))
	}
	g, used := told[0], all[0].BreakGlass
	want := issuance.Glass{
		Use: "987654/12055500123/" + l.ID, Repository: "acme/web", Run: "12055500123", Job: "deploy", Entry: "oncall", Grant: "deploy/prod",
		Activator: "@alice", Account: "1001", Incident: "INC-7", Reason: w.request.Task.BreakGlass.Reason, TTL: 10 * time.Minute, Used: start, Due: start.Add(day),
		Reviewer: "@acme/appsec", OwnerID: "payments", Owner: g.Owner, Systems: g.Systems,
	}
	if fmt.Sprint(g) != fmt.Sprint(want) || g.Owner.Team != "@acme/payments" || g.Systems.Jira == nil {
		w.t.Errorf("told %+v\nwant %+v", g, want)
	}
	if used.Use != l.ID || used.Activator != "@alice" || !used.Due.Equal(g.Due) || all[1].ID != l.ID {
		w.t.Errorf("recorded %+v", used)
	}
	for _, r := range all {
		if !slices.Contains(r.Links.Tickets, "acme/ops#12") {
			w.t.Errorf("%s doesn't lead to the ticket", r.Type)
		}
	}
	if order := strings.Join(w.steps, ", "); !inOrder(order, "notify", "record break-glass.used", "slot", "record lease.intent", "exchange") {
		w.t.Errorf("order: %s", order)
	}
	uses, err := w.shared.Uses(w.t.Context(), "987654")
	if err != nil || !slices.ContainsFunc(uses, func(u ledger.Used) bool {
		return u.ID == l.ID && u.Entry == "oncall" && u.Ticket == "acme/ops#12" && u.Activator == "@alice" && u.RunID == g.Run && u.Reason == g.Reason
	}) {
		w.t.Errorf("%+v, %v", uses, err)
	}
	w.sound(l)
	if _, err := w.broker().Renew(w.t.Context(), l, 0); err == nil || !strings.Contains(err.Error(), "isn't renewed") {
		w.t.Errorf("renewed: %v", err)
	}
}

func inOrder(text string, parts ...string) bool {
	for _, p := range parts {
		_, rest, ok := strings.Cut(text, p)
		if !ok {
			return false
		}
		text = rest
	}
	return true
}

// TestGlassEveryStep cancels the job at each step, lets the step fail, and lets the process die there. Whichever it is:
// there was no credential without a ticket, a record, a slot and an intent; and a slot that was taken is a use that
// nobody has reviewed, which suspends the identity when its deadline is over, by everything that holds then.
func TestGlassEveryStep(t *testing.T) {
	w := newWorld(t)
	emergency(w)
	if _, err := w.broker().Issue(t.Context(), w.request); err != nil {
		t.Fatal(err)
	}
	for n, step := range w.steps {
		for _, how := range []string{"cancelled", "failed", "dead"} {
			t.Run(fmt.Sprintf("%d %s/%s", n, step, how), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				emergency(w)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				stop, unattested := stopAt(n, how, cancel), atomic.Bool{}
				w.fail = func(name string) error {
					err := stop(name)
					unattested.CompareAndSwap(false, err != nil && name == "attested") // it is asked beside others: which one is the n'th varies
					return err
				}
				l, err := w.broker().Issue(ctx, w.request)
				if l != nil && !(how == "failed" && unattested.Load()) { // that nothing is attested of what was never used denies nothing
					t.Fatalf("got %v and %v", l, err)
				}
				w.leftOpen()
			})
		}
	}
}

// leftOpen holds the invariant.
func (w *world) leftOpen() {
	w.t.Helper()
	w.fail = nil
	uses, err := w.shared.Uses(w.t.Context(), "987654")
	if err != nil {
		w.t.Fatal(err)
	}
	all := types(w.records())
	if n := len(w.server.issued); n > 0 && (len(uses) != 1 || len(w.told()) != 1 || !strings.HasPrefix(all, "break-glass.used intent")) {
		w.t.Errorf("a credential was issued: %d slots, %d tickets, records %q", len(uses), len(w.told()), all)
	}
	if len(uses) > 0 && (len(w.told()) != 1 || !strings.HasPrefix(all, "break-glass.used")) {
		w.t.Errorf("a slot was taken: %d tickets, records %q", len(w.told()), all)
	}
	m, _ := manifest.Parse("curfew.yml", w.gov.rules.Manifest.Src)
	for after, open := range map[time.Duration]bool{23 * time.Hour: false, 25 * time.Hour: len(uses) > 0} {
		facts := manifest.Facts{Ledger: &manifest.LedgerFacts{BreakGlass: attest.Reviewed(attest.Uses(uses), nil)}}
		rs := manifest.Standing{Manifest: m, Facts: facts, Now: start.Add(after)}.Identity("deploy")
		if got := slices.ContainsFunc(rs, func(r manifest.Reason) bool { return r.Code == manifest.CodeReviewMissed }); got != open {
			w.t.Errorf("%v later: suspended %t, want %t: %v", after, got, open, rs)
		}
	}
}

// TestGlassRace lets as many of 20 parallel jobs break the glass as may.
func TestGlassRace(t *testing.T) {
	w := newWorld(t)
	emergency(w)
	b := w.broker()
	results := make(chan error, 20)
	for range cap(results) {
		go func() {
			_, err := b.Issue(t.Context(), w.request)
			results <- err
		}()
	}
	got := 0
	for range cap(results) {
		err := <-results
		if err == nil {
			got++
		} else if !strings.Contains(err.Error(), issuance.CodeLimit) && !strings.Contains(err.Error(), "as often as it may") {
			t.Error(err)
		}
	}
	if got != 2 || len(w.server.issued) != 2 {
		t.Errorf("%d jobs got a lease, %d credentials were issued", got, len(w.server.issued))
	}
}

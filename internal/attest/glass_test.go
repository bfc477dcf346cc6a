package attest_test

import (
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/attest"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
)

const (
	glassProject = "987654"
	firstUse     = "01JD9Z6Q4T8K0000000000000A"
	secondUse    = "01JD9Z6Q4T8K0000000000000B"
)

var usedAt = time.Date(2026, 11, 20, 22, 10, 0, 0, time.UTC)

func usedRecord(run string) ledger.Record {
	return ledger.Record{
		Type: ledger.BreakGlassUsed, Identity: ledger.Identity{ID: "deploy", Grant: "prod", RepositoryID: glassProject}, Links: ledger.Links{Tickets: []string{"acme/ops#12"}},
		BreakGlass: &ledger.BreakGlass{Use: firstUse, RunID: run, Entry: "oncall", Activator: "@alice", ActivatorID: "1001", Used: usedAt, Due: usedAt.Add(24 * time.Hour), Reason: "down"},
	}
}

func reviewRecord(use, run, by string) ledger.Record {
	return ledger.Record{
		Type: ledger.BreakGlassReviewed, Time: usedAt.Add(time.Hour), Identity: ledger.Identity{RepositoryID: glassProject},
		BreakGlass: &ledger.BreakGlass{Use: use, RunID: run, By: by, ByID: map[string]string{"@alice": "1001", "@zoe": "1003"}[by], Verdict: ledger.Misuse, Reason: "nothing was down"},
	}
}

func intent(use, run string) ledger.Record {
	return ledger.Record{Type: ledger.LeaseIntent, ID: use, Identity: ledger.Identity{RepositoryID: glassProject}, Task: ledger.Task{RunID: run, Trigger: ledger.Trigger{Kind: "break-glass"}}}
}

func all(records ...ledger.Record) iter.Seq2[ledger.Record, error] {
	return func(yield func(ledger.Record, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// TestBreakGlass states uses and reviews of one repository, whatever their order, and each whole record is one that the
// ledger takes.
func TestBreakGlass(t *testing.T) {
	elsewhere := usedRecord("9")
	elsewhere.Identity.RepositoryID = "111"
	records := []ledger.Record{
		usedRecord("1205"), reviewRecord(firstUse, "1205", "@zoe"), reviewRecord(firstUse, "1205", "@alice"), intent(firstUse, "1205"),
		reviewRecord(secondUse, "1206", "@zoe"), usedRecord("1207"), elsewhere,
		{Type: ledger.LeaseDenied, Identity: ledger.Identity{RepositoryID: glassProject}},
	}
	stated, err := attest.BreakGlass(all(records...), glassProject)
	if err != nil || len(stated) != 4 {
		t.Fatalf("%+v, %v", stated, err)
	}
	for i := range stated {
		r := stated[i]
		r.Schema, r.ID, r.Time = ledger.Schema, secondUse, usedAt
		r.Task = ledger.Task{RunID: "900", Attempt: 1, Job: "collect"}
		if _, err := r.Encode(); err != nil {
			t.Errorf("%+v: %v", r.BreakGlass, err)
		}
	}
	if g := stated[0].BreakGlass; !g.Leased || g.By != "@zoe" || g.Verdict != ledger.Misuse || g.Reason != "nothing was down" || g.Activator != "@alice" {
		t.Errorf("%+v", g)
	}
	if g := stated[2].BreakGlass; g.RunID != "1207" || g.Leased || g.By != "" || g.Reason != "" {
		t.Errorf("another run with the same id: %+v", g)
	}
	if g := stated[3].BreakGlass; g.Activator != "" || g.By != "@zoe" {
		t.Errorf("a review of what nobody recorded: %+v", g)
	}
	slices.Reverse(records)
	again, err := attest.BreakGlass(all(records...), glassProject)
	if err != nil || len(again) != 4 {
		t.Errorf("%+v, %v", again, err)
	}
	broken := errors.New("unread")
	if _, err := attest.BreakGlass(func(yield func(ledger.Record, error) bool) { yield(ledger.Record{}, broken) }, glassProject); !errors.Is(err, broken) {
		t.Error(err)
	}
}

// TestReviewed joins slots and statements so that nothing comes out weaker than either.
func TestReviewed(t *testing.T) {
	slot := ledger.Used{
		Use: ledger.Use{Grant: "deploy/prod", Activator: "@alice", ActivatorID: "1001", RunID: "1205", Attempt: 1, Ticket: "acme/ops#12"},
		ID:  firstUse, Entry: "oncall", Taken: usedAt.Add(time.Second),
	}
	base := manifest.GlassUse{Entry: "oncall", Grant: "deploy/prod", Time: manifest.Instant{Time: usedAt}, Activator: "@alice", ActivatorID: "1001", ID: firstUse, Run: "1205"}
	review := []manifest.GlassReview{{By: "@zoe", ByID: "1003", Time: manifest.Instant{Time: usedAt.Add(time.Hour)}}}
	with := func(alter func(u *manifest.GlassUse)) []manifest.GlassUse {
		u := base
		alter(&u)
		return []manifest.GlassUse{u}
	}
	log := []ledger.Record{usedRecord("1205"), reviewRecord(firstUse, "1205", "@zoe"), intent(firstUse, "1205")}
	for _, tt := range []struct {
		name  string
		slot  func(s *ledger.Used)
		slots int
		log   []ledger.Record
		want  []manifest.GlassUse
	}{
		{"all agree", nil, 1, log, with(func(u *manifest.GlassUse) { u.Reviews = review })},
		{"no slot", nil, 0, log, with(func(u *manifest.GlassUse) { u.Reviews, u.Slotless = review, true })},
		{"no slot, not leased", nil, 0, log[:2], []manifest.GlassUse{}},
		{"nothing stated", nil, 1, nil, with(func(u *manifest.GlassUse) { u.Unproven, u.Time.Time = true, slot.Taken })},
		{"a review alone", nil, 1, log[1:2], with(func(u *manifest.GlassUse) { u.Unproven, u.Time.Time, u.Reviews = true, slot.Taken, review })},
		{"no review", nil, 1, log[:1], with(func(*manifest.GlassUse) {})},
		{"another activator", func(s *ledger.Used) { s.Activator = "@bob" }, 1, log[:1], with(func(u *manifest.GlassUse) { u.Activator, u.Fault = "@bob", "disagree" })},
		{"another account", func(s *ledger.Used) { s.ActivatorID = "1002" }, 1, log[:1], with(func(u *manifest.GlassUse) { u.ActivatorID, u.Fault = "1002", "disagree" })},
		{"another entry", func(s *ledger.Used) { s.Entry = "x" }, 1, log[:1], with(func(u *manifest.GlassUse) { u.Entry, u.Fault = "x", "disagree" })},
		{"another grant", func(s *ledger.Used) { s.Grant = "x/y" }, 1, log[:1], append(
			with(func(u *manifest.GlassUse) { u.Grant, u.Fault = "x/y", "disagree" }), with(func(u *manifest.GlassUse) { u.Fault = "disagree" })...)},
		{"another time", func(s *ledger.Used) { s.Taken = usedAt.Add(time.Hour) }, 1, log[:1], with(func(u *manifest.GlassUse) { u.Fault = "disagree" })},
	} {
		s := slot
		if tt.slot != nil {
			tt.slot(&s)
		}
		stated, err := attest.BreakGlass(all(tt.log...), glassProject)
		if err != nil {
			t.Fatal(err)
		}
		uses := attest.Uses(slices.Repeat([]ledger.Used{s}, tt.slots))
		got := attest.Reviewed(uses, stated)
		for i := range got {
			if strings.Contains(got[i].Fault, "disagree") {
				got[i].Fault = "disagree"
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

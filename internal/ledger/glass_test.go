package ledger

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/jsontree"
)

// glassRecord is a whole record of one of the types of break-glass.
func glassRecord(t Type) Record {
	r := Record{
		Schema: Schema, ID: "01JD9Z6Q4T8K0000000000000B", Time: at(), Type: t, Identity: Identity{RepositoryID: "987654"},
		Task: Task{RunID: "1205", Attempt: 1, Job: "deploy"}, BreakGlass: &BreakGlass{Use: holder, RunID: "1205"},
	}
	form, _ := formOf(t)
	r.Plane, r.Outcome = form.plane, form.outcome
	g := r.BreakGlass
	if t != BreakGlassReviewed {
		r.Identity.ID, r.Identity.Grant, r.Links.Tickets = "deploy", "prod", []string{"acme/ops#12"}
		g.Entry, g.Activator, g.ActivatorID, g.Used, g.Due, g.Incident, g.Reason = "oncall", "@alice", "1001", at(), at().Add(time.Hour), "INC-7", "down"
	}
	if t != BreakGlassUsed {
		g.By, g.ByID, g.Verdict, g.Reason = "@zoe", "1003", Justified, "it was"
	}
	if t == BreakGlassStated {
		g.Leased, g.Reviewed = true, at()
	}
	return r
}

// TestGlassRecords takes each as it should be, and none that lacks what it needs or says what isn't its to say.
func TestGlassRecords(t *testing.T) {
	alters := map[string]func(r *Record){
		"use": func(r *Record) { r.BreakGlass.Use = "x" }, "run": func(r *Record) { r.BreakGlass.RunID = "1 2" },
		"by": func(r *Record) { r.BreakGlass.By = "zoe" }, "part": func(r *Record) { r.BreakGlass = nil },
		"verdict": func(r *Record) { r.BreakGlass.Verdict = "fine" }, "utf8": func(r *Record) { r.BreakGlass.Reason = "\xff" },
		"year": func(r *Record) { r.BreakGlass.Used = time.Unix(-1, 0) }, "a bot": func(r *Record) { r.BreakGlass.Activator = "@x[bot]" },
	}
	of := map[Type]map[string]func(r *Record){
		BreakGlassUsed: {
			"another run": func(r *Record) { r.BreakGlass.RunID = "1206" }, "reviewed": func(r *Record) { r.BreakGlass.Reviewed = at() },
			"leased": func(r *Record) { r.BreakGlass.Leased = true }, "no entry": func(r *Record) { r.BreakGlass.Entry = "" },
			"no grant": func(r *Record) { r.Identity.Grant = "" }, "due before": func(r *Record) { r.BreakGlass.Due = at() },
			"no ticket": func(r *Record) { r.Links.Tickets = nil }, "no activator": func(r *Record) { r.BreakGlass.Activator = "" },
			"no account": func(r *Record) { r.BreakGlass.ActivatorID = "" }, "an account that reviewed": func(r *Record) { r.BreakGlass.ByID = "1003" },
		},
		BreakGlassReviewed: {
			"activator": func(r *Record) { r.BreakGlass.Activator = "@alice" }, "entry": func(r *Record) { r.BreakGlass.Entry = "oncall" },
			"no reason": func(r *Record) { r.BreakGlass.Reason = "" }, "reviewed": func(r *Record) { r.BreakGlass.Reviewed = at() },
			"leased": func(r *Record) { r.BreakGlass.Leased = true }, "nobody": func(r *Record) { r.BreakGlass.By = "" },
			"no account": func(r *Record) { r.BreakGlass.ByID = "" }, "an account that used": func(r *Record) { r.BreakGlass.ActivatorID = "1001" },
		},
		BreakGlassStated: {
			"no time": func(r *Record) { r.BreakGlass.Reviewed = time.Time{} }, "half a use": func(r *Record) { r.BreakGlass.Activator = "" },
			"half a review": func(r *Record) { r.BreakGlass.By = "" }, "no account": func(r *Record) { r.BreakGlass.ActivatorID = "" },
			"a use without its account": func(r *Record) { r.BreakGlass.ByID = "x" },
		},
	}
	for typ, more := range of {
		if _, err := glassRecord(typ).Encode(); err != nil {
			t.Errorf("%s: %v", typ, err)
		}
		all := maps.Clone(alters)
		maps.Copy(all, more)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			r := glassRecord(typ)
			all[name](&r)
			if line, err := r.Encode(); err == nil {
				t.Errorf("%s, %s: %s", typ, name, line)
			}
		}
	}
}

// TestGlassAccepted holds who used and who reviewed to the token.
func TestGlassAccepted(t *testing.T) {
	for _, tt := range []struct {
		typ   Type
		claim string // that is another
		value string
		want  string
	}{
		{BreakGlassUsed, "", "", ""},
		{BreakGlassReviewed, "", "", ""},
		{BreakGlassStated, "actor", "collector", ""},
		{LeaseIntent, "run_attempt", "2", ""},
		{BreakGlassUsed, "actor", "mallory", "break_glass.activator"},
		{BreakGlassReviewed, "actor", "alice", "break_glass.by"},
		{BreakGlassUsed, "actor_id", "1002", "break_glass.activator_id"},
		{BreakGlassReviewed, "actor_id", "1001", "break_glass.by_id"},
		{BreakGlassUsed, "run_attempt", "2", "first"},
		{BreakGlassReviewed, "run_attempt", "2", "first"},
		{BreakGlassReviewed, "event_name", "push", "dispatched"},
		{BreakGlassUsed, "event_name", "push", "dispatched"},
		{BreakGlassUsed, "event_name", "workflow_run", "dispatched"},
		{LeaseIntent, "event_name", "push", ""},
		{BreakGlassReviewed, "event_name", "schedule", "dispatched"},
	} {
		claims := map[string]string{
			"iss": "https://token.actions.githubusercontent.com", "repository_id": "987654", "sub": "repo:acme/web:ref:refs/heads/main",
			"actor": "alice", "actor_id": "1001", "run_id": "1205", "run_attempt": "1", "event_name": "workflow_dispatch",
		}
		if tt.typ == BreakGlassReviewed {
			claims["actor"], claims["actor_id"] = "zoe", "1003"
		}
		if tt.claim != "" {
			claims[tt.claim] = tt.value
		}
		r := glassRecord(BreakGlassStated)
		if _, ok := formOf(tt.typ); ok && strings.HasPrefix(string(tt.typ), "break-glass") {
			r = glassRecord(tt.typ)
		}
		r.Type = tt.typ
		err := acceptGlass(&r, claimed(t, claims))
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s with %s %q: %v", tt.typ, tt.claim, tt.value, err)
		}
	}
}

func claimed(t *testing.T, claims map[string]string) identity.Identity {
	t.Helper()
	var parts []string
	for k, v := range claims {
		parts = append(parts, fmt.Sprintf("%q: %q", k, v))
	}
	parsed, err := identity.ParseClaims("claims", []byte("{"+strings.Join(parts, ", ")+"}"))
	if err != nil {
		t.Fatal(err)
	}
	id, err := identity.From(parsed)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// TestUses lists all that were ever taken, of one project, and nothing that doesn't say who used it.
func TestUses(t *testing.T) {
	now := at()
	m := newMemory()
	s := Slots{Store: m, Now: func() time.Time { return now }}
	take := func(project, entry string, use *Use) error {
		_, err := s.Take(t.Context(), Claim{Key: []string{"break-glass", project, entry}, Limit: 2, Holder: holder, NotAfter: now.Add(time.Minute), Use: use})
		return err
	}
	use := &Use{Grant: "deploy/prod", Activator: "@alice", ActivatorID: "1001", RunID: "1205", Attempt: 1, Ticket: "acme/ops#12", Incident: "INC-7", Reason: "down <&>"}
	for range 3 {
		for _, entry := range []string{"oncall", "other"} {
			if err := take("987654", entry, use); err != nil {
				t.Fatal(err)
			}
		}
		now = now.Add(2 * time.Minute) // over, and the next generation
	}
	if err := take("111", "oncall", use); err != nil {
		t.Fatal(err)
	}
	got, err := s.Uses(t.Context(), "987654")
	if err != nil || len(got) != 6 || got[0].Use != *use || got[0].ID != holder || got[0].Taken.IsZero() {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := s.Uses(t.Context(), "222"); err != nil || got == nil || len(got) != 0 {
		t.Errorf("none: %+v, %v", got, err)
	}
	for name, alter := range map[string]func(u *Use){
		"grant": func(u *Use) { u.Grant = "deploy" }, "activator": func(u *Use) { u.Activator = "@a/b" }, "run": func(u *Use) { u.RunID = "0" },
		"attempt": func(u *Use) { u.Attempt = 0 }, "ticket": func(u *Use) { u.Ticket = "" }, "account": func(u *Use) { u.ActivatorID = "x" }, "text": func(u *Use) { u.Reason = "\xff" },
	} {
		odd := *use
		alter(&odd)
		if err := take("987654", "odd", &odd); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	whole := maps.Clone(m.objects)
	for what, spoil := range map[string]func(){
		"a slot that doesn't say who": func() {
			if err := take("987654", "third", nil); err != nil {
				t.Fatal(err)
			}
		},
		"one that is empty": func() { m.objects[slotsPrefix([]string{"break-glass", "987654", "oncall"})+"00007/9999999999"] = nil },
		"one that was changed": func() {
			for name, text := range m.objects {
				m.objects[name] = []byte(strings.Replace(string(text), "@alice", "@bobby ", 1))
			}
		},
		"one under another's name": func() {
			for name, text := range whole {
				m.objects[strings.Replace(name, "/00000/", "/00009/", 1)] = text
			}
		},
		"a store that is down": func() { s.Store = broken{m} },
	} {
		m.objects = maps.Clone(whole)
		spoil()
		if got, err := s.Uses(t.Context(), "987654"); err == nil {
			t.Errorf("%s: %+v", what, got)
		}
		s.Store = m
	}
}

// TestUsesBesideJunk: what somebody writes among another project's slots, or under names that no slot has, keeps no job from
// being told of its own project's uses, and isn't read at all.
func TestUsesBesideJunk(t *testing.T) {
	m := &reads{memory: newMemory()}
	s := Slots{Store: m, Now: at}
	key := []string{"break-glass", "987654", "oncall"}
	claim := Claim{
		Key: key, Limit: 1, Holder: holder, NotAfter: at().Add(time.Minute),
		Use: &Use{Grant: "deploy/prod", Activator: "@alice", ActivatorID: "1001", RunID: "1205", Attempt: 1, Ticket: "acme/ops#12"},
	}
	if _, err := s.Take(t.Context(), claim); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"slots/break-glass/x", "slots/break-glass/" + keyDigest(key) + "/00000/9999999999",
		slotsPrefix([]string{"break-glass", "111", "oncall"}) + "00000/9999999999",
		usesPrefix("987654") + "x", slotsPrefix(key) + "x", slotsPrefix(key) + "00000/9999999999-x", slotsPrefix(key) + "-0001/9999999999",
	} {
		m.objects[name] = []byte("junk")
	}
	if got, err := s.Uses(t.Context(), "987654"); err != nil || len(got) != 1 || got[0].Use != *claim.Use || m.n != 1 {
		t.Errorf("%+v, %v, after %d reads", got, err, m.n)
	}
	claim.Key = []string{"break-glass", "987654"}
	if _, err := s.Take(t.Context(), claim); err == nil {
		t.Error("a use of no entry was taken")
	}
}

// reads counts what is read of a store.
type reads struct {
	*memory
	n int
}

func (r *reads) Get(ctx context.Context, name string) (Object, error) {
	r.n++
	return r.memory.Get(ctx, name)
}

func TestUseName(t *testing.T) {
	for name, ok := range map[string]bool{
		UseName("987654", "1205", holder): true, "987654/1205": false, "": false, "x/1205/" + holder: false, "987654/1205/" + holder + "/": false,
		"987654/-1/" + holder: false, "987654/1205/x": false, "987654/0/" + holder: false,
	} {
		repository, run, use, err := CutUse(name)
		if (err == nil) != ok || ok && UseName(repository, run, use) != name {
			t.Errorf("%q: %s %s %s %v", name, repository, run, use, err)
		}
	}
}

// FuzzCutUse reads names of uses: what is taken is what would be written, and holds nothing that leaves a line.
func FuzzCutUse(f *testing.F) {
	f.Add(UseName("987654", "1205", holder))
	f.Add("987654/1205/x\n")
	f.Fuzz(func(t *testing.T, name string) {
		repository, run, use, err := CutUse(name)
		if err == nil && (UseName(repository, run, use) != name || strings.ContainsAny(name, "\r\n\t \x1b:")) {
			t.Errorf("%q is taken", name)
		}
	})
}

// FuzzSlot reads whatever may lie in a store as a slot: what is taken is what would be written.
func FuzzSlot(f *testing.F) {
	m := newMemory()
	s := Slots{Store: m, Now: at}
	name, err := s.Take(f.Context(), Claim{
		Key: []string{"break-glass", "987654", "oncall"}, Limit: 1, Holder: holder, NotAfter: at().Add(time.Hour),
		Use: &Use{Grant: "deploy/prod", Activator: "@alice", ActivatorID: "1001", RunID: "1205", Attempt: 1, Ticket: "acme/ops#12"},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(m.objects[name])
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		m := newMemory()
		m.objects[name] = src
		got, err := Slots{Store: m, Now: at}.read(t.Context(), name)
		if err != nil {
			return
		}
		again, err := jsontree.Line(got)
		if err != nil || string(again)+"\n" != string(src) {
			t.Errorf("%q reads as %q, %v", src, again, err)
		}
	})
}

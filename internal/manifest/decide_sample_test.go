package manifest

import (
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
)

// sample is one job that asks, with all that is known about it.
type sample struct {
	what   string
	grant  string
	claims identity.Claims
	task   Task
	facts  Facts
	policy *Policy
	now    time.Time
}

func (s *sample) decide(m *Manifest) Decision {
	return Decide(m, s.policy, Question{Claims: s.claims, Grant: s.grant, Task: s.task}, s.facts, s.now)
}

// samples lists jobs that ask for each of the target's grants: the one that is meant, and others that
// differ from it in one respect.
func (w *world) samples(t *testing.T, m *Manifest, p *Policy) []sample {
	t.Helper()
	base := sample{what: "base", claims: w.claims(nil), task: w.task, facts: w.facts, policy: p, now: w.now}
	var one []sample
	add := func(what string, change func(*sample)) {
		s := base
		s.what = what
		change(&s)
		one = append(one, s)
	}
	add("base", func(*sample) {})
	w.otherClaims(add)
	w.otherTasks(add)
	w.otherFacts(add)
	w.otherTimes(m, add)
	if p != nil {
		tight := w.tightPolicy(t)
		add("no policy", func(s *sample) { s.policy = nil })
		add("tight policy", func(s *sample) { s.policy = tight })
	}
	var all []sample
	for _, s := range one {
		for _, g := range w.grants {
			s.grant = g
			all = append(all, s)
		}
	}
	return all
}

func (w *world) otherClaims(add func(string, func(*sample))) {
	for name, v := range w.token {
		values := []string{"", v + "x", "decoy"}
		switch name {
		case "event_name", "pipeline_source":
			values = append(values, "pull_request_target", "release")
		case "repository_id", "project_id":
			values = append(values, identity.UnknownProject)
		case "environment":
			values = append(values, "staging", "p")
		case "job_workflow_ref":
			values = append(values, "acme/app/.github/workflows/deploy.yml@refs/heads/old", "acme/app/.github/workflows/deploy.yml@refs/heads/evil")
		}
		for _, value := range values {
			add("claim "+name+"="+value, func(s *sample) { s.claims = w.claims(map[string]string{name: value}) })
		}
	}
}

func (w *world) otherTasks(add func(string, func(*sample))) {
	for _, d := range []time.Duration{time.Minute, 15 * time.Minute, 40 * time.Minute, 5 * time.Hour} {
		ttl := Duration(d)
		add("asked for "+ttl.String(), func(s *sample) { s.task.TTL = &ttl })
	}
	add("bound to the organisation", func(s *sample) { s.task.Org = "acme/.github" })
	add("in an emergency", func(s *sample) { s.task.BreakGlass = &Emergency{Entry: "oncall", Reason: "down"} })
	add("in an emergency, without a reason", func(s *sample) { s.task.BreakGlass = &Emergency{Entry: "oncall"} })
}

func (w *world) otherFacts(add func(string, func(*sample))) {
	add("nothing known", func(s *sample) { s.facts = Facts{} })
	add("no run", func(s *sample) { s.facts.Run = nil })
	add("another actor", func(s *sample) { s.facts.Run = &Run{w.facts.Run.ID, w.facts.Run.Attempt, "@anna", "@bob"} })
	add("another author", func(s *sample) { s.facts.Run = &Run{w.facts.Run.ID, w.facts.Run.Attempt, "@alice", "@anna"} })
	add("another run", func(s *sample) { s.facts.Run = &Run{"1", w.facts.Run.Attempt, "@alice", "@bob"} })
	add("no triggers", func(s *sample) { s.facts.Triggers = nil })
	for i := range w.facts.Triggers {
		add("one trigger", func(s *sample) { s.facts.Triggers = w.facts.Triggers[i : i+1] })
	}
	add("all triggers", func(s *sample) {
		zero, one := 0, 1
		ticket := TicketProof{SystemJira, "CHG", "CHG-2", "10002", "Approved", w.token["sha"], w.facts.Run.ID, []string{"@anna"}, &zero}
		used := ticket
		used.Used = &one
		s.facts.Triggers = []Proof{
			{Ticket: &used},
			{Ticket: &ticket},
			{EnvironmentApproval: &ApprovalProof{w.token["environment"], []string{"@anna"}}},
			{Policy: &PolicyProof{"data.curfew.deploy.allow", true}},
			{Schedule: &ScheduleProof{"0 3 * * 1", Instant{w.now.Add(-time.Hour)}}},
		}
	})
	add("not certified", func(s *sample) { s.facts.Certified = nil })
	add("certified long ago", func(s *sample) {
		s.facts.Certified = map[string]Certified{w.target: {Instant{w.now.Add(-100 * day)}}}
	})
	add("no guard", func(s *sample) { s.facts.Guard = nil })
	add("no ledger", func(s *sample) { s.facts.Ledger = nil })
	add("no members", func(s *sample) { s.facts.Members = nil })
	if w.facts.Ledger == nil {
		return
	}
	ledger := func(change func(*LedgerFacts)) func(*sample) {
		return func(s *sample) {
			l := *w.facts.Ledger
			change(&l)
			s.facts.Ledger = &l
		}
	}
	add("limits reached", ledger(func(l *LedgerFacts) {
		l.Leases = map[string]LeaseCount{}
		for _, g := range w.grants {
			l.Leases[g] = LeaseCount{Alive: 2, LastDay: 9}
		}
	}))
	use := GlassUse{Entry: "oncall", Grant: w.grants[0], Time: Instant{w.now.Add(-2 * day)}, Activator: "@alice", ActivatorID: "1001"}
	add("a use without its review", ledger(func(l *LedgerFacts) { l.BreakGlass = []GlassUse{use} }))
	use.Review = &GlassReview{"@zoe", "1003", Instant{w.now.Add(-day)}}
	add("a reviewed use", ledger(func(l *LedgerFacts) { l.BreakGlass = []GlassUse{use} }))
	add("two reviewed uses", ledger(func(l *LedgerFacts) { l.BreakGlass = []GlassUse{use, use} }))
}

func (w *world) otherTimes(m *Manifest, add func(string, func(*sample))) {
	x := m.Identities[w.target]
	times := []time.Time{x.Expires.End().Add(-5 * time.Minute), x.Expires.End(), w.now.Add(50 * day), w.now.Add(400 * day)}
	if x.Sponsor != nil {
		times = append(times, x.Sponsor.Ends.End().Add(-5*time.Minute), x.Sponsor.Ends.End())
	}
	for _, at := range times {
		add("at "+at.Format(time.RFC3339), func(s *sample) {
			s.now = at
			s.facts.Certified = map[string]Certified{w.target: {Instant{at.Add(-time.Hour)}}}
			if s.facts.Guard != nil {
				g := *s.facts.Guard
				g.Taken = Instant{at.Add(-time.Hour)}
				s.facts.Guard = &g
			}
		})
	}
}

// tightPolicy is the organisation's with low ceilings for what is privileged, which most grants break.
func (w *world) tightPolicy(t *testing.T) *Policy {
	t.Helper()
	org := *w.org
	org.keys, org.kids = append([]string(nil), org.keys...), append([]*node(nil), org.kids...)
	for i, k := range org.keys {
		if k == "ceilings" {
			org.kids[i] = table("ttl", table("critical", str("15m"), "high", str("20m"), "medium", str("25m"), "low", str("30m")), "identity-term", str("100d"))
		}
	}
	p, errs := ParsePolicy(PolicyPath, []byte(org.write()))
	if errs != nil {
		t.Fatal(errs)
	}
	return p
}

package tracker_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/tracker"
)

func (s *changeServiceNow) prover() tracker.ServiceNowProver {
	c := &clock{at: start}
	return tracker.ServiceNowProver{Options: tracker.Options{Now: c.now, Sleep: c.sleep, Timeout: 2 * time.Second, Budget: 5 * time.Second}, Token: token(), Accounts: accounts}
}

// TestServiceNowProof: who approved a change request named in his own words what he approved.
func TestServiceNowProof(t *testing.T) {
	const anna, bea, mallory = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "dddddddddddddddddddddddddddddddd"
	const byAnna, byBea = "anna.smith", "bea.jones"
	type alter = func(s *changeServiceNow, c *issuance.Case)
	on := func(do func(s *changeServiceNow)) alter { return func(s *changeServiceNow, _ *issuance.Case) { do(s) } }
	then := func(more func(s *changeServiceNow)) alter {
		return on(func(s *changeServiceNow) {
			s.note(changeID, byAnna, "Fine: "+commit)
			s.approve(changeID, anna, "approved", byAnna)
			more(s)
		})
	}
	cell := func(field, value string) alter {
		return then(func(s *changeServiceNow) {
			for _, row := range s.changes {
				row[field] = value
			}
		})
	}
	good := manifest.TicketProof{System: manifest.SystemServiceNow, Project: "Web", ID: "CHG0030001", UID: changeID, Status: "Approved", SHA: commit, Approvers: []string{"@anna"}}
	with := func(alter func(p *manifest.TicketProof)) *manifest.TicketProof { p := good; alter(&p); return &p }
	noSHA := func(p *manifest.TicketProof) { p.SHA = "" }
	for name, tt := range map[string]struct {
		alter alter
		want  *manifest.TicketProof // nil for none
		says  string                // of the error
	}{
		"as it should": {then(func(*changeServiceNow) {}), &good, ""},
		"said with the approval": {on(func(s *changeServiceNow) {
			row := s.approve(changeID, anna, "approved", byAnna)
			s.at = s.at.Add(2*time.Second - time.Minute)
			s.note(row, byAnna, commit)
		}), &good, ""},
		"by two": {then(func(s *changeServiceNow) {
			s.note(changeID, byBea, commit)
			s.approve(changeID, bea, "approved", byBea)
		}), with(func(p *manifest.TicketProof) { p.Approvers = []string{"@anna", "@bea"} }), ""},
		"others needn't":       {then(func(s *changeServiceNow) { s.approve(changeID, bea, "not_required", "system") }), &good, ""},
		"the other's rejected": {then(func(s *changeServiceNow) { s.approve(otherID, bea, "rejected", byBea) }), &good, ""},
		"a run": {func(s *changeServiceNow, c *issuance.Case) {
			c.Trigger.Ticket.References = manifest.ReferenceRun
			s.note(changeID, byAnna, "run 12055500123")
			s.approve(changeID, anna, "approved", byAnna)
		}, with(func(p *manifest.TicketProof) { p.SHA, p.Run = "", "12055500123" }), ""},

		"not approved":    {cell("approval", "requested"), nil, `has the approval "requested"`},
		"on hold":         {cell("on_hold", "true"), nil, "is on hold"},
		"another state":   {cell("state", "-1|Implement"), with(func(p *manifest.TicketProof) { p.Status, p.SHA, p.Approvers = "Implement", "", nil }), ""},
		"another group":   {cell("assignment_group", "f01|Payments"), with(func(p *manifest.TicketProof) { p.Project, p.SHA, p.Approvers = "Payments", "", nil }), ""},
		"nobody approved": {on(func(s *changeServiceNow) { s.note(changeID, byAnna, commit) }), nil, "was approved by nobody"},
		"one rejected":    {then(func(s *changeServiceNow) { s.approve(changeID, bea, "rejected", byBea) }), nil, "was rejected by bea.jones"},
		"approved in his name": {on(func(s *changeServiceNow) {
			s.note(changeID, byAnna, commit)
			s.approve(changeID, anna, "approved", "mallory")
		}), nil, "has an approval of anna.smith that mallory has written"},
		"by a stranger": {on(func(s *changeServiceNow) {
			s.note(changeID, "mallory", commit)
			s.approve(changeID, mallory, "approved", "mallory")
		}), nil, "systems.servicenow.people"},
		"by who has another name by now": {func(s *changeServiceNow, c *issuance.Case) {
			c.System.People[anna] = "@former"
			s.note(changeID, byAnna, commit)
			s.approve(changeID, anna, "approved", byAnna)
		}, nil, "nobody on the platform is called @former any more: have systems.servicenow.people"},
		"the other change's": {on(func(s *changeServiceNow) {
			s.note(otherID, byAnna, commit)
			s.approve(otherID, anna, "approved", byAnna)
		}), nil, "was approved by nobody"},
		"the other change's note": {on(func(s *changeServiceNow) {
			s.note(otherID, byAnna, commit)
			s.approve(changeID, anna, "approved", byAnna)
		}), with(noSHA), ""},
		"a stranger's note": {on(func(s *changeServiceNow) {
			s.note(changeID, "mallory", commit)
			s.approve(changeID, anna, "approved", byAnna)
		}), with(noSHA), ""},
		"another approver's note": {on(func(s *changeServiceNow) {
			row := s.approve(changeID, mallory, "approved", "mallory")
			s.note(row, "mallory", commit)
			s.approve(changeID, anna, "approved", byAnna)
		}), with(noSHA), ""},
		"a note afterwards": {on(func(s *changeServiceNow) {
			s.approve(changeID, anna, "approved", byAnna)
			s.note(changeID, byAnna, commit)
		}), with(noSHA), ""},
		"an older word": {on(func(s *changeServiceNow) {
			s.note(changeID, byAnna, commit)
			s.note(changeID, byAnna, another)
			s.approve(changeID, anna, "approved", byAnna)
		}), with(func(p *manifest.TicketProof) { p.SHA = another }), ""},
		"two commits": {on(func(s *changeServiceNow) {
			s.note(changeID, byAnna, commit+" "+another)
			s.approve(changeID, anna, "approved", byAnna)
		}), nil, "names several"},
		"all changes in the place of one": {then(func(s *changeServiceNow) { s.hidden = "number" }), nil, "isn't one change request"},
		"all approvals":                   {then(func(s *changeServiceNow) { s.approve(otherID, bea, "approved", byBea); s.hidden = "sysapproval" }), nil, "approvals of something else"},
		"all journals":                    {then(func(s *changeServiceNow) { s.note(otherID, byAnna, another); s.hidden = "element_id" }), nil, "journals of something else"},
		"approvers that are hidden":       {then(func(s *changeServiceNow) { s.hidden = "approver.user_name" }), nil, "has an approval of"},
		"a rejection that is hidden": {then(func(s *changeServiceNow) {
			s.approve(changeID, bea, "rejected", byBea)
			s.shows["sysapproval_approver"] = 1
		}), nil, "sysapproval_approver has 2 rows for it, and 1 are shown"},
		"nobody knows how many rows": {then(func(s *changeServiceNow) { s.uncounted = true }), nil, "doesn't say how many rows of change_request there are"},
		"a journal that is hidden":   {then(func(s *changeServiceNow) { s.shows["sys_journal_field"] = 0 }), nil, "sys_journal_field has 1 rows"},
		"an absent change":           {func(_ *changeServiceNow, c *issuance.Case) { c.Tickets = []string{"CHG0039999"} }, nil, "isn't one change request"},
		"a number that asks for more": {func(_ *changeServiceNow, c *issuance.Case) {
			c.Tickets = []string{"CHG0030001^ORnumber=CHG0030002", "CHG0030001\n"}
		}, nil, "none of the tickets that the job names is one of servicenow's"},
		"no address": {func(_ *changeServiceNow, c *issuance.Case) { c.System = nil }, nil, "systems.servicenow of the organisation's policy"},
		"no rights": {then(func(s *changeServiceNow) {
			s.with = func(w http.ResponseWriter, r *http.Request) {
				fail(w, 403, "no\n\x1b[2J "+r.Header.Get("Authorization"))
			}
		}), nil, "may the token's account do that?"},
		"nonsense":     {then(func(s *changeServiceNow) { s.with = raw(200, `{"result":[{`) }), nil, "no JSON that is right"},
		"no list":      {then(func(s *changeServiceNow) { s.with = raw(200, `{}`) }), nil, "no list of rows"},
		"out of order": {then(func(s *changeServiceNow) { s.with = raw(503, ``) }), nil, "answered 503"},
	} {
		t.Run(name, func(t *testing.T) {
			s := startChangeServiceNow(t)
			c := asking(manifest.SystemServiceNow, s.URL, "Web", "CHG0030001")
			tt.alter(s, &c)
			got, err := s.prover().Prove(t.Context(), c)
			judge(t, got, err, tt.want, tt.says)
		})
	}
}

// TestServiceNowProofs makes a proof for each commit that was named, with those who named it.
func TestServiceNowProofs(t *testing.T) {
	s := startChangeServiceNow(t)
	for who, names := range map[string]string{"a": commit, "b": another} {
		id := strings.Repeat(who, 32)
		s.note(changeID, users()[id], names)
		s.approve(changeID, id, "approved", users()[id])
	}
	got, err := s.prover().Prove(t.Context(), asking(manifest.SystemServiceNow, s.URL, "Web", "CHG0030001"))
	if err != nil || len(got) != 2 {
		t.Fatalf("%v, %v", got, err)
	}
	by := map[string][]string{}
	for _, p := range got {
		by[p.Ticket.SHA] = p.Ticket.Approvers
	}
	if diff := cmp.Diff(map[string][]string{commit: {"@anna"}, another: {"@bea"}}, by); diff != "" {
		t.Error(diff)
	}
}

package github

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// changeID is a repository for tickets alone.
const changeID = 777

// ticketPlace is a place with a ticket, number 1 of acme/web, that zoe has approved as an owner.
type ticketPlace struct {
	*place
	trigger manifest.TicketTrigger
	owner   string
	tickets []string
}

func newTicketPlace(t *testing.T) *ticketPlace {
	t.Helper()
	p := &ticketPlace{place: newPlace(t), owner: "@acme/web", tickets: []string{"#1"}}
	p.trigger = manifest.TicketTrigger{
		System: manifest.SystemGitHub, Project: "acme/web", Status: []string{"approved"}, References: manifest.ReferenceSHA, Use: manifest.UseReusable,
	}
	clock := p.now.Add(-time.Hour)
	p.g.Now = func() time.Time { clock = clock.Add(time.Second); return clock }
	p.g.Team("acme/web", "zoe", "Anna", "alice", "deploy[bot]")
	p.g.Host(changeID, "acme/change", acme)
	p.g.Open(webID, "alice", "Deploy it")
	p.g.Say(webID, 1, "alice", "Please deploy "+p.web)
	p.g.Say(webID, 1, "zoe", "I have looked at "+p.web+": fine")
	p.g.Label(webID, 1, "zoe", "approved")
	return p
}

func (p *ticketPlace) prove() ([]manifest.Proof, error) {
	return p.governance().Tickets().Prove(p.t.Context(), issuance.Case{
		Who: p.who(), Now: p.now, Owner: p.owner, Tickets: p.tickets, Trigger: manifest.Trigger{Ticket: &p.trigger},
	})
}

// prover is a case of a prover: what it proves, or why nothing.
type ticketCase struct {
	name  string
	alter func(p *ticketPlace)
	want  string   // of the error; "" for a proof
	by    []string // who approved; nil is @zoe
}

func (tt *ticketCase) run(t *testing.T) {
	t.Helper()
	p := newTicketPlace(t)
	tt.alter(p)
	got, err := p.prove()
	if tt.want != "" {
		if err == nil || got != nil || !strings.Contains(err.Error(), tt.want) || strings.ContainsAny(err.Error(), "\n\x1b") || strings.Contains(err.Error(), p.g.Token) {
			t.Errorf("got %v, %v, want %q", got, err, tt.want)
		}
		return
	}
	if err != nil || len(got) != 1 {
		t.Fatalf("got %v, %v", got, err)
	}
	if tt.by == nil {
		tt.by = []string{"@zoe"}
	}
	if diff := cmp.Diff(tt.by, got[0].Ticket.Approvers); diff != "" {
		t.Error(diff)
	}
}

func TestTickets(t *testing.T) {
	p := newTicketPlace(t)
	for _, ref := range []string{"#1", "acme/web#1", "ACME/Web#1"} {
		p.tickets = []string{"CHG-4411", ref}
		got, err := p.prove()
		want := []manifest.Proof{{Ticket: &manifest.TicketProof{
			System: manifest.SystemGitHub, Project: "acme/web", ID: "acme/web#1", UID: "987654001", Status: "approved", SHA: p.web, Approvers: []string{"@zoe"},
		}}}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", ref, err, diff)
		}
	}
	for _, tt := range []ticketCase{
		{"a person owns it", func(p *ticketPlace) { p.owner = "@Zoe" }, "", nil},
		{"a run is named", func(p *ticketPlace) {
			p.trigger.References = manifest.ReferenceRun
			p.g.Unlabel(webID, 1, "zoe", "approved")
			p.g.Say(webID, 1, "anna", "https://github.com/acme/web/actions/runs/12055500123 is fine")
			p.g.Label(webID, 1, "anna", "approved")
		}, "", []string{"@anna"}},
		{"label in another case", func(p *ticketPlace) { p.trigger.Status = []string{"Approved"} }, "", nil},
		{"several statuses", func(p *ticketPlace) { p.trigger.Status = []string{"go", "approved"} }, "", nil},
		{"a newer comment after the label", func(p *ticketPlace) { p.g.Say(webID, 1, "zoe", p.org+" broke everything") }, "", nil},
		{"set anew after it was reopened", func(p *ticketPlace) {
			p.g.Event(webID, 1, "zoe", "closed")
			p.g.Event(webID, 1, "alice", "reopened")
			p.g.Unlabel(webID, 1, "zoe", "approved")
			p.g.Say(webID, 1, "zoe", p.web)
			p.g.Label(webID, 1, "zoe", "approved")
		}, "", nil},
		{"written after a comment was deleted", func(p *ticketPlace) {
			p.g.Unlabel(webID, 1, "zoe", "approved")
			n := p.g.Say(webID, 1, "mallory", "buy things")
			p.g.DeleteComment(webID, 1, n, "zoe")
			p.g.Say(webID, 1, "zoe", p.web)
			p.g.Label(webID, 1, "zoe", "approved")
		}, "", nil},
		{"set again by another owner", func(p *ticketPlace) {
			p.g.Unlabel(webID, 1, "alice", "approved")
			p.g.Say(webID, 1, "anna", p.web)
			p.g.Label(webID, 1, "anna", "approved")
		}, "", []string{"@anna"}},
		{"in a repository for tickets", func(p *ticketPlace) {
			p.trigger.Project = "acme/change"
			n := p.g.Open(changeID, "mallory", "Deploy")
			p.g.Say(changeID, n, "zoe", p.web)
			p.g.Label(changeID, n, "zoe", "approved")
		}, "", nil},
		{"approved at the end of a timeline of 1,000 events", func(p *ticketPlace) {
			p.g.Unlabel(webID, 1, "zoe", "approved")
			p.chatter(1000)
			p.g.Label(webID, 1, "anna", "approved")
		}, "", []string{"@anna"}},
		{"a timeline of 1,000 events", func(p *ticketPlace) { p.chatter(1000) }, "", nil},
		{"a pull request", func(p *ticketPlace) { p.pulled("zoe") }, "", nil},
		{"a pull request that two approved", func(p *ticketPlace) { p.pulled("zoe", "anna", "stranger") }, "", []string{"@anna", "@zoe"}},
		{"a merged one", func(p *ticketPlace) {
			p.pulled("zoe")
			p.g.MergeAs(webID, 2, p.org)
			p.trigger.Status = []string{"merged"}
		}, "", nil},
		{"one that was for another branch when it was made", func(p *ticketPlace) {
			p.pulled("anna")
			p.g.Retarget(webID, 2, "mallory", "main")
			p.g.Review(webID, 2, "zoe", "APPROVED")
		}, "", nil},
		{"one of which changes were asked for, and made", func(p *ticketPlace) {
			p.pulled()
			p.g.Review(webID, 2, "zoe", "CHANGES_REQUESTED")
			p.g.Push(webID, 2, p.org)
			p.g.Review(webID, 2, "zoe", "APPROVED")
		}, "", nil},
	} {
		t.Run(tt.name, tt.run)
	}
}

// chatter fills the timeline.
func (p *ticketPlace) chatter(n int) {
	for range n / 2 {
		p.g.Label(webID, 1, "mallory", "noise")
		p.g.Unlabel(webID, 1, "mallory", "noise")
	}
}

// pulled names a pull request, number 2, of mallory's that some have approved.
func (p *ticketPlace) pulled(by ...string) {
	p.g.Pull(webID, "mallory", p.web, "main")
	p.tickets = []string{"#2"}
	for _, who := range by {
		p.g.Review(webID, 2, who, "APPROVED")
	}
}

// TestPullNames: a pull request names the commit that was reviewed, or what that became.
func TestPullNames(t *testing.T) {
	p := newTicketPlace(t)
	p.trigger.Status = []string{"approved", "merged"}
	p.pulled("zoe")
	got, err := p.prove()
	if err != nil || got[0].Ticket.SHA != p.web || got[0].Ticket.Status != "approved" || got[0].Ticket.ID != "acme/web#2" {
		t.Errorf("%v, %+v", err, got)
	}
	p.g.MergeAs(webID, 2, p.org)
	got, err = p.prove()
	if err != nil || got[0].Ticket.SHA != p.org || got[0].Ticket.Status != "merged" {
		t.Errorf("%v, %+v", err, got)
	}
}

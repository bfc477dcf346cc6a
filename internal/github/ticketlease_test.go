package github

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/oidc"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/testservers"
)

const (
	whenTicket   = "{ ticket: { system: github, project: acme/web, status: [approved], references: sha, use: reusable } }"
	whenOnce     = "{ ticket: { system: github, project: acme/web, status: [approved], references: sha, use: once } }"
	whenApproved = "{ environment-approval: { min: 1 } }"
)

// TestTriggeredLease goes the whole way of a lease whose task is a ticket, or an environment's approval.
func TestTriggeredLease(t *testing.T) {
	nothing := func(*ticketPlace) {}
	approve := func(by string) func(p *ticketPlace) {
		return func(p *ticketPlace) { p.g.Approve(webID, runID, "production", by, "approved") }
	}
	self := func(login string) func(p *ticketPlace) {
		return func(p *ticketPlace) {
			p.g.Unlabel(webID, 1, "zoe", "approved")
			p.g.Say(webID, 1, login, p.web)
			p.g.Label(webID, 1, login, "approved")
		}
	}
	const unproven = "trigger-unproven"
	for name, tt := range map[string]struct {
		when           string
		before, during func(p *ticketPlace)
		code, says     string
	}{
		"a ticket":              {whenTicket, nothing, nothing, "", ""},
		"approved by the actor": {whenTicket, self("alice"), nothing, unproven, "too few have approved who may"},
		"by the actor who calls himself otherwise by now": {whenTicket, func(p *ticketPlace) {
			p.g.RenameAccount("alice", "alison")
			p.g.Team("acme/web", "alison")
			self("alison")(p)
		}, nothing, unproven, "too few have approved who may"},
		"by who started this attempt": {whenTicket, func(p *ticketPlace) {
			p.claims["run_attempt"] = "2"
			p.g.Start(webID, runID, 2, p.web, "push", "ZOE", p.now)
		}, nothing, unproven, "other than @alice and @ZOE"},
		"of another commit": {whenTicket, func(p *ticketPlace) {
			p.g.Unlabel(webID, 1, "zoe", "approved")
			p.g.Say(webID, 1, "zoe", p.org)
			p.g.Label(webID, 1, "zoe", "approved")
		}, nothing, unproven, "doesn't name this sha"},
		"no ticket named":                 {whenTicket, func(p *ticketPlace) { p.tickets = nil }, nothing, unproven, "--ticket"},
		"withdrawn meanwhile":             {whenTicket, nothing, func(p *ticketPlace) { p.g.Unlabel(webID, 1, "zoe", "approved") }, unproven, "hasn't the label"},
		"passed to the actor meanwhile":   {whenTicket, nothing, self("alice"), unproven, "too few"},
		"once, without a store":           {whenOnce, nothing, nothing, "no-shared-store", "store"},
		"an approval":                     {whenApproved, approve("zoe"), nothing, "", ""},
		"the actor's own":                 {whenApproved, approve("Alice"), nothing, unproven, "too few"},
		"nobody's":                        {whenApproved, nothing, nothing, unproven, "nobody approved"},
		"of two who are one":              {"{ environment-approval: { min: 2 } }", func(p *ticketPlace) { approve("zoe")(p); approve("zoe")(p) }, nothing, unproven, "at least 2"},
		"rejected meanwhile":              {whenApproved, approve("zoe"), func(p *ticketPlace) { p.g.Approve(webID, runID, "production", "anna", "rejected") }, unproven, "@anna rejected"},
		"an approval where GitHub is out": {whenApproved, approve("zoe"), func(p *ticketPlace) { p.g.Break(testservers.Fault{Path: "/approvals", Status: 500}) }, issuance.CodeProver, "could not be proven"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newTicketPlace(t)
			issuer := testservers.StartIssuer(t, p.claims)
			p.issuer = issuer.URL
			files := p.dated(webFiles())
			files[manifest.Path] = strings.NewReplacer("when: always", "when: "+tt.when, "refs/heads/main }", "refs/heads/main, environment: production }").Replace(files[manifest.Path])
			p.g.Commit(orgID, "main", "anna", p.dated(orgFiles()))
			p.g.Commit(webID, "main", "bob", files)
			tt.before(p)
			records := &recorder{}
			source := oidc.New(oidc.Options{RequestURL: redact.New([]byte(issuer.RequestURL())), RequestToken: redact.New([]byte(issuer.RequestToken))})
			rules := p.governance()
			b, err := issuance.New(issuance.Options{
				Tokens: source, Keys: source, Governance: rules, Records: records, Now: time.Now, Job: "deploy", Issuers: []string{issuer.URL},
				NewID:     func() (string, error) { return "019400d9-0000-7000-8000-000000000000", nil },
				Providers: func(string) (lease.Provider, error) { return made{func() { tt.during(p) }}, nil },
				Provers: map[string]issuance.Prover{
					"ticket": issuance.Tickets{manifest.SystemGitHub: rules.Tickets()}, "environment-approval": rules.Approvals(),
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			_, err = b.Issue(t.Context(), issuance.Request{Grant: "deploy/prod", Task: manifest.Task{Tickets: p.tickets}})
			last := records.got[len(records.got)-1]
			if tt.code == "" {
				if err != nil || last.Type != ledger.LeaseIssued || last.Task.Trigger.Kind == "" {
					t.Errorf("got %v, record %+v", err, last)
				}
				return
			}
			var denied *issuance.DeniedError
			if !errors.As(err, &denied) || !strings.Contains(err.Error(), tt.code) || !strings.Contains(err.Error(), tt.says) || last.Type != ledger.LeaseDenied {
				t.Errorf("got %v, record %s, want %s: %s", err, last.Type, tt.code, tt.says)
			}
		})
	}
}

package doctor_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/doctor"
	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// proving is a fake of what proves tickets: it has one proof, or a fault.
type proving struct {
	p     *manifest.TicketProof
	err   error
	asked *issuance.Case
}

func (p proving) Prove(_ context.Context, c issuance.Case) ([]manifest.Proof, error) {
	*p.asked = c
	if p.p == nil {
		return nil, p.err
	}
	return []manifest.Proof{{Ticket: p.p}}, p.err
}

// errNotAsked marks a store that the examination isn't told to read.
var errNotAsked = errors.New("not asked")

// TestTriggers has a ticket looked at as a lease would, and says what it lacks.
func TestTriggers(t *testing.T) {
	ticket := func(use string) string {
		return "when: { ticket: { system: jira, project: CHG, status: [Approved], references: sha, use: " + use + " } }"
	}
	const either = "when: { any: [{ policy: { rule: data.curfew.deploy.allow } }, { ticket: { system: jira, project: CHG, status: [Approved], references: sha, use: reusable } }] }"
	good := manifest.TicketProof{
		System: manifest.SystemJira, Project: "CHG", ID: "CHG-4411", UID: "10042", Status: "Approved",
		SHA: "9f2c41e09f2c41e09f2c41e09f2c41e09f2c41e0", Approvers: []string{"@zoe"},
	}
	other := good
	other.SHA = strings.Repeat("ab", 20)
	for name, tt := range map[string]struct {
		when  string
		p     proving
		store *store
		want  doctor.Status
		says  string
	}{
		"approved":                  {ticket("reusable"), proving{p: &good}, nil, doctor.OK, "allowed"},
		"for another commit":        {ticket("reusable"), proving{p: &other}, nil, doctor.Wrong, "doesn't name this sha"},
		"none named":                {ticket("reusable"), proving{err: &issuance.UnprovenError{Why: "the job names no ticket: say which by --ticket"}}, nil, doctor.Wrong, "--ticket"},
		"nobody can look":           {ticket("reusable"), proving{err: errors.New("no token for Jira: expected JIRA_TOKEN")}, nil, doctor.Wrong, "expected JIRA_TOKEN"},
		"or a rule, which may hold": {either, proving{err: errors.New("no token for Jira: expected JIRA_TOKEN")}, nil, doctor.Unchecked, "expected JIRA_TOKEN"},
		"once, and no store":        {ticket("once"), proving{p: &good}, nil, doctor.Wrong, "no-shared-store"},
		"once, not asked":           {ticket("once"), proving{p: &good}, &store{err: errNotAsked}, doctor.Unchecked, "is unknown"},
		"once, unused":              {ticket("once"), proving{p: &good}, &store{}, doctor.OK, "allowed"},
		"once, used":                {ticket("once"), proving{p: &good}, &store{alive: 1}, doctor.Wrong, "was used already"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.edit("when: always", tt.when)
			w.rules.Facts.Run = &manifest.Run{TriggeringActor: "@alice"}
			if tt.store != nil {
				w.opens(tt.store)
				if errors.Is(tt.store.err, errNotAsked) {
					w.o.Store = nil
				}
			}
			w.org += "systems: { jira: { url: \"https://jira.acme.example\", projects: [CHG] } }\n"
			var asked issuance.Case
			tt.p.asked = &asked
			w.o.Task.Tickets = []string{"CHG-4411"}
			w.o.Provers = map[string]issuance.Prover{"ticket": tt.p}
			f := w.examine()["decision deploy/vault"]
			if f.Status != tt.want || !strings.Contains(f.Message+text(f), tt.says) {
				t.Errorf("%s %s", f.Status, text(f))
			}
			if !slices.Equal(asked.Tickets, w.o.Task.Tickets) || asked.Owner != "@acme/web" || asked.System == nil || asked.System.URL != "https://jira.acme.example" || asked.Grant != "deploy/vault" {
				t.Errorf("asked for %+v", asked)
			}
		})
	}
}

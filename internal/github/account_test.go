package github

import (
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/issuance"
)

// TestAccount: whom a policy names is told from who started the run by his id, whatever he is called by now.
func TestAccount(t *testing.T) {
	renamed := func(p *place) { p.g.RenameAccount("alice", "alison") }
	for name, tt := range map[string]struct {
		alter  func(p *place)
		handle string
		want   string // "" for nobody
		says   string // of the error
	}{
		"another":                      {func(*place) {}, "@zoe", "@zoe", ""},
		"in another case":              {func(*place) {}, "@Zoe", "@Zoe", ""},
		"the actor":                    {func(*place) {}, "@alice", "@alice", ""},
		"the actor's new name":         {renamed, "@alison", "@alice", ""},
		"the name that the actor had":  {renamed, "@alice", "", ""},
		"who started this attempt":     {func(p *place) { p.g.RenameAccount("bob", "robert"); restarted(p, "bob") }, "@robert", "@bob", ""},
		"a bot":                        {func(*place) {}, "@deploy[bot]", "", ""},
		"no name":                      {func(*place) {}, "@../orgs", "", "is nobody"},
		"a name that now is another's": {func(p *place) { p.answers("/users/zoe", says(200, `{"login":"mallory","id":9,"type":"User"}`)) }, "@zoe", "", ""},
		"moved":                        {func(p *place) { p.answers("/users/zoe", says(301, "", "Location", p.g.API()+"/users/mallory")) }, "@zoe", "", "it was moved"},
		"out of order":                 {func(p *place) { p.answers("/users/zoe", says(502, "")) }, "@zoe", "", "run the job again"},
		"nobody's id in the token":     {func(p *place) { delete(p.claims, "actor_id") }, "@zoe", "", "the token's actor_id is absent"},
		"no id in the token":           {func(p *place) { p.claims["actor_id"] = "alice" }, "@zoe", "", "isn't known by an id"},
		"runs that can't be read":      {func(p *place) { p.answers("/attempts/1", says(403, "{}")) }, "@zoe", "", `"actions: read"`},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			tt.alter(p)
			got, err := p.governance().Account(t.Context(), issuance.Case{Who: p.who()}, tt.handle)
			if got != tt.want || (err != nil) != (tt.says != "") || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

// restarted begins the run's second attempt, by somebody else than the first.
func restarted(p *place, by string) {
	p.claims["run_attempt"] = "2"
	p.g.Start(webID, runID, 2, p.web, "push", by, p.now)
}

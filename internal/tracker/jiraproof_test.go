package tracker_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/tracker"
)

const (
	commit  = "9f2c41e09f2c41e09f2c41e09f2c41e09f2c41e0"
	another = "77ad01b0aa0b1c2d3e4f5061728394a5b6c7d8e9"
)

// asking is what a job asks of a system of tickets.
func asking(system manifest.TicketSystem, url, project, ref string) issuance.Case {
	return issuance.Case{
		Tickets: []string{"acme/web#1", ref}, Now: start,
		System: &manifest.System{URL: url, Projects: []string{project}, People: map[string]string{
			"anna-1": "@anna", "alice-1": "@alice", "app-1": "@robot", strings.Repeat("a", 32): "@anna", strings.Repeat("b", 32): "@bea",
		}},
		Trigger: manifest.Trigger{Ticket: &manifest.TicketTrigger{
			System: system, Project: project, Status: []string{"Approved"}, References: manifest.ReferenceSHA, Use: manifest.UseOnce,
		}},
	}
}

// accounts is the platform: @former is nobody by now, @alison is @alice's name now, and of @unseen nobody learns anything.
func accounts(_ context.Context, c issuance.Case, handle string) (string, error) {
	switch {
	case c.Trigger.Ticket == nil:
		return "", errors.New("which case?")
	case handle == "@unseen":
		return "", errors.New("GitHub answers 502")
	}
	if now, ok := map[string]string{"@former": "", "@alison": "@alice"}[handle]; ok {
		return now, nil
	}
	return handle, nil
}

func (j *changeJira) prover() tracker.JiraProver {
	c := &clock{at: start}
	p := tracker.JiraProver{Options: tracker.Options{Now: c.now, Sleep: c.sleep, Timeout: 2 * time.Second, Budget: 5 * time.Second}, Token: token(), Accounts: accounts}
	if j.cloud {
		p.Email = "bot@acme.example"
	}
	return p
}

// TestJiraProof: who moved the issue approved its wording as it was then.
func TestJiraProof(t *testing.T) {
	approve := func(j *changeJira) {
		j.describe("https://github.com/acme/web/commit/" + commit)
		j.move("anna-1", "Approved")
	}
	then := func(more func(j *changeJira)) func(j *changeJira, c *issuance.Case) {
		return func(j *changeJira, _ *issuance.Case) { approve(j); more(j) }
	}
	as := func(alter func(c *issuance.Case)) func(j *changeJira, c *issuance.Case) {
		return func(j *changeJira, c *issuance.Case) { approve(j); alter(c) }
	}
	says := func(with http.HandlerFunc) func(j *changeJira, c *issuance.Case) {
		return then(func(j *changeJira) { j.with = with })
	}
	good := manifest.TicketProof{System: manifest.SystemJira, Project: "CHG", ID: "CHG-4411", UID: "10042", Status: "Approved", SHA: commit, Approvers: []string{"@anna"}}
	with := func(alter func(p *manifest.TicketProof)) *manifest.TicketProof { p := good; alter(&p); return &p }
	for name, tt := range map[string]struct {
		alter func(j *changeJira, c *issuance.Case)
		want  *manifest.TicketProof // nil for none
		says  string                // of the error
	}{
		"as it should": {then(func(*changeJira) {}), &good, ""},
		"a long history": {then(func(j *changeJira) {
			for range 300 {
				j.change("alice-1", map[string]any{"field": "labels"})
			}
		}), &good, ""},
		"approved twice": {then(func(j *changeJira) { j.move("anna-1", "Open"); j.move("anna-1", "Approved") }), &good, ""},
		"wording on the screen of the transition": {func(j *changeJira, _ *issuance.Case) {
			j.text = commit
			j.move("anna-1", "Approved", map[string]any{"field": "description", "toString": commit})
		}, &good, ""},
		"in the summary": {func(j *changeJira, _ *issuance.Case) { j.summary = "Deploy " + commit; j.move("anna-1", "Approved") }, &good, ""},
		"a run": {func(j *changeJira, c *issuance.Case) {
			c.Trigger.Ticket.References = manifest.ReferenceRun
			j.describe("https://github.com/acme/web/actions/runs/12055500123")
			j.move("anna-1", "Approved")
		}, with(func(p *manifest.TicketProof) { p.SHA, p.Run = "", "12055500123" }), ""},

		"approved by the actor": {then(func(j *changeJira) { j.move("alice-1", "Open"); j.move("alice-1", "Approved") }), with(func(p *manifest.TicketProof) { p.Approvers = []string{"@alice"} }), ""},
		"not approved":          {then(func(j *changeJira) { j.move("anna-1", "Done") }), with(func(p *manifest.TicketProof) { p.Status, p.SHA, p.Approvers = "Done", "", nil }), ""},
		"names nothing":         {func(j *changeJira, _ *issuance.Case) { j.describe("please"); j.move("anna-1", "Approved") }, with(func(p *manifest.TicketProof) { p.SHA = "" }), ""},
		"of another commit":     {func(j *changeJira, _ *issuance.Case) { j.describe(another); j.move("anna-1", "Approved") }, with(func(p *manifest.TicketProof) { p.SHA = another }), ""},
		"by a stranger":         {then(func(j *changeJira) { j.move("mallory-1", "Open"); j.move("mallory-1", "Approved") }), nil, `the account "mallory-1" (Somebody), and who that is on the platform isn't said`},
		"by the actor under a name of his that is new": {as(func(c *issuance.Case) { c.System.People["anna-1"] = "@alison" }), with(func(p *manifest.TicketProof) { p.Approvers = []string{"@alice"} }), ""},
		"by who has another name by now":               {as(func(c *issuance.Case) { c.System.People["anna-1"] = "@former" }), nil, "nobody on the platform is called @former any more: have systems.jira.people"},
		"by whom the platform tells nothing of":        {as(func(c *issuance.Case) { c.System.People["anna-1"] = "@unseen" }), nil, "who @unseen is, whom systems.jira.people names: GitHub answers 502"},
		"made in this status":                          {func(j *changeJira, _ *issuance.Case) { j.status, j.text = "Approved", commit }, nil, "doesn't say who gave it"},
		"another wording":                              {then(func(j *changeJira) { j.describe(commit) }), nil, "got another description after it was approved"},
		"another summary":                              {then(func(j *changeJira) { j.change("alice-1", map[string]any{"field": "summary"}) }), nil, "got another summary after"},
		"another project meanwhile": {then(func(j *changeJira) {
			j.change("mallory-1", map[string]any{"field": "project"}, map[string]any{"field": "Key"})
		}), nil, "after it was approved"},
		"moved to another project": {then(func(j *changeJira) { j.key, j.project = "PAY-1", "PAY" }), nil, "is called PAY-1 by now, in the project PAY"},
		"another key":              {then(func(j *changeJira) { j.key = "CHG-9" }), nil, "is called CHG-9 by now"},
		"two commits": {func(j *changeJira, _ *issuance.Case) {
			j.describe(commit + " " + another)
			j.move("anna-1", "Approved")
		}, nil, "names several"},
		"a field that calls itself status": {func(j *changeJira, _ *issuance.Case) {
			j.text, j.status = commit, "Approved"
			j.change("anna-1", map[string]any{"field": "status", "fieldtype": "custom", "to": "10001", "toString": "Approved"})
		}, nil, "doesn't say who gave it"},
		"a history that says otherwise": {then(func(j *changeJira) { j.status = "Open"; j.move("anna-1", "Done"); j.status = "Approved" }), nil, "doesn't say who gave it"},
		"half of a history":             {then(func(j *changeJira) { j.total = 3 }), nil, "entries, and"},
		"a key of another project":      {as(func(c *issuance.Case) { c.Tickets = []string{"PAY-1"} }), nil, "isn't in the project CHG"},
		"a key that climbs":             {as(func(c *issuance.Case) { c.Tickets = []string{"CHG-1/../../user", "CHG-0", "chg-1", "CHG-4411\n"} }), nil, "none of the tickets that the job names is one of jira's"},
		"an absent issue":               {as(func(c *issuance.Case) { c.Tickets = []string{"CHG-1"} }), nil, "answered 404"},
		"no address":                    {as(func(c *issuance.Case) { c.System = nil }), nil, "systems.jira of the organisation's policy"},
		"nobody is named":               {as(func(c *issuance.Case) { c.System.People = nil }), nil, "systems.jira.people"},
		"hostile words": {says(func(w http.ResponseWriter, r *http.Request) {
			refuse(w, 403, "no\n\x1b[2J "+r.Header.Get("Authorization"))
		}), nil, "may the token's account do that?"},
		"nonsense":     {says(raw(200, `{"id":`)), nil, "no JSON that is right"},
		"another kind": {says(raw(200, `{"id":"1","key":"CHG-4411","fields":{"project":{"key":"CHG"}}}`)), nil, "expected its id and status"},
		"out of order": {says(raw(500, "")), nil, "answered 500"},
		"too many":     {says(raw(429, "")), nil, "429"},
	} {
		for _, cloud := range []bool{true, false} {
			t.Run(name+map[bool]string{true: ", Cloud", false: ", Data Center"}[cloud], func(t *testing.T) {
				j := startChangeJira(t, cloud)
				c := asking(manifest.SystemJira, j.URL, "CHG", "CHG-4411")
				tt.alter(j, &c)
				got, err := j.prover().Prove(t.Context(), c)
				judge(t, got, err, tt.want, tt.says)
			})
		}
	}
}

// judge compares what a prover gave with what it should.
func judge(t *testing.T, got []manifest.Proof, err error, want *manifest.TicketProof, says string) {
	t.Helper()
	if want == nil {
		if err == nil || got != nil || !strings.Contains(err.Error(), says) || strings.ContainsAny(err.Error(), "\n\x1b") || strings.Contains(err.Error(), string(token().Reveal())) {
			t.Errorf("got %v, %v, want %q", got, err, says)
		}
		return
	}
	if diff := cmp.Diff([]manifest.Proof{{Ticket: want}}, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

// TestJiraProofSeen: a commit counts where who approves the description could see it, and nowhere else in the document.
func TestJiraProofSeen(t *testing.T) {
	type node = map[string]any
	seen := node{"type": "text", "text": "Deploy it"}
	address := "https://github.com/acme/web/commit/" + commit
	for name, tt := range map[string]struct {
		node node
		want string
	}{
		"text":                     {node{"type": "text", "text": "Deploy " + commit}, commit},
		"code":                     {node{"type": "codeBlock", "content": []any{node{"type": "text", "text": commit}}}, commit},
		"a card":                   {node{"type": "blockCard", "attrs": node{"url": address}}, commit},
		"a link":                   {node{"type": "text", "text": "this", "marks": []any{node{"type": "link", "attrs": node{"href": address}}}}, commit},
		"parameters of a macro":    {node{"type": "extension", "attrs": node{"extensionKey": "x", "text": commit, "parameters": node{"text": commit, "url": address}}}, ""},
		"an id":                    {node{"type": "paragraph", "attrs": node{"localId": commit}, "content": []any{seen}}, ""},
		"an attribute called text": {node{"type": "paragraph", "attrs": node{"text": commit, "href": address}, "content": []any{seen}}, ""},
		"content of no node":       {node{"type": "paragraph", "content": node{"text": commit}}, ""},
	} {
		j := startChangeJira(t, true)
		j.content = []any{node{"type": "paragraph", "content": []any{seen, tt.node}}}
		j.move("anna-1", "Approved")
		got, err := j.prover().Prove(t.Context(), asking(manifest.SystemJira, j.URL, "CHG", "CHG-4411"))
		if err != nil || len(got) != 1 || got[0].Ticket.SHA != tt.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// TestJiraProofStays: an app's account approves nothing, and a redirect takes the token nowhere.
func TestJiraProofStays(t *testing.T) {
	j := startChangeJira(t, true)
	j.text = commit
	j.move("app-1", "Approved")
	c := asking(manifest.SystemJira, j.URL, "CHG", "CHG-4411")
	got, err := j.prover().Prove(t.Context(), c)
	judge(t, got, err, nil, `approved by the account ""`)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirect was followed") }))
	t.Cleanup(elsewhere.Close)
	j.with = func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusMovedPermanently)
	}
	got, err = j.prover().Prove(t.Context(), c)
	judge(t, got, err, nil, "isn't followed")
	p := j.prover()
	p.Accounts, j.with = nil, nil
	j.move("anna-1", "Open")
	j.move("anna-1", "Approved")
	got, err = p.Prove(t.Context(), c)
	judge(t, got, err, nil, "nothing here knows the platform's accounts")
	p.Token = tracker.JiraProver{}.Token
	got, err = p.Prove(t.Context(), c)
	judge(t, got, err, nil, "expected JIRA_TOKEN in the environment")
}

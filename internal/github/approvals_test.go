package github

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// TestApprovals: who approved the token's environment, in the token's run, in its only attempt.
func TestApprovals(t *testing.T) {
	const production, staging = "production", "staging"
	approve := func(environment, by, state string) func(p *place) {
		return func(p *place) { p.g.Approve(webID, runID, environment, by, state) }
	}
	const none = "nobody approved the environment production"
	for name, tt := range map[string]struct {
		alter func(p *place)
		want  string // of the error; "" for a proof
		by    []string
	}{
		"one": {approve(production, "zoe", "approved"), "", []string{"@zoe"}},
		"two, and a bot": {func(p *place) {
			approve(production, "zoe", "approved")(p)
			approve(production, "ci[bot]", "approved")(p)
			approve(production, "anna", "approved")(p)
		}, "", []string{"@zoe", "@anna"}},
		"the actor":               {approve(production, "alice", "approved"), "", []string{"@alice"}}, // whom the decision bars
		"the actor by a new name": {func(p *place) { p.g.RenameAccount("alice", "alison"); approve(production, "alison", "approved")(p) }, "", []string{"@alice"}},
		"nobody":                  {func(*place) {}, none, nil},
		"another environment":     {approve(staging, "zoe", "approved"), none, nil},
		"one that begins so":      {approve("production-eu", "zoe", "approved"), none, nil},
		"another case":            {approve("Production", "zoe", "approved"), none, nil},
		"a bot":                   {approve(production, "deploy[bot]", "approved"), none, nil},
		"pending":                 {approve(production, "zoe", "pending"), none, nil},
		"rejected":                {approve(production, "zoe", "rejected"), "@zoe rejected", nil},
		"rejected, then approved": {func(p *place) { approve(production, "anna", "rejected")(p); approve(production, "zoe", "approved")(p) }, "@anna rejected", nil},
		"rejected elsewhere":      {func(p *place) { approve(staging, "anna", "rejected")(p); approve(production, "zoe", "approved")(p) }, "", []string{"@zoe"}},
		"another run":             {func(p *place) { p.g.Approve(webID, runID+1, production, "zoe", "approved") }, none, nil},
		"another repository":      {func(p *place) { p.g.Approve(orgID, runID, production, "zoe", "approved") }, none, nil},
		"an earlier attempt": {func(p *place) {
			approve(production, "zoe", "approved")(p)
			p.g.Start(webID, runID, 2, p.web, "push", "zoe", p.now.Add(-20*time.Minute))
			p.claims["run_attempt"] = "2"
		}, "this one is a re-run: start a new run", nil},
		"a run of another commit": {func(p *place) {
			approve(production, "zoe", "approved")(p)
			p.g.Start(webID, runID, 1, p.org, "push", "alice", p.now.Add(-20*time.Minute))
		}, "about the commit", nil},
		"no environment": {func(p *place) { delete(p.claims, "environment") }, "runs in no environment", nil},
		"not GitHub's": {func(p *place) {
			p.claims = map[string]any{"project_id": "1", "sub": "x", "environment": production, "job_id": "1"}
		}, "isn't one of GitHub's", nil},
		"not for the token": {func(p *place) {
			p.answers("/approvals", says(403, `{"message":"Resource not accessible by integration"}`))
		}, `let the token have "actions: read" on acme/web`, nil},
		"moved": {func(p *place) {
			p.answers("/approvals", says(301, "", "Location", p.g.API()+"/repositories/55/actions/runs/1/approvals"))
		}, "it was moved", nil},
		"nonsense": {func(p *place) { p.answers("/approvals", says(200, `{"environments":[]}`)) }, "can't be read", nil},
		"cut off": {func(p *place) {
			approve(production, "zoe", "approved")(p)
			p.g.Break(testservers.Fault{Path: "/approvals", Truncated: true})
		}, "unexpected EOF", nil},
		"out of order": {func(p *place) { p.g.Break(testservers.Fault{Path: "/approvals", Status: 503}) }, "run the job again", nil},
		"nobody by his name": {func(p *place) {
			p.answers("/approvals", says(200, `[{"state":"approved","environments":[{"name":"production"}],"user":{"login":"zoe\n","id":3,"type":"User"}}]`))
		}, none, nil},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			tt.alter(p)
			got, err := p.governance().Approvals().Prove(t.Context(), issuance.Case{
				Who: p.who(), Now: p.now, Trigger: manifest.Trigger{EnvironmentApproval: &manifest.EnvironmentTrigger{Min: 1}},
			})
			if tt.want != "" {
				if err == nil || got != nil || !strings.Contains(err.Error(), tt.want) || strings.ContainsAny(err.Error(), "\n\x1b") {
					t.Errorf("got %v, %v, want %q", got, err, tt.want)
				}
				return
			}
			want := []manifest.Proof{{EnvironmentApproval: &manifest.ApprovalProof{Environment: production, Approvers: tt.by}}}
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}

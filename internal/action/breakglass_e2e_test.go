//go:build e2e

package action_test

import (
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/testservers"
)

// emergency leases by break-glass what would need a ticket.
const emergency = `on: workflow_dispatch
permissions: { contents: read, actions: read, id-token: write, issues: write }
jobs:
  deploy:
    runs-on: ubuntu-latest
    environment: production
    steps:
      - uses: actions/checkout@v5
      - id: lease
        uses: ACTION
        with:
          command: lease
          grant: deploy/ticketed
          break-glass: oncall
          incident: INC-7
          reason: "REASON"
          args: --issuer=ISSUER
      - run: printf %s "$VAULT_TOKEN" >"$KEEP/vault"
      - name: tell
        if: always()
        run: echo "lease-id is '$ID', and there is ${VAULT_TOKEN:+a token}"
        env: { ID: "${{ steps.lease.outputs.lease-id }}" }
`

// breakGlass: the action's inputs for an emergency lead to a lease that its reviewers are told of first, in an issue; and to none, and no issue,
// where something is missing, which is said.
func breakGlass(t *testing.T, w *world) {
	const hostile = "down: ::error::x **@acme/everyone**"
	for name, tt := range map[string]struct {
		reason, actor string
		org           string // the organisation's policy
		says          string // of a denial
	}{
		"in an emergency":  {hostile, "alice", w.orgFile, ""},
		"without a store":  {hostile, "alice", w.orgFile[:strings.Index(w.orgFile, "ledger:")], "break-glass needs a ledger store that all runs share [no-shared-store]"},
		"without a reason": {"", "alice", w.orgFile, "needs reason"},
		"by somebody else": {hostile, "eve", w.orgFile, "isn't known to be one who may break the glass"},
		"in several lines": {`a\n::set-output name=x::y`, "alice", w.orgFile, `input "reason": it has several lines`},
	} {
		t.Run(name, func(t *testing.T) {
			j, hub := w.emergency(t, tt.reason, tt.actor, tt.org)
			j.run(tt.says == "")
			j.hides(hub.Token)
			if tt.says != "" {
				j.says(tt.says, "lease-id is '', and there is \n", "::error title=curfew::")
				if n := len(hub.Issues(webRepo)); n != 0 {
					t.Errorf("%d issues", n)
				}
				return
			}
			j.says("and there is a token\n", ": revoked (", "::notice title=curfew::records: in the organisation's store")
			j.dead(j.kept("vault"))
			j.hides(j.kept("vault"))
			_, rest, _ := strings.Cut(j.log, "lease-id is '")
			id, _, _ := strings.Cut(rest, "'")
			if got := types(j.recorded(id)); got != "break-glass.used intent issued revoked" {
				t.Errorf("records of %s: %s", id, got)
			}
			issues := hub.Issues(webRepo)
			if len(issues) != 1 || !strings.Contains(issues[0].Body, id) || !strings.Contains(issues[0].Body, "INC-7") || strings.Contains(issues[0].Body, "@acme/everyone") {
				t.Errorf("issues %+v", issues)
			}
		})
	}
}

// emergency is such a job, dispatched by somebody.
func (w *world) emergency(t *testing.T, reason, actor, org string) (*job, *testservers.GitHub) {
	t.Helper()
	j, hub := w.job(t, strings.ReplaceAll(emergency, "REASON", reason), nil), w.newHub(t)
	hub.Commit(orgRepo, "main", "anna", map[string]string{"curfew/org.yml": org})
	hub.Team("acme/appsec", "zoe")
	sha, _ := testservers.JobClaims()["sha"].(string)
	hub.Start(webRepo, 1, 1, sha, "workflow_dispatch", actor, time.Now())
	j.event = "workflow_dispatch"
	j.at(hub).withIdentity()
	j.flags = append(j.flags, "--actor", actor, "--env", "ACTIONS_ID_TOKEN_REQUEST_URL="+w.tokensOf(t, map[string]any{"event_name": "workflow_dispatch", "actor": actor}))
	return j, hub
}

//go:build e2e

package cli_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/testservers"
)

const ticketGrants = `      ticket:
        vault: { address: "VAULT", mount: jwt, role: deploy, audience: vault }
        ttl: 30m
        when: { ticket: { system: github, project: acme/web, status: [approved], references: sha, use: USE } }
      approved:
        vault: { address: "VAULT", mount: jwt, role: deploy, audience: vault }
        ttl: 30m
        when: { environment-approval: { min: 1 } }
      jira:
        vault: { address: "VAULT", mount: jwt, role: deploy, audience: vault }
        ttl: 30m
        when: { ticket: { system: jira, project: CHG, status: [Approved], references: sha, use: reusable } }
`

// newTicketed is a hosted site whose grants are for tickets and approvals. Ticket 1 is approved by an owner.
func newTicketed(t *testing.T, use, policy string) *hosted {
	t.Helper()
	h := newHosted(t, nil)
	h.commit(func(web, org map[string]string) {
		web[".github/curfew.yml"] += strings.NewReplacer("VAULT", h.URL, "USE", use).Replace(ticketGrants)
		org["curfew/org.yml"] += policy
	})
	sha, _ := testservers.JobClaims()["sha"].(string)
	h.github.Team("acme/web", "zoe", "alice")
	h.github.Open(webRepo, "alice", "Deploy it")
	h.github.Say(webRepo, 1, "zoe", "Go: "+sha)
	h.github.Label(webRepo, 1, "zoe", "approved")
	return h
}

// TestE2ETicketed leases by a ticket and by an approval, from whom may give them alone.
func TestE2ETicketed(t *testing.T) {
	h := newTicketed(t, "reusable", "")
	sha, _ := testservers.JobClaims()["sha"].(string)
	t.Run("a ticket", func(t *testing.T) {
		h.leases(t, "deploy/ticket", "--ticket", "#1")
		h.denies(t, "say which by --ticket", "deploy/ticket")
		h.denies(t, "GitHub answers 404", "deploy/ticket", "--ticket", "acme/web#9")
		if code, out, errs := h.run("doctor", "--grant", "deploy/ticket", "--ticket", "#9"); code != 1 || !strings.Contains(out, "GitHub answers 404") {
			t.Errorf("exit status %d\n%s%s", code, out, errs)
		}
	})
	t.Run("the actor's own", func(t *testing.T) {
		h.github.Unlabel(webRepo, 1, "zoe", "approved")
		h.github.Say(webRepo, 1, "alice", sha)
		h.github.Label(webRepo, 1, "alice", "approved")
		h.denies(t, "too few have approved who may", "deploy/ticket", "--ticket", "#1")
	})
	t.Run("an approval", func(t *testing.T) {
		h.denies(t, "nobody approved the environment production", "deploy/approved")
		h.github.Approve(webRepo, 12055500123, "production", "alice", "approved")
		h.denies(t, "too few have approved who may", "deploy/approved")
		h.github.Approve(webRepo, 12055500123, "production", "zoe", "approved")
		h.leases(t, "deploy/approved")
	})
}

// TestE2ETicketOnce lets 20 jobs race for a ticket for one use, through a store that is real: one has it, whatever becomes of
// its lease.
func TestE2ETicketOnce(t *testing.T) {
	h := newTicketed(t, "once", "")
	h.denies(t, "use: once needs a ledger store", "deploy/ticket", "--ticket", "#1")
	c := h.newCloud(jobPolicy, "acme-curfew")
	h.commit(func(_, org map[string]string) {
		org["curfew/org.yml"] += fmt.Sprintf("ledger:\n  store: s3://acme-curfew/ledger\n  role: %q\n  audience: %s\n  region: us-east-1\n  endpoint: %q\n  collector: %s\n",
			c.role, stsAudience, c.URL, testservers.JobClaims()["job_workflow_ref"])
	})
	h.temp = t.TempDir()
	h.env = append(h.env, "RUNNER_TEMP="+h.temp)
	var outs, errs [20]bytes.Buffer
	var cmds [20]*exec.Cmd
	for i := range cmds {
		cmds[i] = h.command("exec", "--grant", "deploy/ticket", "--ticket", "acme/web#1", "--", "sh", "-c", "echo it ran")
		cmds[i].Stdout, cmds[i].Stderr = &outs[i], &errs[i]
		if err := cmds[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	ran := 0
	for i, cmd := range cmds {
		err := cmd.Wait()
		said := errs[i].String()
		switch {
		case err == nil && outs[i].String() == "it ran\n":
			ran++
		case outs[i].Len() > 0 || !strings.Contains(said, "limit-reached") && !strings.Contains(said, "was used already"):
			t.Errorf("%v\n%s%s", err, &outs[i], said)
		}
	}
	if ran != 1 || h.alive() != 0 {
		t.Errorf("%d ran, %d tokens live", ran, h.alive())
	}
	h.denies(t, "was used already", "deploy/ticket", "--ticket", "#1")
	h.denies(t, "was used already", "deploy/ticket", "--ticket", "ACME/web#1")
}

// TestE2ETicketInJira leases by a ticket of a fake of Jira Cloud, to which alone the token goes: the command doesn't get it.
func TestE2ETicketInJira(t *testing.T) {
	const secret = "made-up-token-of-jira"
	sha, _ := testservers.JobClaims()["sha"].(string)
	by := "alice-1"
	jira := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if email, token, _ := r.BasicAuth(); email != "bot@acme.example" || token != secret {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if strings.HasSuffix(r.URL.Path, "/changelog") {
			_, _ = fmt.Fprintf(w, `{"total":1,"values":[{"id":"1","created":"2026-11-28T12:00:00.000+0000","author":{"accountId":%q},"items":[{"field":"status","fieldtype":"jira","to":"3"}]}]}`, by)
			return
		}
		_, _ = fmt.Fprintf(w, `{"id":"10042","key":"CHG-4411","fields":{"project":{"key":"CHG"},"status":{"id":"3","name":"Approved"},"summary":"Deploy %s"}}`, sha)
	}))
	t.Cleanup(jira.Close)
	h := newTicketed(t, "reusable", fmt.Sprintf("systems: { jira: { url: %q, projects: [CHG], people: { zoe-1: \"@zoe\", alice-1: \"@alice\" } } }\n", jira.URL))
	h.denies(t, "expected JIRA_TOKEN in the environment", "deploy/jira", "--ticket", "CHG-4411")
	h.env = append(h.env, "JIRA_EMAIL=bot@acme.example", "JIRA_TOKEN="+secret)
	h.denies(t, "too few have approved who may", "deploy/jira", "--ticket", "CHG-4411")
	by = "zoe-1"
	h.leases(t, "deploy/jira", "--ticket", "CHG-4411")
	code, out, errs := h.run("exec", "--grant", "deploy/jira", "--ticket", "CHG-4411", "--", "env")
	if code != 0 || strings.Contains(out+errs, secret) || strings.Contains(out, "JIRA_TOKEN") {
		t.Errorf("exit status %d\n%s%s", code, out, errs)
	}
	h.github.RenameAccount("zoe", "zoey") // whom the policy knows by the old name: she might have started the run
	h.denies(t, "nobody on the platform is called @zoe any more", "deploy/jira", "--ticket", "CHG-4411")
	by = "alice-1"
	h.denies(t, "too few have approved who may", "deploy/jira", "--ticket", "CHG-4411")
}

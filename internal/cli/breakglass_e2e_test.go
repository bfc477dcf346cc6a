//go:build e2e

package cli_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/testservers"
)

const glassEntry = `break-glass:
  oncall:
    grants: [deploy/vault]
    activators: ["@alice", "@acme/oncall"]
    requires: [incident, reason]
    ttl: 30m
    max-uses: { count: 3, per: 30d }
    review: { within: 1d, by: "@acme/appsec", on-missed: suspend }
`

// emergencySite is a hosted site whose manifest has break-glass, with a real store.
type emergencySite struct {
	*hosted
	cloud  *cloud
	claims map[string]any // of the next job's tokens
	env0   []string
}

func newEmergency(t *testing.T) *emergencySite {
	t.Helper()
	s := &emergencySite{claims: map[string]any{"event_name": "workflow_dispatch"}}
	s.hosted = newHosted(t, s.claims)
	s.cloud = s.newCloud(jobPolicy, "acme-curfew")
	s.commit(func(web, org map[string]string) {
		web[".github/curfew.yml"] += glassEntry
		org["curfew/org.yml"] += fmt.Sprintf("ledger:\n  store: s3://acme-curfew/ledger\n  role: %q\n  audience: %s\n  region: us-east-1\n  endpoint: %q\n  collector: %s\n",
			s.cloud.role, stsAudience, s.cloud.URL, testservers.JobClaims()["job_workflow_ref"])
	})
	s.file("org/curfew/org.yml", s.org["curfew/org.yml"])
	s.github.Team("acme/oncall", "dora")
	s.github.Team("acme/appsec", "zoe", "dora")
	s.env0 = s.env
	s.start(12055500123, "alice")
	return s
}

// accounts are the numbers of people's accounts.
func accounts() map[string]string {
	return map[string]string{"alice": "1001", "dora": "1002", "zoe": "1003", "mallory": "1004", "collector": "1005"}
}

// start begins a run that somebody has dispatched.
func (s *emergencySite) start(run int64, actor string) {
	s.t.Helper()
	id := strconv.FormatInt(run, 10)
	s.claims["run_id"], s.claims["actor"], s.claims["actor_id"] = id, actor, accounts()[actor]
	sha, _ := testservers.JobClaims()["sha"].(string)
	s.github.Start(webRepo, run, 1, sha, "workflow_dispatch", actor, time.Now())
	s.temp = s.t.TempDir()
	s.env = append(s.env0[:len(s.env0):len(s.env0)], "RUNNER_TEMP="+s.temp, "GITHUB_RUN_ID="+id, "GITHUB_ACTOR="+actor, "GITHUB_ACTOR_ID="+accounts()[actor], "GITHUB_EVENT_NAME=workflow_dispatch")
}

// emergency asks for emergency access and runs a command with it.
func (s *emergencySite) emergency(args ...string) (code int, out, errs string) {
	s.t.Helper()
	return s.run("exec", append([]string{"--grant", "deploy/vault", "--break-glass", "oncall"}, append(args, "--", "sh", "-c", "echo it ran with ${VAULT_TOKEN:+a token}")...)...)
}

// collected has the collector's job collect and attest, and returns the log's records in a file.
func (s *emergencySite) collected(run int64) string {
	s.t.Helper()
	s.start(run, "collector")
	s.env = append(s.env, "AWS_ACCESS_KEY_ID="+s.cloud.root.id, "AWS_SECRET_ACCESS_KEY="+s.cloud.root.secret)
	src, err := inventory.Encode(guardedInventory(time.Now().Truncate(time.Second), nil))
	if err != nil {
		s.t.Fatal(err)
	}
	s.file("web.json", string(src))
	for _, args := range [][]string{{"collect"}, {"attest", "--inventory", "web.json"}, {"export"}} {
		code, out, errs := s.run("ledger", append(args, "--org-policy", "org")...)
		if code != 0 {
			s.t.Fatalf("%q: exit status %d\n%s%s", args, code, out, errs)
		}
		s.file("records.jsonl", out)
	}
	return filepath.Join(s.dir, "records.jsonl")
}

// overdue leaves the slot of a use of three days ago whose job's records were lost with its machine.
func (s *emergencySite) overdue() string {
	s.t.Helper()
	const id, run = "01JD9Z6Q4T8K0000000000000A", "11000"
	bucket, err := ledger.NewS3(ledger.S3Options{
		Endpoint: s.cloud.URL, Region: "us-east-1", Bucket: "acme-curfew", Prefix: "ledger/", Now: time.Now,
		Credentials: func(context.Context) (ledger.S3Credentials, error) {
			return ledger.S3Credentials{KeyID: s.cloud.root.id, Secret: redact.New([]byte(s.cloud.root.secret))}, nil
		},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	then := time.Now().AddDate(0, 0, -3)
	_, err = ledger.Slots{Store: bucket, Now: func() time.Time { return then }}.Take(s.t.Context(), ledger.Claim{
		Key: []string{"break-glass", "987654", "oncall"}, Limit: 3, Holder: id, NotAfter: then.AddDate(0, 0, 30),
		Use: &ledger.Use{Grant: "deploy/vault", Activator: "@alice", ActivatorID: "1001", RunID: run, Attempt: 1, Ticket: "acme/web#7"},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return ledger.UseName("987654", run, id)
}

// TestE2EBreakGlass goes the way of an emergency: who may not use it is told so; who may is told of to the reviewers first,
// in an issue; a review that is overdue suspends the identity, and only the review of who may review ends that. Vault and
// store are real; GitHub and the issuer are fakes of ours.
func TestE2EBreakGlass(t *testing.T) {
	s := newEmergency(t)
	const hostile = "down: **@acme/everyone** ::error::x <!--"
	refused := func(says string, args ...string) {
		t.Helper()
		code, out, errs := s.emergency(args...)
		if code != 125 || out != "" || s.alive() != 0 || !strings.Contains(errs, says) {
			t.Errorf("exit status %d, %d tokens live, expected to be told %q\n%s%s", code, s.alive(), says, out, errs)
		}
	}
	refused("needs reason", "--incident", "INC-7")
	refused("in one line", "--incident", "INC-7", "--reason", "a\n::set-output name=x::y")
	s.github.Break(testservers.Fault{Path: "/issues", Status: http.StatusForbidden, Times: 1})
	refused("reviewers-untold", "--incident", "INC-7", "--reason", "down")
	s.start(12055500124, "mallory")
	refused("isn't known to be one who may break the glass", "--incident", "INC-7", "--reason", "down")
	if n := len(s.github.Issues(webRepo)); n != 0 {
		t.Fatalf("%d issues", n)
	}

	s.start(12055500125, "alice")
	code, out, errs := s.emergency("--incident", "INC-7", "--reason", hostile)
	if code != 0 || out != "it ran with a token\n" || s.alive() != 0 {
		t.Fatalf("exit status %d\n%s%s", code, out, errs)
	}
	all := s.records()
	if got := types(all); got != "break-glass.used intent issued revoked" {
		t.Fatalf("records %s", got)
	}
	use := ledger.UseName("987654", "12055500125", all[1].ID)
	issues := s.github.Issues(webRepo)
	if len(issues) != 1 || !issues[0].Open || !strings.Contains(issues[0].Body, use) || !strings.Contains(issues[0].Body, " @acme/appsec and @acme/web") ||
		strings.Contains(issues[0].Body, "@acme/everyone") || strings.Contains(issues[0].Body, "<!--") || all[0].Links.Tickets[0] != "acme/web#1" {
		t.Fatalf("%+v", issues)
	}

	// A use that is overdue suspends the identity, with or without an emergency. Who may have used it can't review it, as
	// the records of its job are lost; and what the reviewer's own run doesn't prove is refused.
	lost := s.overdue()
	plain := func() (int, string) {
		t.Helper()
		s.start(12055500126, "alice")
		code, _, errs := s.run("exec", "--grant", "deploy/vault", "--", "true")
		return code, errs
	}
	if code, errs := plain(); code != 125 || !strings.Contains(errs, "review-missed") {
		t.Fatalf("exit status %d\n%s", code, errs)
	}
	review := func(run int64, who, of, want string, args ...string) {
		t.Helper()
		s.start(run, who)
		code, out, errs := s.run("break-glass", append([]string{"review", of, "--org-policy", "org", "--verdict", "justified", "--reason", "it was down"}, args...)...)
		if !strings.Contains(errs, want) {
			t.Errorf("exit status %d\n%s%s", code, out, errs)
		}
	}
	review(13000, "dora", lost, "recorded: @dora found "+lost)
	s.collected(900)
	if code, errs := plain(); code != 125 || !strings.Contains(errs, "review-missed") {
		t.Errorf("reviewed by one who may have used it: exit status %d\n%s", code, errs)
	}
	review(13001, "zoe", lost, "recorded")
	exported := s.collected(901)
	if code, errs := plain(); code != 0 {
		t.Errorf("exit status %d\n%s", code, errs)
	}

	review(13002, "alice", use, "can't review that", "--records", exported)
	code, out, _ = s.run("break-glass", "status", "--records", exported)
	if code != 1 || !strings.Contains(out, "due oncall of deploy/vault, by @alice") || !strings.Contains(out, use) {
		t.Errorf("exit status %d\n%s", code, out)
	}
	review(13003, "zoe", use, "recorded", "--records", exported)
	exported = s.collected(902)
	code, out, _ = s.run("break-glass", "status", "--records", exported)
	if code != 0 || !strings.Contains(out, "reviewed oncall of deploy/vault") || !strings.Contains(out, "justified, by @zoe") {
		t.Errorf("exit status %d\n%s", code, out)
	}

	// What a job writes of another's name is refused by who collects it.
	s.start(13004, "alice")
	s.env = append(s.env, "GITHUB_ACTOR=zoe")
	if code, _, errs := s.run("break-glass", "review", use, "--org-policy", "org", "--verdict", "justified", "--reason", "x"); code != 0 {
		t.Errorf("exit status %d\n%s", code, errs)
	}
	s.start(903, "collector")
	s.env = append(s.env, "AWS_ACCESS_KEY_ID="+s.cloud.root.id, "AWS_SECRET_ACCESS_KEY="+s.cloud.root.secret)
	if code, out, errs := s.run("ledger", "collect", "--org-policy", "org"); code != 1 || !strings.Contains(out+errs, "break_glass.by") {
		t.Errorf("exit status %d\n%s%s", code, out, errs)
	}
}

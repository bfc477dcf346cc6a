//go:build e2e

package cli_test

import (
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/testservers"
)

const guardedOrg = `guard: { ref: default-branch, approvals: 2, code-owners: true, last-push-approval: true, bypass: none, max-age: 30m, required: true }
certification: { every: { critical: 30d, high: 90d, medium: 90d, low: 90d }, grace: 7d }
`

// newGuardedSite is a site whose organisation requires a guard and certifications, with rules of pinned commits.
func newGuardedSite(t *testing.T) (*site, *cloud) {
	t.Helper()
	s := newSite(t)
	c := s.newCloud(jobPolicy, "acme-curfew")
	s.file("org/curfew/org.yml", strings.ReplaceAll(siteOrg, "ISSUER", s.issuer.URL)+guardedOrg+fmt.Sprintf(
		"ledger:\n  store: s3://acme-curfew/ledger\n  role: %q\n  audience: %s\n  region: us-east-1\n  endpoint: %q\n  collector: %s\n",
		c.role, stsAudience, c.URL, testservers.JobClaims()["job_workflow_ref"]))
	s.rules = []string{"--rules-from", ".@" + s.committed(".", ".github"), "--org-rules-from", "org@" + s.committed("org", "curfew"), "--issuer", s.issuer.URL}
	return s, c
}

// committed commits paths of a folder of the workspace, a repository of its own, and returns the tip.
func (s *site) committed(dir string, paths ...string) string {
	s.t.Helper()
	git := func(args ...string) string {
		args = append([]string{"-C", filepath.Join(s.dir, dir), "-c", "user.name=site", "-c", "user.email=site@acme.example", "-c", "commit.gpgsign=false"}, args...)
		out, err := exec.CommandContext(s.t.Context(), "git", args...).Output()
		if err != nil {
			s.t.Fatalf("git %q: %v", args, err)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q")
	git(append([]string{"add"}, paths...)...)
	git("commit", "-qm", "Rules")
	return git("rev-parse", "HEAD")
}

// attest has the collector's job, with rights of its own, attest an inventory that was taken a while ago and when the
// identity was certified.
func (s *site) attest(c *cloud, taken time.Duration, certified time.Duration) {
	s.t.Helper()
	src, err := inventory.Encode(guardedInventory(time.Now().Add(-taken).Truncate(time.Second), nil))
	if err != nil {
		s.t.Fatal(err)
	}
	s.file("web.json", string(src))
	r := certification("deploy", time.Now().Add(-certified))
	r.Schema, r.ID, r.Time, r.Task = ledger.Schema, "01JD9Z6Q4T8K0000000000000A", time.Now(), ledger.Task{RunID: "1", Attempt: 1, Job: "collect"}
	line, err := r.Encode()
	if err != nil {
		s.t.Fatal(err)
	}
	s.file("records.jsonl", string(line)+"\n")
	job := s.env
	s.env = append(s.env[:len(s.env):len(s.env)], "RUNNER_TEMP="+s.t.TempDir(), "AWS_ACCESS_KEY_ID="+c.root.id, "AWS_SECRET_ACCESS_KEY="+c.root.secret)
	code, out, errs := s.run("ledger", "attest", "--org-policy", "org", "--inventory", "web.json", "--certified", "records.jsonl")
	if code != 0 || !strings.Contains(out, "attested acme/web, repository 987654") {
		s.t.Fatalf("exit status %d\n%s%s", code, out, errs)
	}
	s.env = job
}

// denied expects that no lease is given, for these reasons.
func (s *site) denied(codes ...string) {
	s.t.Helper()
	code, out, errs := s.run("exec", "--grant", "deploy/vault", "--", "echo", "it ran")
	if code != 125 || out != "" || s.alive() != 0 {
		s.t.Errorf("exit status %d, %d tokens live\n%s%s", code, s.alive(), out, errs)
	}
	for _, c := range codes {
		if !strings.Contains(errs, c) {
			s.t.Errorf("%q isn't in\n%s", c, errs)
		}
	}
}

// TestE2EAttested: a policy that requires a guard and certifications denies until the collector attests them to a real
// store, and again once they are too old.
func TestE2EAttested(t *testing.T) {
	s, c := newGuardedSite(t)
	s.denied("attestation-unproven", "guard-unverified", "certification-unknown", "curfew ledger attest")

	s.attest(c, 0, 24*time.Hour)
	code, out, errs := s.run("exec", "--grant", "deploy/vault", "--", "sh", "-c", `echo "it ran with ${VAULT_TOKEN:+a token}"`)
	if code != 0 || out != "it ran with a token\n" {
		t.Fatalf("exit status %d\n%s%s", code, out, errs)
	}
	all := s.records()
	if last := all[len(all)-1]; last.Type != ledger.LeaseRevoked || last.Manifest.Guard != "verified" {
		t.Errorf("%s, guard %q", last.Type, last.Manifest.Guard)
	}
	code, out, errs = s.run("doctor", "--grant", "deploy/vault", "--store")
	if strings.Contains(out, "guard-unverified") || strings.Contains(out, "certification-unknown") {
		t.Errorf("exit status %d\n%s%s", code, out, errs)
	}

	// What isn't proven is passed over, whoever wrote it: here who owns the store.
	const mine = "/acme-curfew/ledger/attested/987654/998204000000000/mine.jsonl"
	if status, _, err := ask(t.Context(), c.URL, c.root, http.MethodPut, mine, "{}\n"); err != nil || status != http.StatusOK {
		t.Fatal(status, err)
	}
	if code, _, errs := s.run("exec", "--grant", "deploy/vault", "--", "true"); code != 0 {
		t.Errorf("exit status %d\n%s", code, errs)
	}

	// The newest counts: 45 minutes are more than the policy's 30, and 100 days than its 90 and a week of grace.
	s.attest(c, 45*time.Minute, 24*time.Hour)
	s.denied("guard-unverified", "the inventory is too old")
	s.attest(c, time.Minute, 100*24*time.Hour)
	s.denied("certification-overdue")
	s.attest(c, time.Minute, 24*time.Hour)
	if code, _, errs := s.run("exec", "--grant", "deploy/vault", "--", "true"); code != 0 {
		t.Errorf("exit status %d\n%s", code, errs)
	}
}

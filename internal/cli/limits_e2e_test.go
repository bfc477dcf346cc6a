//go:build e2e

package cli_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/testservers"
)

// jobPolicy is what a job's role may do in the organisation's store, as docs/ledger.md lists it.
const jobPolicy = `{"Version": "2012-10-17", "Statement": [
	{"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::acme-curfew/ledger/slots/*", "arn:aws:s3:::acme-curfew/ledger/inbox/*"]},
	{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::acme-curfew/ledger/slots/*", "arn:aws:s3:::acme-curfew/ledger/attested/*"]},
	{"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": ["arn:aws:s3:::acme-curfew"], "Condition": {"StringLike": {"s3:prefix": ["ledger/slots/*", "ledger/attested/*"]}}}
]}`

const limitedGrants = `      limited:
        vault: { address: "VAULT", mount: jwt, role: deploy, audience: vault }
        ttl: 30m
        limits: { concurrent: 3, per-day: 20 }
        when: always
      daily:
        vault: { address: "VAULT", mount: jwt, role: deploy, audience: vault }
        ttl: 30m
        limits: { concurrent: 20, per-day: 2 }
        when: always
`

// newLimitedSite is a site whose organisation has a ledger in a real S3.
func newLimitedSite(t *testing.T) (*site, *cloud) {
	t.Helper()
	s := newSite(t)
	c := s.newCloud(jobPolicy, "acme-curfew")
	begin, _, _ := strings.Cut(siteManifest, "      vault:\n")
	begin = strings.Replace(begin, ", limits: none", "", 1)
	s.file(".github/curfew.yml", begin+strings.ReplaceAll(limitedGrants, "VAULT", s.URL))
	s.file("org/curfew/org.yml", strings.ReplaceAll(siteOrg, "ISSUER", s.issuer.URL)+fmt.Sprintf(
		"ledger:\n  store: s3://acme-curfew/ledger\n  role: %q\n  audience: %s\n  region: us-east-1\n  endpoint: %q\n  collector: %s\n",
		c.role, stsAudience, c.URL, testservers.JobClaims()["job_workflow_ref"]))
	return s, c
}

// TestE2ELimits lets 20 jobs race for 3 leases, through a store that is real: 3 run their command, 17 are told why not. All
// of it is in the inbox, and a collector brings it into a log that proves it.
func TestE2ELimits(t *testing.T) {
	s, c := newLimitedSite(t)
	const jobs = 20
	var outs, errs [jobs]bytes.Buffer
	var cmds [jobs]*exec.Cmd
	for i := range cmds {
		cmds[i] = s.command("exec", "--grant", "deploy/limited", "--", "sh", "-c", `echo "it ran with ${VAULT_TOKEN:+a token}"`)
		cmds[i].Stdout, cmds[i].Stderr = &outs[i], &errs[i]
		if err := cmds[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	ran, denied := 0, 0
	for i, cmd := range cmds {
		err := cmd.Wait()
		exit := (*exec.ExitError)(nil)
		switch {
		case err == nil && outs[i].String() == "it ran with a token\n":
			ran++
		case asExit(err, &exit) && exit.ExitCode() == 125 && outs[i].Len() == 0 && strings.Contains(errs[i].String(), "limit-reached"):
			denied++
		default:
			t.Errorf("%v\n%s%s", err, &outs[i], &errs[i])
		}
		if strings.Contains(errs[i].String(), "not all records") {
			t.Errorf("%s", &errs[i])
		}
	}
	if ran != 3 || denied != 17 || s.alive() != 0 {
		t.Errorf("%d ran, %d were denied, %d tokens live", ran, denied, s.alive())
	}
	got := types(s.records())
	if strings.Count(got, "denied") != 17 || strings.Count(got, "issued") != 3 || strings.Count(got, "revoked") != 3 || strings.Count(got, "intent") != 3 {
		t.Errorf("records %s", got)
	}
	s.sealed(jobs)
	s.deposited(c, jobs)
	s.collects(c, jobs, 3*3+17)
	s.clean()
}

// TestE2ELimitsOfDay: what is counted for a day isn't given back with the lease.
func TestE2ELimitsOfDay(t *testing.T) {
	s, c := newLimitedSite(t)
	for i, want := range []int{0, 0, 125} {
		code, _, errs := s.run("exec", "--grant", "deploy/daily", "--", "true")
		if code != want || (want == 125) != strings.Contains(errs, "in 24 hours already") {
			t.Errorf("%d: exit status %d\n%s", i, code, errs)
		}
	}
	s.deposited(c, 3)
	// Nor is anything given where the store can't be asked.
	policy, err := os.ReadFile(filepath.Join(s.dir, "org", "curfew", "org.yml"))
	if err != nil {
		t.Fatal(err)
	}
	s.file("org/curfew/org.yml", strings.Replace(string(policy), c.role, "arn:minio:iam:::role/absent", 1))
	if code, out, errs := s.run("exec", "--grant", "deploy/limited", "--", "echo", "it ran"); code != 125 || out != "" || s.alive() != 0 {
		t.Errorf("exit status %d\n%s%s", code, out, errs)
	}
}

// TestE2ERevokeDeposits: revoke brings what a killed exec and its watchdog have recorded to the store, though no lease is kept
// that names it.
func TestE2ERevokeDeposits(t *testing.T) {
	s, c := newLimitedSite(t)
	s.killed("deploy/limited", "true", ": revoked (")
	for range 600 { // until the watchdog has let go of its file
		if code, out, errs := s.run("revoke", "--all"); code != 0 || out != "no lease is kept here\n" || errs != "" {
			t.Fatalf("exit status %d\n%s%s", code, out, errs)
		}
		if seals, _ := filepath.Glob(filepath.Join(s.temp, "curfew", "ledger", "*.seal")); len(seals) == 2 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	s.deposited(c, 2)
}

// deposited expects that each of the job's sealed files is in the organisation's inbox, as it is here.
func (s *site) deposited(c *cloud, n int) {
	s.t.Helper()
	dir := filepath.Join(s.temp, "curfew", "ledger")
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl*"))
	if err != nil || len(files) != 2*n {
		s.t.Errorf("%d files and seals, expected %d; %v", len(files), 2*n, err)
	}
	for _, file := range files {
		here, err := os.ReadFile(file)
		if err != nil {
			s.t.Fatal(err)
		}
		if there, ok := c.has(s.t, "/acme-curfew/ledger/inbox/"+filepath.Base(file)); !ok || there != string(here) {
			s.t.Errorf("%s isn't in the inbox as it is here", filepath.Base(file))
		}
	}
}

// collects has a collector with rights of its own bring that many files with that many records into the log, and the log
// proven.
func (s *site) collects(c *cloud, files, records int) {
	s.t.Helper()
	s.env = append(s.env, "AWS_ACCESS_KEY_ID="+c.root.id, "AWS_SECRET_ACCESS_KEY="+c.root.secret)
	for _, tt := range []struct {
		says string
		args []string
	}{
		{fmt.Sprintf("%d files taken, 0 refused, %d records added", files, records), []string{"collect"}},
		{fmt.Sprintf("0 files taken (%d before), 0 refused, 0 records added", files), []string{"collect"}},
		{fmt.Sprintf("proven: acme-curfew/ledger has %d records", records), []string{"verify"}},
		{fmt.Sprintf("each of its records is in one of %d files that jobs have sealed", files), []string{"verify", "--seals"}},
		{"17 of 26 records", []string{"show", "--type", "lease.denied"}},
		{"limit-reached", []string{"export", "--identity", "deploy"}},
	} {
		code, out, errs := s.run("ledger", append(tt.args, "--org-policy", "org/curfew/org.yml")...)
		if code != 0 || !strings.Contains(out+errs, tt.says) {
			s.t.Errorf("%q: exit status %d, expected %q\n%s%s", tt.args, code, tt.says, out, errs)
		}
	}
}

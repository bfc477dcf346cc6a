package cli_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/cli"
	"github.com/curfew-ci/curfew/internal/ledger"
)

// revoke runs curfew revoke in a job whose state lies in a folder, and that gets no ID tokens.
func revoke(t *testing.T, state string, at time.Time, args ...string) (code int, out, errs string) {
	t.Helper()
	env := map[string]string{"GITHUB_RUN_ID": "12055500123", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_JOB": "deploy"}
	var stdout, stderr bytes.Buffer
	code = cli.Run(t.Context(), cli.Env{
		Args: append([]string{"revoke", "--state", state}, args...), Stdout: &stdout, Stderr: &stderr,
		Getenv: func(name string) string { return env[name] }, Now: func() time.Time { return at },
	})
	return code, stdout.String(), stderr.String()
}

// leaseID is the id of the leases that these tests record.
const leaseID = "01JD9Z6Q4T8K0000000000000A"

// recorded makes a job's state that holds records of a lease, and nothing that would end it.
func recorded(t *testing.T, records ...ledger.Record) (state string) {
	t.Helper()
	state = t.TempDir()
	for i := range records {
		r := &records[i]
		r.Plane, r.Identity.RepositoryID = ledger.Issuance, "987654"
		if r.Type == ledger.LeaseIntent {
			r.ID = leaseID
		} else {
			r.Links.CausedBy = []string{leaseID}
		}
	}
	_, done, err := writeJob(filepath.Join(state, "ledger"), 1, today, records)
	if err = errors.Join(err, done()); err != nil {
		t.Fatal(err)
	}
	return state
}

// TestRecall: of a lease that isn't kept, records tell what became of it, and no record makes more of it than the server said.
func TestRecall(t *testing.T) {
	until := today.Add(15 * time.Minute)
	decided := &ledger.Decision{Engine: "provider", Reasons: []string{"revoked (vault answered 204)"}}
	credential := func(revocable ledger.Revocable) *ledger.Credential {
		provider := map[bool]string{true: "vault", false: "aws"}[revocable == ledger.ByToken]
		return &ledger.Credential{Provider: provider, Handle: "acc-1", NotAfter: until, Revocable: revocable}
	}
	of := func(kind ledger.Type, outcome ledger.Outcome, c *ledger.Credential) ledger.Record {
		return ledger.Record{Type: kind, Outcome: outcome, Credential: c, Decision: decided}
	}
	bare := of(ledger.LeaseRevoked, ledger.Done, credential(ledger.ByToken))
	bare.Decision = nil
	intent := of(ledger.LeaseIntent, ledger.Allow, credential(""))
	issued := of(ledger.LeaseIssued, ledger.Allow, credential(ledger.ByToken))
	batch := of(ledger.LeaseIssued, ledger.Allow, credential(ledger.NotRevocable))
	batch.Credential.Provider, batch.Credential.Handle = "vault", "request:9b1c"
	session := of(ledger.LeaseIssued, ledger.Allow, credential(ledger.NotRevocable))
	open := of(ledger.LeaseExpireOnly, ledger.Open, credential(ledger.ByToken))
	ended := of(ledger.LeaseRevoked, ledger.Done, credential(ledger.ByToken))
	short := of(ledger.LeaseIssued, ledger.Allow, credential(ledger.ByToken))
	short.Credential.Provider, short.Credential.Handle = "oauth", "lease:"+leaseID
	refresh := of(ledger.LeaseExpireOnly, ledger.Open, credential(ledger.ByToken))
	refresh.Credential.Provider, refresh.Credential.Handle = "oauth", "lease:"+leaseID+":refresh"
	for name, tt := range map[string]struct {
		records []ledger.Record
		at      time.Time
		code    int
		says    string
	}{
		"revoked":                      {[]ledger.Record{intent, issued, ended}, today, 0, "has ended before: revoked (vault answered 204)"},
		"revoked, and asked once more": {[]ledger.Record{intent, issued, ended, open}, today, 0, "has ended before"},
		"a record without a reason":    {[]ledger.Record{intent, issued, bare}, today, 0, "has ended before: lease.revoked"},
		"not revoked":                  {[]ledger.Record{intent, issued, open}, today, 3, "revoke-accessor accessor=acc-1"},
		"nothing but its end":          {[]ledger.Record{open}, today, 3, "expire-only until"},
		"its time is over":             {[]ledger.Record{intent, issued, open}, until.Add(time.Second), 0, "its time was over at"},
		"a session of AWS":             {[]ledger.Record{intent, session}, today, 0, "as it can't be revoked; an administrator can deny"},
		"a batch token of Vault":       {[]ledger.Record{intent, batch}, today, 0, "the provider's log calls it request:9b1c"},
		"a token without a name":       {[]ledger.Record{intent, short}, today, 3, "neither the provider's log nor curfew has a name for it, but this lease's"},
		"what came along lives on":     {[]ledger.Record{intent, refresh, ended}, today, 3, "its record holds no token: it is expire-only until"},
		"asked for, and no more":       {[]ledger.Record{intent}, today, 3, "no record says whether it was issued"},
		"asked for, long ago":          {[]ledger.Record{intent}, until.Add(time.Second), 0, "its time was over at"},
		"unknown":                      {nil, today, 3, "neither kept here nor in this job's records"},
	} {
		t.Run(name, func(t *testing.T) {
			state := t.TempDir()
			if len(tt.records) > 0 {
				state = recorded(t, tt.records...)
			}
			code, out, errs := revoke(t, state, tt.at, leaseID)
			if code != tt.code || !strings.Contains(out+errs, tt.says) {
				t.Errorf("exit status %d\n%s%s", code, out, errs)
			}
		})
	}
}

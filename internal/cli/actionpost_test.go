package cli_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/cli"
	"github.com/curfew-ci/curfew/internal/custody"
	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// endedJob is the end of a job of the action's, with fakes of Vault, of the issuer and of the artifact service.
type endedJob struct {
	t         *testing.T
	env       map[string]string
	state     string
	token     string // of the lease that is kept
	revoked   int
	artifacts int
	vault     int // its answer
	service   int
}

func endJob(t *testing.T) *endedJob {
	t.Helper()
	j := &endedJob{t: t, vault: http.StatusNoContent, service: http.StatusOK, token: "hvs." + rand.Text() + rand.Text()}
	issuer := testservers.StartIssuer(t, testservers.JobClaims())
	dir := t.TempDir()
	j.state = filepath.Join(dir, "curfew")
	scope := base64.RawURLEncoding.EncodeToString([]byte(`{"scp":"Actions.Results:1:2"}`))
	j.env = map[string]string{
		"RUNNER_TEMP": dir, "GITHUB_STEP_SUMMARY": filepath.Join(dir, "summary"), "GITHUB_ACTIONS": "true",
		"GITHUB_RUN_ID": "12055500123", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_JOB": "deploy",
		"ACTIONS_ID_TOKEN_REQUEST_URL": issuer.RequestURL(), "ACTIONS_ID_TOKEN_REQUEST_TOKEN": issuer.RequestToken,
		"ACTIONS_RESULTS_URL": j.artifactService(), "ACTIONS_RUNTIME_TOKEN": "e30." + scope + "." + rand.Text(),
	}
	return j
}

// artifactService starts a fake of it, and of the store behind it.
func (j *endedJob) artifactService() string {
	var s *httptest.Server
	s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case j.service != http.StatusOK:
			w.WriteHeader(j.service)
		case strings.HasSuffix(r.URL.Path, "CreateArtifact"):
			fmt.Fprintf(w, `{"ok":true,"signedUploadUrl":"%s/blob?sig=made-up-signature"}`, s.URL)
		case strings.HasSuffix(r.URL.Path, "FinalizeArtifact"):
			j.artifacts++
			fmt.Fprint(w, `{"ok":true,"artifactId":"7"}`)
		default:
			w.WriteHeader(http.StatusCreated)
		}
	}))
	j.t.Cleanup(s.Close)
	return s.URL + "/"
}

// leases keeps a lease whose token a fake of Vault ends.
func (j *endedJob) leases(id string) {
	j.t.Helper()
	vault := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/auth/token/revoke-self" && r.Header.Get("X-Vault-Token") == j.token {
			j.revoked++
		}
		w.WriteHeader(j.vault)
	}))
	j.t.Cleanup(vault.Close)
	stub, err := json.Marshal(map[string]any{
		"version": 1, "provider": "vault", "handle": "acc-1", "issued": today.Add(-time.Minute), "not_after": today.Add(time.Hour),
		"revocable": "token", "server": vault.URL, "token": j.token,
	})
	if err != nil {
		j.t.Fatal(err)
	}
	c, err := lease.ReadStub("stub", stub)
	if err != nil {
		j.t.Fatal(err)
	}
	folder, err := custody.Open(filepath.Join(j.state, "leases"))
	if err != nil {
		j.t.Fatal(err)
	}
	defer folder.Close() //nolint:errcheck // it is written
	if err := folder.Keep(custody.Entry{
		ID: id, Until: today.Add(time.Hour), Files: id, Credential: c,
		Origin: issuance.Origin{
			Identity: ledger.Identity{ID: "deploy", RepositoryID: "987654", Grant: "prod"},
			Task:     ledger.Task{RunID: "12055500123", Attempt: 1, Job: "deploy"}, CausedBy: []string{id},
		},
	}); err != nil {
		j.t.Fatal(err)
	}
}

// post runs what dist/post.js runs.
func (j *endedJob) post() (int, string) {
	j.t.Helper()
	var out, errs bytes.Buffer
	code := cli.Run(j.t.Context(), cli.Env{
		Args: []string{"action-post"}, Stdout: &out, Stderr: &errs, Now: func() time.Time { return today },
		Getenv: func(name string) string { return j.env[name] }, Environ: func() []string { return nil },
	})
	for _, hidden := range []string{j.token, "made-up-signature", j.env["ACTIONS_RUNTIME_TOKEN"]} {
		if strings.Contains(out.String()+errs.String()+j.summary(), hidden) {
			j.t.Errorf("a secret is told:\n%s%s", &out, &errs)
		}
	}
	return code, out.String()
}

func (j *endedJob) summary() string {
	text, err := os.ReadFile(j.env["GITHUB_STEP_SUMMARY"])
	if err != nil && !os.IsNotExist(err) {
		j.t.Fatal(err)
	}
	return string(text)
}

// TestActionPost: leases end with their job, their records are brought away once, and all is told.
func TestActionPost(t *testing.T) {
	j := endJob(t)
	if code, out := j.post(); code != 0 || out != "" {
		t.Errorf("of nothing: %d %s", code, out)
	}
	j.leases(leaseID)
	code, out := j.post()
	if code != 0 || j.revoked != 1 || j.artifacts != 1 || !strings.Contains(out, "::notice title=curfew::records: in the artifact curfew-12055500123-1-deploy-") {
		t.Errorf("%d, revoked %d, artifacts %d:\n%s", code, j.revoked, j.artifacts, out)
	}
	if got := j.summary(); !strings.Contains(got, "- lease "+leaseID+" of deploy/prod: revoked") || !strings.Contains(got, "Records: in the artifact") {
		t.Errorf("summary %q", got)
	}
	if code, out := j.post(); code != 0 || out != "" || j.artifacts != 1 {
		t.Errorf("once more: %d %s", code, out)
	}
	j.leases("01JD9Z6Q4T8K0000000000000B")
	if code, _ := j.post(); code != 0 || j.revoked != 2 || j.artifacts != 2 {
		t.Errorf("another: %d, revoked %d, artifacts %d", code, j.revoked, j.artifacts)
	}
}

// TestActionPostFails: a lease that may live on fails the job, and is tried again by the next end of it.
func TestActionPostFails(t *testing.T) {
	j := endJob(t)
	j.vault = http.StatusForbidden
	j.leases(leaseID)
	code, out := j.post()
	if code != cli.ExitUnfinished || !strings.Contains(out, "::error title=curfew::lease "+leaseID+": may live on: ") || !strings.Contains(j.summary(), "may live on") {
		t.Errorf("%d:\n%s\n%s", code, out, j.summary())
	}
	j.vault = http.StatusNoContent
	if code, out := j.post(); code != 0 || !strings.Contains(out, "revoked") {
		t.Errorf("%d:\n%s", code, out)
	}
}

// TestActionPostRecords: records that can't be brought away fail no job whose lease has ended, and it is said where they lie.
func TestActionPostRecords(t *testing.T) {
	for name, change := range map[string]func(*endedJob){
		"the service refuses": func(j *endedJob) { j.service = http.StatusForbidden },
		"there is no service": func(j *endedJob) { delete(j.env, "ACTIONS_RESULTS_URL") },
		"a token of nobody":   func(j *endedJob) { j.env["ACTIONS_RUNTIME_TOKEN"] = "not-a-token-of-any-run" },
		"in the clear":        func(j *endedJob) { j.env["ACTIONS_RESULTS_URL"] = "http://results.example/" },
	} {
		t.Run(name, func(t *testing.T) {
			j := endJob(t)
			j.leases(leaseID)
			change(j)
			code, out := j.post()
			if code != 0 || j.revoked != 1 || !strings.Contains(out, "::warning title=curfew::records: they are in "+filepath.Join(j.state, "ledger")+" alone, and gone with this machine: ") {
				t.Errorf("%d, revoked %d:\n%s", code, j.revoked, out)
			}
			j.service, j.env["ACTIONS_RESULTS_URL"] = http.StatusOK, j.artifactService()
			if j.env["ACTIONS_RUNTIME_TOKEN"] != "not-a-token-of-any-run" {
				if code, out := j.post(); code != 0 || j.artifacts != 1 {
					t.Errorf("tried again: %d %s", code, out)
				}
			}
		})
	}
}

// TestActionPostUnsealed: a job that gets no ID token ends its leases all the same; its records aren't sealed, which is said.
func TestActionPostUnsealed(t *testing.T) {
	j := endJob(t)
	j.leases(leaseID)
	j.env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "of nobody"
	if code, out := j.post(); code != 0 || j.revoked != 1 || j.artifacts != 1 || !strings.Contains(out, "aren't sealed") {
		t.Errorf("%d, revoked %d, artifacts %d:\n%s", code, j.revoked, j.artifacts, out)
	}
}

// TestActionPostHostile: a store that a step has named gets nothing else wrong: the lease ends, and the records are brought to the run's
// artifact, which is said.
func TestActionPostHostile(t *testing.T) {
	j := endJob(t)
	j.leases(leaseID)
	if err := os.WriteFile(filepath.Join(j.state, "store.json"), []byte(`{"version":1,"ledger":"x\n::error::y"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out := j.post()
	if code != 0 || j.revoked != 1 || j.artifacts != 1 || !strings.Contains(out, ", and not in the organisation's store: ") || strings.Contains(out, "\n::error") {
		t.Errorf("%d, revoked %d, artifacts %d:\n%s", code, j.revoked, j.artifacts, out)
	}
	if err := os.WriteFile(filepath.Join(j.state, "leases", "01JD9Z6Q4T8K0000000000000C.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	j.leases("01JD9Z6Q4T8K0000000000000D")
	if code, out := j.post(); code != cli.ExitUnfinished || j.revoked != 2 || !strings.Contains(out, "::error title=curfew::lease 01JD9Z6Q4T8K0000000000000C: may live on") {
		t.Errorf("one that can't be read: %d, revoked %d:\n%s", code, j.revoked, out)
	}
}

// TestActionPostOther: the end of a use that isn't the job's first ends what that use leased and nothing else, also where that was ended
// before, and leaves the records to the first one's.
func TestActionPostOther(t *testing.T) {
	j := endJob(t)
	j.leases(leaseID)
	j.leases("01JD9Z6Q4T8K0000000000000B")
	j.env["STATE_use"] = "other"
	if code, out := j.post(); code != 0 || out != "" || j.revoked != 0 {
		t.Errorf("of a use that leased nothing: %d, revoked %d:\n%s", code, j.revoked, out)
	}
	j.env["STATE_lease"] = leaseID
	for _, want := range []string{": revoked (", ": has ended before: "} {
		if code, out := j.post(); code != 0 || !strings.Contains(out, "lease "+leaseID) || !strings.Contains(out, want) || j.revoked != 1 || j.artifacts != 0 {
			t.Errorf("%d, revoked %d, artifacts %d:\n%s", code, j.revoked, j.artifacts, out)
		}
	}
	delete(j.env, "STATE_use")
	if code, out := j.post(); code != 0 || j.revoked != 2 || j.artifacts != 1 {
		t.Errorf("%d, revoked %d, artifacts %d:\n%s", code, j.revoked, j.artifacts, out)
	}
}

// TestActionPostLost: a lease that the runner knows this use to have, and of which a step has removed all that is kept, fails the job.
func TestActionPostLost(t *testing.T) {
	j := endJob(t)
	j.leases(leaseID)
	j.env["STATE_lease"] = leaseID
	if err := os.RemoveAll(j.state); err != nil {
		t.Fatal(err)
	}
	code, out := j.post()
	if code != cli.ExitUnfinished || !strings.Contains(out, "::error title=curfew::lease "+leaseID+": may live on: ") || !strings.Contains(j.summary(), "may live on") {
		t.Errorf("%d:\n%s\n%s", code, out, j.summary())
	}
}

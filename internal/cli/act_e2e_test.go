//go:build e2e

package cli_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/ledger"
)

// leasingWorkflow leases as users do: for one command, and for the steps that follow until the last one ends it, which runs
// though a step before it fails. What it keeps of the records a workflow would upload.
const leasingWorkflow = `on: push
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - name: one command
        run: |
          "$CURFEW" exec $RULES --grant deploy/vault -- sh -c '
            read=$(curl -sSf -H "X-Vault-Token: $VAULT_TOKEN" "$VAULT_ADDR/v1/secret/data/deploy") || exit
            case $read in *"\"password\":\"$DB_PASSWORD\""*) echo "it read what was handed over: $DB_PASSWORD" ;; *) exit 1 ;; esac
            test -z "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" && echo "with $VAULT_TOKEN, and no rights of the job"
          '
          test -z "$VAULT_TOKEN" && echo "nothing is left of it"
      - name: lease
        run: |
          printf EARLIER=1 >>"$GITHUB_ENV"
          "$CURFEW" lease $RULES --grant deploy/vault | cat
      - name: use
        run: |
          curl -sSf -H "X-Vault-Token: $VAULT_TOKEN" "$VAULT_ADDR/v1/secret/data/deploy"
          echo "a later step has $VAULT_TOKEN, $DB_PASSWORD and EARLIER=$EARLIER"
      - name: fail
        run: exit 1
      - name: never
        run: echo "it goes on"
      - name: revoke
        if: always()
        run: |
          "$CURFEW" revoke --all
          cp -R "$RUNNER_TEMP/curfew/ledger" "$KEEP"
`

// TestE2ELeasingWorkflow leases in a workflow, by act as the runner, from a real Vault. act has no ID tokens of its own: the
// tests' issuer stands for GitHub's, and its claims follow what act says of the run. And act gives a step a terminal, to which
// lease tells nothing: hence the pipe, which a runner of GitHub's needs no more than it has a terminal.
func TestE2ELeasingWorkflow(t *testing.T) {
	act := os.Getenv("CURFEW_ACT")
	if act == "" {
		t.Fatal("CURFEW_ACT doesn't name the runner: run make e2e")
	}
	s := newSiteOf(t, map[string]any{"run_id": "1", "run_number": "1"})
	keep := t.TempDir()
	log := s.act(act, leasingWorkflow, "--env", "CURFEW="+s.curfew, "--env", "KEEP="+keep)
	for _, says := range []string{
		"it read what was handed over: [redacted]", "with [redacted], and no rights of the job", "nothing is left of it",
		"a later step has ***, *** and EARLIER=1", ": revoked (", "Job failed",
	} {
		if !strings.Contains(log, says) {
			t.Errorf("the log lacks %q", says)
		}
	}
	for _, not := range []string{"hvs.", "second-version-of-it", s.issuer.RequestToken, "it goes on", "eyJ"} {
		if strings.Contains(log, not) {
			t.Errorf("%q is in the log", not)
		}
	}
	all := s.recordsIn(filepath.Join(keep, "ledger"))
	if got := types(all); strings.Count(got, "issued") != 2 || strings.Count(got, "revoked") != 2 || strings.Contains(got, "denied") {
		t.Errorf("records %s", got)
	}
	for _, r := range all {
		if r.Type == ledger.LeaseIssued {
			s.usedAndDead(r.Credential.Handle)
		}
	}
	if s.alive() != 0 {
		t.Error("a token lives")
	}
	s.evidence(filepath.Join(keep, "ledger"), len(all))
	if t.Failed() {
		t.Log(log)
	}
}

// act has act run a workflow that fails, and returns its log.
func (s *site) act(act, workflow string, args ...string) string {
	s.t.Helper()
	s.file(".github/workflows/deploy.yml", workflow)
	for _, args := range [][]string{
		{"init", "--quiet", "--initial-branch", "main"},
		{"add", "."},
		{"-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "--quiet", "--message=Begin"},
	} {
		cmd := exec.CommandContext(s.t.Context(), "git", args...)
		cmd.Dir = s.dir
		if out, err := cmd.CombinedOutput(); err != nil {
			s.t.Fatalf("git %s: %v\n%s", args[0], err, out)
		}
	}
	cmd := exec.CommandContext(s.t.Context(), act, append([]string{
		"push", "--workflows", ".github/workflows/deploy.yml",
		"--platform", "ubuntu-latest=-self-hosted", "--no-cache-server", "--container-daemon-socket", "-",
		"--env", "RULES=" + strings.Join(s.rules, " "),
		"--env", "ACTIONS_ID_TOKEN_REQUEST_URL=" + s.issuer.RequestURL(),
		"--env", "ACTIONS_ID_TOKEN_REQUEST_TOKEN=" + s.issuer.RequestToken,
	}, args...)...)
	cmd.Dir = s.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.t.TempDir(), "XDG_CACHE_HOME=" + s.cache, "XDG_CONFIG_HOME=" + s.t.TempDir()}
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); !asExit(err, &exit) || exit.ExitCode() != 1 {
		s.t.Errorf("act: %v, expected it to fail by the step that does", err)
	}
	return string(out)
}

// usedAndDead expects of a token, by its accessor, that Vault's own audit saw it issued, used and revoked, and knows it no
// longer.
func (s *site) usedAndDead(accessor string) {
	s.t.Helper()
	_, text := s.Ask(s.t, s.Root, "POST", "sys/audit-hash/file", fmt.Sprintf(`{"input":%q}`, accessor))
	var said struct{ Data struct{ Hash string } }
	if err := json.Unmarshal(text, &said); err != nil || said.Data.Hash == "" {
		s.t.Fatalf("%v %s", err, text)
	}
	audit, err := os.ReadFile(s.audit)
	if err != nil {
		s.t.Fatal(err)
	}
	seen := map[string]int{}
	for line := range strings.Lines(string(audit)) {
		var entry struct {
			Type    string
			Auth    struct{ Accessor string }
			Request struct{ Path string }
			Error   string
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			s.t.Fatal(err)
		}
		if entry.Type == "response" && entry.Auth.Accessor == said.Data.Hash && entry.Error == "" {
			seen[entry.Request.Path]++
		}
	}
	// curfew reads the secret once, and the command or the later step another time.
	if seen["auth/jwt/login"] != 1 || seen["secret/data/deploy"] != 2 || seen["auth/token/revoke-self"] != 1 {
		s.t.Errorf("Vault's audit saw of a token: %v", seen)
	}
	if status, text := s.Ask(s.t, s.Root, "POST", "auth/token/lookup-accessor", fmt.Sprintf(`{"accessor":%q}`, accessor)); status == http.StatusOK {
		s.t.Errorf("Vault still knows a token: %s", text)
	}
}

// evidence expects that what a job has left is shown, and taken by a collector with a key of its own.
func (s *site) evidence(records string, n int) {
	s.t.Helper()
	dir := s.t.TempDir()
	key, log := filepath.Join(dir, "collector.key"), filepath.Join(dir, "log")
	code, public, errs := s.run("ledger", "key", "acme.example/curfew", "--out", key)
	if code != 0 {
		s.t.Fatalf("exit status %d\n%s", code, errs)
	}
	for _, tt := range []struct {
		says string
		args []string
	}{
		{"lease.revoked", []string{"show", "--store", records}},
		{fmt.Sprintf("3 files taken, 0 refused, %d records added", n), []string{"collect", "--inbox", records, "--store", log, "--key-file", key, "--repository", "987654", "--issuer", s.issuer.URL}},
		{fmt.Sprintf("proven: acme.example/curfew has %d records", n), []string{"verify", "--store", log, "--key", strings.TrimSpace(public)}},
	} {
		if code, out, errs := s.run("ledger", tt.args...); code != 0 || !strings.Contains(out+errs, tt.says) {
			s.t.Errorf("%q: exit status %d\n%s%s", tt.args, code, out, errs)
		}
	}
}

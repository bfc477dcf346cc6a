//go:build e2e

package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// program builds curfew once, as it is shipped: what is killed and what watches over it are real processes. It lies beside the test's
// own binary, in a folder that go test removes with that.
var program = sync.OnceValues(func() (string, error) {
	heedSignals()
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(filepath.Dir(self), "curfew-e2e-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "curfew")
	out, err := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", path, "github.com/curfew-ci/curfew/cmd/curfew").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

// heedSignals has signals do again what they do by default that whoever started the tests ignores, as nohup does: what is
// handled here is at its default in every process that is started.
func heedSignals() {
	handled := make(chan os.Signal, 1)
	for _, s := range []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM} {
		if signal.Ignored(s) {
			signal.Notify(handled, s)
		}
	}
}

// site is a job's machine with a real Vault that trusts a fake of the CI platform: manifest and policy of a workspace, and
// what the runner gives a job.
type site struct {
	testservers.Vault
	t      testing.TB
	issuer *testservers.Issuer
	curfew string
	dir    string // the workspace
	temp   string // RUNNER_TEMP
	audit  string
	cache  string // act's
	env    []string
	rules  []string // flags: where the rules are
}

// siteIdentity is a manifest up to the grants of its identity deploy.
const siteIdentity = `version: 1
extends: acme/.github
owners:
  web: { team: "@acme/web" }
defaults: { narrow: none, limits: none }
identities:
  deploy:
    owner: web
    purpose: Deploy the web
    privilege: low
    expires: "2099-06-01"
    runs-as: { workflow: .github/workflows/deploy.yml, job: deploy }
    claims:
      repository_id: "987654"
      job_workflow_ref: acme/web/.github/workflows/deploy.yml@refs/heads/main
      environment: production
    grants:
`

const siteManifest = siteIdentity + `      vault:
        vault: { address: "VAULT", mount: jwt, role: deploy, audience: vault, read: { "secret/data/deploy#password": DB_PASSWORD } }
        ttl: 30m
        when: always
      short:
        vault: { address: "VAULT", mount: jwt, role: short, audience: vault, as: file }
        ttl: 1m
        when: always
      other:
        vault: { address: "VAULT", mount: jwt, role: absent, audience: vault }
        ttl: 30m
        when: always
`

const siteOrg = `version: 1
organization: { name: acme, id: "4242" }
issuers: ["ISSUER"]
`

// newSite starts one.
func newSite(t testing.TB) *site {
	t.Helper()
	return newSiteOf(t, nil)
}

// newSiteOf starts one whose job's ID tokens have claims beside or instead of the usual ones.
func newSiteOf(t testing.TB, claims map[string]any) *site {
	t.Helper()
	curfew, err := program()
	if err != nil {
		t.Fatal(err)
	}
	s := &site{
		Vault: testservers.StartVault(t), t: t, issuer: testservers.StartIssuer(t, claims), curfew: curfew,
		dir: t.TempDir(), temp: t.TempDir(), audit: filepath.Join(t.TempDir(), "audit.log"), cache: t.TempDir(),
	}
	s.Call(t, "PUT", "sys/audit/file", fmt.Sprintf(`{"type":"file","options":{"file_path":%q}}`, s.audit))
	s.Call(t, "POST", "sys/mounts/secret", `{"type":"kv","options":{"version":"1"}}`)
	s.Call(t, "PUT", "secret/data/deploy", `{"password":"second-version-of-it"}`)
	s.Call(t, "PUT", "sys/policies/acl/deploy", `{"policy":"path \"secret/data/deploy\" { capabilities = [\"read\"] }"}`)
	s.Call(t, "POST", "sys/auth/jwt", `{"type":"jwt"}`)
	s.Call(t, "PUT", "auth/jwt/config", fmt.Sprintf(`{"jwks_url":%q,"bound_issuer":%q}`, s.issuer.URL+"/keys", s.issuer.URL))
	for role, ttl := range map[string]string{"deploy": "25m", "short": "9s"} {
		s.Call(t, "PUT", "auth/jwt/role/"+role, `{"role_type":"jwt","user_claim":"sub","bound_audiences":["vault"],"bound_claims":{"repository_id":"987654"},`+
			`"claim_mappings":{"jti":"oidc_jti","run_id":"run_id"},"token_policies":["deploy"],"token_ttl":"`+ttl+`","token_explicit_max_ttl":"`+ttl+`"}`)
	}
	s.file(".github/curfew.yml", strings.ReplaceAll(siteManifest, "VAULT", s.URL))
	s.file("org/curfew/org.yml", strings.ReplaceAll(siteOrg, "ISSUER", s.issuer.URL))
	s.rules = []string{"--trust-workspace", "--org-rules-from", "org", "--issuer", s.issuer.URL}
	s.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "RUNNER_TEMP=" + s.temp, "GITHUB_ACTIONS=true",
		"GITHUB_ENV=" + filepath.Join(s.temp, "env"), "GITHUB_OUTPUT=" + filepath.Join(s.temp, "output"),
		"GITHUB_RUN_ID=12055500123", "GITHUB_RUN_ATTEMPT=1", "GITHUB_JOB=deploy", "GITHUB_REPOSITORY_ID=987654",
		"ACTIONS_ID_TOKEN_REQUEST_URL=" + s.issuer.RequestURL(), "ACTIONS_ID_TOKEN_REQUEST_TOKEN=" + s.issuer.RequestToken,
	}
	return s
}

func (s *site) file(name, text string) {
	s.t.Helper()
	path := filepath.Join(s.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// command is curfew with a verb; those that lease are told where the rules are.
func (s *site) command(verb string, args ...string) *exec.Cmd {
	if verb == "exec" || verb == "lease" || verb == "doctor" {
		args = append(slices.Clone(s.rules), args...)
	}
	cmd := exec.CommandContext(s.t.Context(), s.curfew, append([]string{verb}, args...)...)
	cmd.Dir, cmd.Env = s.dir, s.env
	return cmd
}

// run runs it to its end.
func (s *site) run(verb string, args ...string) (code int, stdout, stderr string) {
	s.t.Helper()
	cmd := s.command(verb, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !asExit(err, &exit) {
		s.t.Fatalf("%v\n%s", err, &errs)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

func asExit(err error, exit **exec.ExitError) bool {
	e, ok := err.(*exec.ExitError) //nolint:errorlint // as os/exec returns it
	*exit = e
	return ok
}

// lives reports whether a token works, as Vault says.
func (s *site) lives(token string) bool {
	s.t.Helper()
	status, _ := s.Ask(s.t, s.Root, "POST", "auth/token/lookup", fmt.Sprintf(`{"token":%q}`, token))
	return status == http.StatusOK
}

// alive counts the tokens of jobs that work.
func (s *site) alive() int {
	s.t.Helper()
	status, text := s.Ask(s.t, s.Root, "LIST", "auth/token/accessors", "")
	var said struct{ Data struct{ Keys []string } }
	if status != http.StatusOK || json.Unmarshal(text, &said) != nil {
		s.t.Fatalf("%d %s", status, text)
	}
	return len(said.Data.Keys) - 1 // root's
}

// records are all that the job has recorded, in the order of their ids.
func (s *site) records() []ledger.Record {
	s.t.Helper()
	return s.recordsIn(filepath.Join(s.temp, "curfew", "ledger"))
}

// recordsIn are those of a folder.
func (s *site) recordsIn(dir string) []ledger.Record {
	s.t.Helper()
	var all []ledger.Record
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		s.t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".jsonl") {
			continue
		}
		src, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			s.t.Fatal(err)
		}
		f, err := ledger.ReadJobFile(e.Name(), src)
		if err != nil {
			s.t.Fatal(err)
		}
		all = append(all, f.Records...)
	}
	return all
}

// types are the types of records, sorted by id within each file.
func types(all []ledger.Record) string {
	var out []string
	for _, r := range all {
		out = append(out, strings.TrimPrefix(string(r.Type), "lease."))
	}
	return strings.Join(out, " ")
}

// token finds a token of Vault's in a text.
var token = regexp.MustCompile(`hvs\.[A-Za-z0-9_-]{20,}`)

// TestE2EExec leases from a real Vault for a command, hides what it prints, and revokes.
func TestE2EExec(t *testing.T) {
	s := newSite(t)
	s.env = append(s.env, "GITHUB_TOKEN=of-the-job", "DEPLOY_TO=here")
	keep := filepath.Join(s.temp, "kept")
	code, out, errs := s.run("exec", "--grant", "deploy/vault", "--", "sh", "-c",
		`printf %s "$VAULT_TOKEN" >`+keep+`; env; echo "$VAULT_TOKEN" | base64; echo "token=$VAULT_TOKEN" >&2; exit 7`)
	if code != 7 {
		t.Fatalf("exit status %d\n%s", code, errs)
	}
	leaked, err := os.ReadFile(keep)
	if err != nil || !token.Match(leaked) {
		t.Fatalf("%q %v", leaked, err)
	}
	if s.lives(string(leaked)) || s.alive() != 0 {
		t.Error("the token lives after its command")
	}
	for _, has := range []string{"VAULT_TOKEN=[redacted]", "DB_PASSWORD=[redacted]", "VAULT_ADDR=" + s.URL, "DEPLOY_TO=here"} {
		if !strings.Contains(out, has) {
			t.Errorf("%s isn't in\n%s", has, out)
		}
	}
	for _, not := range []string{"ACTIONS_ID_TOKEN", "GITHUB_TOKEN", "second-version", "hvs.", s.issuer.RequestToken} {
		if strings.Contains(out+errs, not) {
			t.Errorf("%s is in\n%s%s", not, out, errs)
		}
	}
	if !strings.Contains(errs, "token=[redacted]") || !strings.Contains(errs, "revoked (") {
		t.Errorf("%s", errs)
	}
	all := s.records()
	if types(all) != "intent issued revoked" || all[1].Manifest.Guard != "unverified" || all[2].Links.CausedBy[0] != all[0].ID {
		t.Errorf("records %s: %+v", types(all), all)
	}
	s.sealed(1)
	s.clean()
}

// sealed expects that many of the job's files, each with a seal.
func (s *site) sealed(n int) {
	s.t.Helper()
	dir := filepath.Join(s.temp, "curfew", "ledger")
	files, _ := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	seals, _ := filepath.Glob(filepath.Join(dir, "*.jsonl.seal"))
	if len(files) != n || len(seals) != n {
		s.t.Errorf("%d files and %d seals, expected %d", len(files), len(seals), n)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		seal, err2 := os.ReadFile(file + ".seal")
		if err != nil || err2 != nil {
			s.t.Errorf("%v, %v", err, err2)
		}
		if _, err := ledger.OpenSealed(filepath.Base(file), content, seal); err != nil {
			s.t.Error(err)
		}
	}
}

// clean expects that nothing of a lease is left on the machine but its records.
func (s *site) clean() {
	s.t.Helper()
	err := filepath.WalkDir(s.temp, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		src, err := os.ReadFile(path)
		if token.Match(src) && filepath.Dir(path) != s.temp || strings.Contains(path, "leases") {
			s.t.Errorf("%s is left", path)
		}
		return err
	})
	if err != nil {
		s.t.Error(err)
	}
}

// TestE2EExecDenied: who isn't entitled gets nothing, is told all reasons, and is recorded; who is and whom Vault refuses
// is told what Vault said.
func TestE2EExecDenied(t *testing.T) {
	s := newSite(t)
	for _, tt := range []struct {
		grant, says, records string
		env                  []string
	}{
		{"deploy/none", "has no grant", "denied", nil},
		{"deploy/other", "the provider refused", "intent failed", nil},
		{"deploy/vault", "GITHUB_RUN_ID", "", []string{"GITHUB_RUN_ID="}},
		{"deploy/vault", "id-token: write", "denied", []string{"ACTIONS_ID_TOKEN_REQUEST_URL="}},
		{"deploy/vault", "the record is of another job", "denied", []string{"GITHUB_RUN_ID=1"}},
	} {
		s.temp = t.TempDir()
		before := s.env
		s.env = append(append([]string{}, s.env...), append(tt.env, "RUNNER_TEMP="+s.temp)...)
		code, out, errs := s.run("exec", "--grant", tt.grant, "--", "sh", "-c", "echo ran")
		if code != 125 || out != "" || !strings.Contains(errs, tt.says) {
			t.Errorf("%s: exit status %d\n%s%s", tt.grant, code, out, errs)
		}
		if got := types(s.records()); got != tt.records {
			t.Errorf("%s %s: records %q, expected %q", tt.grant, tt.says, got, tt.records)
		}
		s.clean()
		s.env = before
	}
	if s.alive() != 0 {
		t.Error("a token lives")
	}
}

// renewed is what a shell waits by, for a minute at most, until what is in a lease's file was replaced so many times.
func renewed(variable string, times int) string {
	return fmt.Sprintf(`n=0; tries=0; was=$(cat "$%[1]s"); while [ $n -lt %[2]d ] && [ $tries -lt 600 ]; do sleep 0.1; `+
		`tries=$((tries+1)); now=$(cat "$%[1]s"); [ "$now" = "$was" ] || { n=$((n+1)); was=$now; }; done`, variable, times)
}

// TestE2EExecRenews hands a command in files a credential that ends sooner than it, and another before that, each for an ID
// token of its own.
func TestE2EExecRenews(t *testing.T) {
	s := newSite(t)
	seen := filepath.Join(s.temp, "seen")
	code, out, errs := s.run("exec", "--grant", "deploy/short", "--", "sh", "-c",
		`for i in 1 2; do cat "$VAULT_TOKEN_FILE"; cat "$VAULT_TOKEN_FILE" >>`+seen+`; echo >>`+seen+`; [ $i = 2 ] || { `+renewed("VAULT_TOKEN_FILE", 1)+`; }; done`)
	if code != 0 {
		t.Fatalf("exit status %d\n%s", code, errs)
	}
	text, err := os.ReadFile(seen)
	if err != nil {
		t.Fatal(err)
	}
	different := map[string]bool{}
	for _, line := range strings.Fields(string(text)) {
		different[line] = true
	}
	if out != strings.Repeat("[redacted]", 2) {
		t.Errorf("not all of the tokens are hidden in what the command prints: %s", out)
	}
	if len(different) < 2 || s.alive() != 0 {
		t.Errorf("%d tokens, %d alive\n%s", len(different), s.alive(), errs)
	}
	if got := types(s.records()); !strings.HasPrefix(got, "intent issued intent renewed revoked") || !strings.HasSuffix(got, "revoked") {
		t.Errorf("records %s", got)
	}
	s.clean()
}

// TestE2ELease hands over by each way, and a later step revokes: twice, which does no harm.
func TestE2ELease(t *testing.T) {
	s := newSite(t)
	code, out, errs := s.run("lease", "--grant", "deploy/vault")
	if code != 0 {
		t.Fatalf("exit status %d\n%s", code, errs)
	}
	handed, err := os.ReadFile(filepath.Join(s.temp, "env"))
	if err != nil {
		t.Fatal(err)
	}
	secret := token.FindString(string(handed))
	if !s.lives(secret) || !strings.Contains(out, "::add-mask::"+secret+"\n") || strings.Contains(errs, secret) {
		t.Errorf("%s\n%s\n%s", handed, out, errs)
	}
	if strings.Index(out, "add-mask") > 0 && !strings.HasPrefix(out, "::add-mask::eyJ") {
		t.Errorf("the ID token isn't masked first:\n%s", out)
	}
	code, path, errs := s.run("lease", "--grant", "deploy/vault", "--to", "file")
	if code != 0 {
		t.Fatalf("exit status %d\n%s", code, errs)
	}
	sourced, err := exec.Command("sh", "-c", `. "$0"; printf %s "$VAULT_TOKEN"`, strings.TrimSpace(path)).Output()
	if err != nil || !s.lives(string(sourced)) || !strings.Contains(errs, "::add-mask::"+string(sourced)) {
		t.Errorf("%v, %s", err, errs)
	}
	code, out, errs = s.run("revoke", "--all")
	if code != 0 || strings.Count(out, ": revoked (") != 2 || s.alive() != 0 {
		t.Errorf("exit status %d, %d alive\n%s%s", code, s.alive(), out, errs)
	}
	code, out, errs = s.run("revoke", "--all")
	if code != 0 || out != "no lease is kept here\n" {
		t.Errorf("exit status %d\n%s%s", code, out, errs)
	}
	id := s.records()[0].ID
	code, out, errs = s.run("revoke", id)
	if code != 0 || !strings.Contains(out, "has ended before: revoked (") {
		t.Errorf("exit status %d\n%s%s", code, out, errs)
	}
	s.clean()
}

// TestE2ERevokeFails: without the server's answer nothing is called revoked, and what isn't kept can't be revoked by its record.
func TestE2ERevokeFails(t *testing.T) {
	s := newSite(t)
	if code, _, errs := s.run("lease", "--grant", "deploy/vault", "--to", "output"); code != 0 {
		t.Fatalf("exit status %d\n%s", code, errs)
	}
	kept := filepath.Join(s.temp, "curfew", "leases")
	id := s.records()[0].ID
	stub, err := os.ReadFile(filepath.Join(kept, id+".json"))
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(kept, id+".json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	gone := bytes.ReplaceAll(stub, []byte(s.URL), []byte("http://127.0.0.1:1"))
	if err := os.WriteFile(filepath.Join(kept, id+".json"), gone, 0o600); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	code, out, errs := s.run("revoke", id)
	if code != 3 || !strings.Contains(errs, "expire-only until") || strings.Contains(out+errs, "revoked") {
		t.Errorf("exit status %d after %v\n%s%s", code, time.Since(began), out, errs)
	}
	if err := os.Remove(filepath.Join(kept, id+".json")); err != nil {
		t.Fatal(err)
	}
	code, out, errs = s.run("revoke", id)
	if code != 3 || !strings.Contains(errs, "auth/token/revoke-accessor accessor=") {
		t.Errorf("exit status %d\n%s%s", code, out, errs)
	}
}

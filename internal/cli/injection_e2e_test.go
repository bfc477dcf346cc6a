//go:build e2e

package cli_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// injected is a text that tries all by which a log or a file of the runner's takes commands.
const injected = "a\n::set-output name=pwned::yes\r\n::error::pwned\n##[error]pwned\n::stop-commands::pwned\n" +
	"PWNED=yes\nPWNED<<EOF\nyes\nEOF\n\x1b[2K\u202epwned\u2028::warning::pwned"

// commandless expects that a runner finds no command in a log, but for those that tell it what to hide: GitHub takes one
// that begins with :: at the start of a line, white space aside, and one that begins with ##[ wherever it stands
// (actions/runner, ActionCommand.cs).
func commandless(t *testing.T, log string) {
	t.Helper()
	for line := range strings.FieldsFuncSeq(log, func(r rune) bool { return strings.ContainsRune("\n\r\u2028\u2029\u0085", r) }) {
		begin := strings.TrimSpace(line)
		if strings.HasPrefix(line, "::add-mask::") {
			continue // which it takes as this, whatever the value
		}
		if strings.HasPrefix(begin, "::") || strings.Contains(line, "##[") {
			t.Errorf("the log has a command: %q\n%s", line, log)
		}
		if strings.ContainsAny(line, "\x1b\u202e") {
			t.Errorf("the log moves the terminal's cursor, or reorders text: %q", line)
		}
	}
}

// inJSON is a value as JSON.
func inJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// runnerReads is what the runner takes from GITHUB_ENV or GITHUB_OUTPUT: NAME=VALUE, or NAME<<END with the value's lines up
// to the one that is END (actions/runner, FileCommandManager.cs). It is the tests' own reading of it.
func runnerReads(text string) (map[string]string, error) {
	got := map[string]string{}
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		equals, here := strings.Index(lines[i], "="), strings.Index(lines[i], "<<")
		switch {
		case lines[i] == "":
		case equals >= 0 && (here < 0 || equals < here):
			got[lines[i][:equals]] = lines[i][equals+1:]
		case here >= 0:
			name, end, _ := strings.Cut(lines[i], "<<")
			n := slices.Index(lines[i+1:], end)
			if n < 0 {
				return got, fmt.Errorf("no line %q ends the value of %s", end, name)
			}
			got[name] = strings.Join(lines[i+1:i+1+n], "\n")
			i += n + 1
		default:
			return got, fmt.Errorf("invalid line %q", lines[i])
		}
	}
	return got, nil
}

// TestE2EHostileClaims: what a pull request's author can choose of a token's claims (a branch's name, a login, an
// environment's) adds nothing to the log or to the environment of later steps, whether the lease is given or denied.
func TestE2EHostileClaims(t *testing.T) {
	now := map[string]any{} // what the issuer's tokens claim beside the usual
	s := newSiteOf(t, now)
	for _, claims := range []map[string]any{
		{"actor": injected},
		{"ref": injected},
		{"head_ref": injected, "workflow": injected},
		{"environment": injected},
		{"job_workflow_ref": injected},
		{"repository": injected, "sub": injected},
		{"run_id": injected},
		{"repository_id": injected},
		{"run_attempt": injected},
		{"event_name": injected},
		{injected: injected},
	} {
		clear(now)
		maps.Copy(now, claims)
		s.temp = t.TempDir()
		s.env = append(s.env, "RUNNER_TEMP="+s.temp, "GITHUB_ENV="+filepath.Join(s.temp, "env")) // the last counts
		for _, args := range [][]string{
			{"lease", "--grant", "deploy/vault"},
			{"exec", "--grant", "deploy/vault", "--", "sh", "-c", "true"},
			{"revoke", "--all"},
			{"ledger", "show", "--store", filepath.Join(s.temp, "curfew", "ledger")},
		} {
			_, out, errs := s.run(args[0], args[1:]...)
			commandless(t, out+errs)
		}
		handed, err := os.ReadFile(filepath.Join(s.temp, "env"))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		got, err := runnerReads(string(handed))
		delete(got, "VAULT_ADDR")
		delete(got, "VAULT_TOKEN")
		delete(got, "DB_PASSWORD")
		if err != nil || len(got) > 0 {
			t.Errorf("%v: later steps get %v, %v", claims, got, err)
		}
		if s.alive() != 0 {
			t.Errorf("%v: a token lives", claims)
		}
	}
}

// TestE2EHostileArguments: what a caller passes on from an event adds nothing to the log either.
func TestE2EHostileArguments(t *testing.T) {
	s := newSite(t)
	for _, args := range [][]string{
		{"lease", "--grant", "deploy/" + injected},
		{"lease", "--grant", injected},
		{"lease", "--grant", "deploy/vault", "--org", "acme/" + injected},
		{"lease", "--grant", "deploy/vault", "--ttl", injected},
		{"lease", "--grant", "deploy/vault", "--to", injected},
		{"lease", "--grant", "deploy/vault", "--issuer", injected},
		{"exec", "--grant", "deploy/vault", "--", injected},
		{"exec", "--grant", "deploy/vault", "--" + injected},
		{"revoke", injected},
	} {
		code, out, errs := s.run(args[0], args[1:]...)
		commandless(t, out+errs)
		if code == 0 && !slices.Contains(args, "--issuer") { // one that no token is of is of no matter
			t.Errorf("%q: exit status %d\n%s", args, code, errs)
		}
	}
}

// TestE2EHostileSecrets: whatever a real Vault holds, the runner reads exactly the variables that were handed over, a shell
// runs nothing of it, and what no variable can hold is refused, with the token that read it revoked.
func TestE2EHostileSecrets(t *testing.T) {
	s := newSite(t)
	const ran = "ran"
	for value, fit := range map[string]bool{
		"PWNED<<EOF": true, "EOF": true, "PWNED=yes": true, "curfew-": true, "::set-env name=PWNED::yes": true, "##[add-path]/tmp": true,
		`'; touch ` + ran + `; '`: true, "$(touch " + ran + ")`touch " + ran + "`": true, `"\'%0A%25 $HOME`: true, " spaces\u00a0 ": true, "-n": true,
		injected: false, "first\nEOF\nPWNED=yes": false, "first\rPWNED=yes": false, "line\u2028PWNED=yes": false, "nul\x00": false, "": false,
	} {
		s.Call(t, "PUT", "secret/data/deploy", inJSON(t, map[string]string{"password": value}))
		s.temp = t.TempDir()
		s.env = append(s.env, "RUNNER_TEMP="+s.temp, "GITHUB_ENV="+filepath.Join(s.temp, "env"), "GITHUB_OUTPUT="+filepath.Join(s.temp, "output"))
		for _, to := range []string{"env", "output"} {
			if to == "output" && !strings.HasPrefix(value, "PWNED") {
				continue // it is written the same way
			}
			code, out, errs := s.run("lease", "--grant", "deploy/vault", "--to", to)
			handed, err := os.ReadFile(filepath.Join(s.temp, to))
			commandless(t, out+errs)
			if !fit {
				if code == 0 || err == nil || s.alive() != 0 || strings.Contains(errs, "yes") {
					t.Errorf("%q to %s: exit status %d, handed over %q, %d tokens live\n%s", value, to, code, handed, s.alive(), errs)
				}
				continue
			}
			if err != nil || code != 0 {
				t.Fatalf("%q: exit status %d, %v\n%s", value, code, err, errs)
			}
			got, err := runnerReads(string(handed))
			if err != nil {
				t.Errorf("%q: %v", value, err)
			}
			want := map[string]string{"VAULT_ADDR": s.URL, "VAULT_TOKEN": got["VAULT_TOKEN"], "DB_PASSWORD": value}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%q to %s (-want +got):\n%s", value, to, diff)
			}
		}
		if fit {
			s.sourced(value, ran)
			s.executed(value)
		}
		if code, _, errs := s.run("revoke", "--all"); code != 0 || s.alive() != 0 {
			t.Errorf("revoke: exit status %d, %d alive\n%s", code, s.alive(), errs)
		}
	}
}

// sourced expects that a shell that reads the file of variables has the value, and runs nothing of it.
func (s *site) sourced(value, ran string) {
	s.t.Helper()
	code, path, errs := s.run("lease", "--grant", "deploy/vault", "--to", "file")
	if code != 0 {
		s.t.Fatalf("exit status %d\n%s", code, errs)
	}
	shell := exec.CommandContext(s.t.Context(), "sh", "-c", `set -a; . "$0"; set +a; printf %s "$DB_PASSWORD"`, strings.TrimSpace(path))
	shell.Dir = s.t.TempDir()
	out, err := shell.Output()
	if err != nil || string(out) != value {
		s.t.Errorf("a shell reads %q, %v; expected %q", out, err, value)
	}
	if _, err := os.Stat(filepath.Join(shell.Dir, ran)); err == nil {
		s.t.Errorf("a shell that reads %q runs it", value)
	}
}

// executed expects that a command has the value and can't show it.
func (s *site) executed(value string) {
	s.t.Helper()
	copied := filepath.Join(s.temp, "copied")
	code, out, errs := s.run("exec", "--grant", "deploy/vault", "--", "sh", "-c", `printf %s "$DB_PASSWORD" >"$0"; printf '%s\n' "<$DB_PASSWORD>"`, copied)
	got, err := os.ReadFile(copied)
	if code != 0 || err != nil || string(got) != value || len(value) > 6 && out != "<[redacted]>\n" {
		s.t.Errorf("exit status %d: a command has %q (%v), expected %q; it shows %q\n%s", code, got, err, value, out, errs)
	}
}

// TestE2EHostileVault: a server in the place of Vault that answers with commands has none of them in the log.
func TestE2EHostileVault(t *testing.T) {
	s := newSite(t)
	to, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	quoted, proxy := inJSON(t, injected), httputil.NewSingleHostReverseProxy(to)
	for _, answer := range []struct {
		to     string
		status int
		text   string
	}{
		{"/login", 400, `{"errors":[` + quoted + `]}`},
		{"/login", 403, injected},
		{"/login", 302, ""},
		{"/login", 200, `{"auth":{"client_token":` + quoted + `,"accessor":"a","lease_duration":60}}`},
		{"/login", 200, `{"auth":{"client_token":"hvs.made-up-for-the-test","accessor":` + quoted + `,"lease_duration":60}}`},
		{"/login", 200, `{"auth":{"client_token":"hvs.made-up-for-the-test","accessor":"a","lease_duration":60},` + quoted + `:` + quoted},
		{"/secret/data/deploy", 403, `{"errors":[` + quoted + `]}`},
		{"/secret/data/deploy", 200, `{"data":{` + quoted + `:"x","password":{}}}`},
		{"/revoke-self", 400, `{"errors":[` + quoted + `]}`},
	} {
		front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, answer.to) {
				proxy.ServeHTTP(w, r)
				return
			}
			if answer.status == http.StatusFound {
				w.Header()["Location"] = []string{"https://evil.example/" + url.PathEscape(injected)}
			}
			w.WriteHeader(answer.status)
			_, _ = w.Write([]byte(answer.text)) // who hung up doesn't wait for it
		}))
		t.Cleanup(front.Close)
		s.file(".github/curfew.yml", strings.ReplaceAll(siteManifest, "VAULT", front.URL))
		s.temp = t.TempDir()
		s.env = append(s.env, "RUNNER_TEMP="+s.temp, "GITHUB_ENV="+filepath.Join(s.temp, "env"))
		for _, verb := range []string{"exec", "lease", "revoke", "ledger"} {
			args := map[string][]string{
				"exec":   {"--grant", "deploy/vault", "--", "sh", "-c", "true"},
				"lease":  {"--grant", "deploy/vault"},
				"revoke": {"--all"},
				"ledger": {"show", "--store", filepath.Join(s.temp, "curfew", "ledger")},
			}[verb]
			code, out, errs := s.run(verb, args...)
			commandless(t, out+errs)
			if verb == "exec" && (code != 125 || answer.to == "/revoke-self" && !strings.Contains(errs, "expire-only until")) {
				t.Errorf("%s %s: exit status %d\n%s%s", verb, answer.text, code, out, errs)
			}
		}
		handed, _ := os.ReadFile(filepath.Join(s.temp, "env"))
		if strings.Contains(string(handed), "PWNED") {
			t.Errorf("handed over: %q", handed)
		}
		s.endAll(t)
	}
}

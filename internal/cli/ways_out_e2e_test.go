//go:build e2e && linux

package cli_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// gate stands before Vault, and answers some of the questions that end tokens itself: a fake of what may go wrong there.
type gate struct {
	mu     sync.Mutex
	ends   []string                                 // tokens that were to be ended, in the order of the questions
	refuse func(nth int, token string) (status int) // of each of them; 0 asks Vault
	logins atomic.Int64
	login  func(nth int64) // hears of each login before Vault does; may be nil
}

// before puts a gate before Vault.
func (s *site) before(refuse func(nth int, token string) int) *gate {
	s.t.Helper()
	g := &gate{refuse: refuse}
	to, err := url.Parse(s.URL)
	if err != nil {
		s.t.Fatal(err)
	}
	vault := httputil.NewSingleHostReverseProxy(to)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/revoke-self") {
			g.mu.Lock()
			token := r.Header.Get("X-Vault-Token")
			g.ends = append(g.ends, token)
			status := g.refuse(len(g.ends), token)
			g.mu.Unlock()
			if status != 0 {
				w.WriteHeader(status)
				return
			}
		}
		if strings.HasSuffix(r.URL.Path, "/login") && g.login != nil {
			g.login(g.logins.Add(1))
		}
		vault.ServeHTTP(w, r)
	}))
	s.t.Cleanup(front.Close)
	s.file(".github/curfew.yml", strings.ReplaceAll(siteManifest, "VAULT", front.URL))
	return g
}

func (g *gate) asked(token string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := 0
	for _, t := range g.ends {
		if t == token {
			n++
		}
	}
	return n
}

// sign is a file that the test makes, and a command waits for.
type sign struct {
	t    testing.TB
	path string
}

func (s *site) sign() sign {
	s.t.Helper()
	return sign{s.t, filepath.Join(s.t.TempDir(), "sign")}
}

func (s sign) give() {
	if err := os.WriteFile(s.path, nil, 0o600); err != nil {
		s.t.Error(err)
	}
}

// awaited is what a shell waits by, for a minute at most.
func (s sign) awaited() string {
	return `tries=0; until [ -e ` + s.path + ` ] || [ $tries -ge 600 ]; do sleep 0.1; tries=$((tries+1)); done`
}

// TestE2EExecHoldsOn: a lease that couldn't be ended when it was renewed isn't forgotten by the next renewal.
func TestE2EExecHoldsOn(t *testing.T) {
	s := newSite(t)
	g := s.before(func(nth int, _ string) int {
		if nth == 1 {
			return http.StatusNotFound
		}
		return 0
	})
	code, _, errs := s.run("exec", "--grant", "deploy/short", "--", "sh", "-c", renewed("VAULT_TOKEN_FILE", 2))
	if code != 0 || !strings.Contains(errs, "which it could; it is expire-only until") {
		t.Errorf("exit status %d\n%s", code, errs)
	}
	if n := g.asked(g.ends[0]); n != 2 {
		t.Errorf("the first lease was to be ended %d times\n%s", n, errs)
	}
	if got := types(s.records()); !strings.HasPrefix(got, "intent issued intent renewed expire-only intent renewed ended revoked") {
		t.Errorf("records %s", got)
	}
}

// TestE2EExecHoldsUnhanded: a lease that couldn't be handed over, nor ended, is ended with the command.
func TestE2EExecHoldsUnhanded(t *testing.T) {
	s := newSite(t)
	g := s.before(func(nth int, _ string) int { return map[bool]int{true: http.StatusNotFound}[nth == 1] })
	again := s.sign()
	g.login = func(nth int64) {
		if nth == 3 { // the first was for the command, the second wasn't handed over, and said not to be
			again.give()
		}
	}
	code, _, errs := s.run("exec", "--grant", "deploy/short", "--", "sh", "-c", `rm -r "$RUNNER_TEMP/curfew/leases"; `+again.awaited())
	if code != 0 || !strings.Contains(errs, "isn't renewed: hand over ") {
		t.Errorf("exit status %d\n%s", code, errs)
	}
	if n := g.asked(g.ends[0]); n != 2 || s.alive() != 0 {
		t.Errorf("it was to be ended %d times, %d alive\n%s", n, s.alive(), errs)
	}
}

// TestE2EExecHoldsDenied: what was issued for a renewal that was denied after it, and couldn't be ended, is ended with the command.
func TestE2EExecHoldsDenied(t *testing.T) {
	s := newSite(t)
	over := s.sign()
	g := s.before(func(nth int, _ string) int {
		if nth == 1 {
			return http.StatusNotFound
		}
		over.give() // the command's own lease ends at its time, once it was said why it isn't renewed
		return 0
	})
	manifest := filepath.Join(s.dir, ".github", "curfew.yml")
	g.login = func(nth int64) {
		if nth < 2 {
			return
		}
		if text, err := os.ReadFile(manifest); err != nil || os.WriteFile(manifest, append(text, '\n'), 0o600) != nil {
			t.Error("the manifest isn't changed")
		}
	}
	code, _, errs := s.run("exec", "--grant", "deploy/short", "--", "sh", "-c", over.awaited())
	if code != 0 || !strings.Contains(errs, "was changed while the lease was on its way") {
		t.Errorf("exit status %d\n%s", code, errs)
	}
	if n := g.asked(g.ends[0]); n != 2 || s.alive() != 0 {
		t.Errorf("it was to be ended %d times, %d alive\n%s", n, s.alive(), errs)
	}
}

// killed runs exec by a log that the watchdog writes on to, for a command that kills it, and waits until something is in the log.
func (s *site) killed(grant, command, until string) (log string) {
	s.t.Helper()
	file, err := os.Create(filepath.Join(s.t.TempDir(), "log"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // of the test
	cmd := s.command("exec", "--grant", grant, "--", "sh", "-c", command+"; kill -9 $PPID")
	cmd.Stdout, cmd.Stderr = file, file
	_ = cmd.Run()
	for end := time.Now().Add(time.Minute); !strings.Contains(log, until); time.Sleep(20 * time.Millisecond) {
		text, err := os.ReadFile(file.Name())
		if log = string(text); err != nil || time.Now().After(end) {
			s.t.Fatalf("%q isn't said, %v:\n%s", until, err, log)
		}
	}
	return log
}

// TestE2EStateGone: whoever removes the job's state while a lease is alive keeps the watchdog from recording its end, but not
// from ending it.
func TestE2EStateGone(t *testing.T) {
	for part, says := range map[string]string{"curfew": "the lease's end is not recorded", "curfew/ledger": "the lease's end is not recorded", "curfew/leases": ": revoked ("} {
		t.Run(part, func(t *testing.T) {
			s := newSite(t)
			path := `"$RUNNER_TEMP/` + part + `"`
			log := s.killed("deploy/vault", "rm -rf "+path+"; : >"+path, says)
			if s.alive() != 0 || strings.Count(log, ": revoked (")+strings.Count(log, "it is revoked (") != 1 {
				t.Errorf("%d alive\n%s", s.alive(), log)
			}
		})
	}
}

// TestE2EFilesGo: where the watchdog can't end a lease either, the files in which it was handed over go all the same.
func TestE2EFilesGo(t *testing.T) {
	s := newSite(t)
	s.before(func(int, string) int { return http.StatusNotFound })
	s.killed("deploy/short", `test -s "$VAULT_TOKEN_FILE"`, "attempt 1 of 5")
	s.clean()
}

// TestE2EShortValue: what is too short to be masked is said not to be.
func TestE2EShortValue(t *testing.T) {
	s := newSite(t)
	s.Call(t, "PUT", "secret/data/deploy", `{"password":"12345"}`)
	code, out, errs := s.run("exec", "--quiet", "--grant", "deploy/vault", "--", "sh", "-c", `echo "$DB_PASSWORD"`)
	if code != 0 || out != "12345\n" || errs != "curfew: the value of DB_PASSWORD is too short to be hidden in what the command writes\n" {
		t.Errorf("exit status %d\n%s%s", code, out, errs)
	}
}

// TestE2EExecUnread: nobody reads what the command and curfew write. The lease is renewed and ended all the same.
func TestE2EExecUnread(t *testing.T) {
	s := newSite(t)
	g := s.before(func(int, string) int { return 0 })
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // of the test
	cmd := s.command("exec", "--grant", "deploy/short", "--", "sh", "-c", `head -c 1000000 /dev/zero & `+renewed("VAULT_TOKEN_FILE", 1)+`; kill $!`)
	cmd.Stdout, cmd.Stderr = w, w
	if err := errors.Join(cmd.Start(), w.Close()); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(14 * time.Second); ; time.Sleep(20 * time.Millisecond) { // the second token lives until then
		g.mu.Lock()
		n := len(g.ends)
		g.mu.Unlock()
		if n == 2 {
			break
		}
		if time.Now().After(end) {
			t.Errorf("%d tokens were to be ended", n)
			break
		}
	}
	said, err := io.ReadAll(r)
	if wait := cmd.Wait(); err != nil || wait != nil || bytes.Count(said, []byte(": revoked (")) != 2 || s.alive() != 0 {
		t.Errorf("%v, %v, %s", err, wait, bytes.ReplaceAll(said, []byte{0}, nil))
	}
}

//go:build e2e && linux

package cli_test

import (
	"encoding/json"
	"fmt"
	"io"
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
	"sync"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/ledger"
)

// When a question that curfew asks is the point at which it is killed.
const (
	asked    = "asked"    // before the server has it
	done     = "done"     // the server has done it, and curfew doesn't know
	answered = "answered" // curfew is being told
)

// moment is when curfew is killed.
type moment struct {
	what string // the question's name
	nth  int    // of these questions, from 1
	when string
}

// killer kills curfew at one moment of its way.
type killer struct {
	moment
	mu     sync.Mutex
	victim *os.Process
	seen   map[string]int
	struck chan struct{} // closed once it is killed; from its last answer on until then no other question is answered
}

// name is what a question is about.
func (k *killer) name(r *http.Request) string {
	switch path := r.URL.Path; {
	case path == "/job" && strings.HasPrefix(r.URL.Query().Get("audience"), "curfew-ledger:"):
		return "token of the seal"
	case path == "/job" && r.URL.Query().Get("audience") == "curfew":
		return "first token"
	case path == "/job":
		return "second token"
	case path == "/.well-known/openid-configuration":
		return "discovery"
	case path == "/keys":
		return "keys"
	case strings.HasSuffix(path, "/login"):
		return "login"
	case strings.HasSuffix(path, "/revoke-self"):
		return "revoke"
	}
	return "read"
}

// around kills at a question's point, if it is the one.
func (k *killer) around(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k.mu.Lock()
		name := k.name(r)
		k.seen[name]++
		now, struck := name == k.what && k.seen[name] == k.nth && k.victim != nil, k.struck
		k.mu.Unlock()
		if !now {
			if struck != nil {
				<-struck
			}
			h.ServeHTTP(w, r)
			return
		}
		if k.when == asked {
			k.kill()
			panic(http.ErrAbortHandler)
		}
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		if k.when == done {
			k.kill()
			panic(http.ErrAbortHandler)
		}
		struck = make(chan struct{})
		defer close(struck)
		k.mu.Lock()
		k.struck = struck
		k.mu.Unlock()
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
		_ = http.NewResponseController(w).Flush()
		k.kill()
	})
}

func (k *killer) kill() { _ = k.victim.Kill() }

// killedWithin is how soon a token has to be dead when curfew was killed. It takes a moment, and no more than that on a machine that
// does nothing else.
const killedWithin = 20 * time.Second

// TestE2EKilled kills curfew (kill -9) at every point of exec. Soon the token that Vault issued is dead, or a record
// says until when it lives at the latest.
func TestE2EKilled(t *testing.T) {
	s := newSite(t)
	k := s.behind()
	const sleeps = "sleep 30"
	type point struct {
		what, when string
		nth        int
		grant      string
		child      string
		// gap: the token is there and nobody holds what ends it, so that the intent's word is what there is
		gap bool
	}
	points := []point{
		{what: "first token", when: asked},
		{what: "first token", when: answered},
		{what: "discovery", when: asked},
		{what: "keys", when: asked},
		{what: "keys", when: answered},
		{what: "second token", when: asked},
		{what: "second token", when: answered},
		{what: "login", when: asked},
		{what: "login", when: done, gap: true},
		{what: "login", when: answered, gap: true},
		{what: "read", when: asked},
		{what: "read", when: done},
		{what: "read", when: answered},
		{what: "the command begins", child: "kill -9 $PPID; " + sleeps},
		{what: "the command works", child: "sleep 0.3; kill -9 $PPID; " + sleeps},
		{what: "the command's children work", child: "(sleep 0.1; kill -9 $PPID) & wait; " + sleeps},
		{what: "the command ends", child: "kill -9 $PPID"},
		{what: "revoke", when: asked, child: "true"},
		{what: "revoke", when: done, child: "true"},
		{what: "revoke", when: answered, child: "true"},
		{what: "token of the seal", when: asked, child: "true"},
		{what: "token of the seal", when: answered, child: "true"},
		{what: "login", nth: 2, when: asked, grant: "deploy/short"},
		{what: "login", nth: 2, when: done, grant: "deploy/short", gap: true},
		{what: "revoke", nth: 1, when: asked, grant: "deploy/short"},
		{what: "revoke", nth: 1, when: done, grant: "deploy/short"},
	}
	for _, p := range points {
		name := strings.TrimSpace(p.what + " " + p.when)
		if p.grant == "" {
			p.grant = "deploy/vault"
		} else {
			name += ", renewing"
		}
		if p.child == "" {
			p.child = sleeps
		}
		t.Run(name, func(t *testing.T) {
			s.killedAt(t, k, moment{what: p.what, when: p.when, nth: max(p.nth, 1)}, p.grant, p.child, p.gap)
		})
	}
}

// behind puts a killer before Vault and the issuer.
func (s *site) behind() *killer {
	s.t.Helper()
	k := &killer{seen: map[string]int{}}
	to, err := url.Parse(s.URL)
	if err != nil {
		s.t.Fatal(err)
	}
	front := httptest.NewServer(k.around(httputil.NewSingleHostReverseProxy(to)))
	s.t.Cleanup(front.Close)
	s.file(".github/curfew.yml", strings.ReplaceAll(siteManifest, "VAULT", front.URL))
	s.issuer.Config.Handler = k.around(s.issuer.Config.Handler)
	return k
}

// outlived is a folder that a watchdog may still write to when the test is over, as it is meant to outlive what it watches.
func outlived(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "curfew-killed-") //nolint:usetesting // whose cleaning up fails where something is still written
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 50 {
			if err = os.RemoveAll(dir); err == nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Error(err)
	})
	return dir
}

// overheard has a command that isn't started yet write to a pipe. What it returns waits until its watchdog is gone, too, so that
// what that asks is not taken for a question of the next one's, and returns what both have said.
func overheard(t *testing.T, cmd *exec.Cmd) func() []byte {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = w, w
	return func() []byte {
		t.Helper()
		_ = w.Close()
		defer r.Close() //nolint:errcheck // of the test
		_ = r.SetReadDeadline(time.Now().Add(time.Minute))
		said, err := io.ReadAll(r)
		if err != nil {
			t.Fatalf("the watchdog works on: %v\n%s", err, said)
		}
		return said
	}
}

// killedAt runs exec and has it killed.
func (s *site) killedAt(t *testing.T, k *killer, at moment, grant, child string, gap bool) {
	t.Helper()
	s.temp = outlived(t)
	s.env = append(s.env, "RUNNER_TEMP="+s.temp) // the last counts
	cmd := s.command("exec", "--grant", grant, "--", "sh", "-c", child)
	all := overheard(t, cmd)
	k.mu.Lock()
	k.moment, k.seen = at, map[string]int{}
	err := cmd.Start()
	k.victim = cmd.Process
	k.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	err = cmd.Wait()
	// After the last answer there is so little left to do that it may end by itself before it is killed.
	last := at.when == answered && at.what == "token of the seal" && err == nil
	if exit := (*exec.ExitError)(nil); !last && (!asExit(err, &exit) || exit.ExitCode() != -1) {
		t.Fatalf("it wasn't killed: %v", err)
	}
	deadline := time.Now().Add(killedWithin)
	for (s.alive() > 0 || !s.ended()) && time.Now().Before(deadline) && !gap {
		time.Sleep(20 * time.Millisecond)
	}
	alive := s.alive()
	if alive > 0 {
		s.bounded(t, alive)
	}
	said := all()
	if alive > 0 && !gap {
		t.Errorf("%d tokens live\n%s", alive, said)
	}
	if at.when == done && gap && alive == 0 {
		t.Error("no token lives: it isn't the point that it is meant to be")
	}
	if !gap && !s.ended() {
		t.Errorf("the end isn't recorded: %s\n%s", types(s.records()), said)
	}
	if token.Match(said) {
		t.Errorf("a token is told:\n%s", said)
	}
	s.endAll(t)
}

// ended reports whether of every lease that was issued the end is recorded.
func (s *site) ended() bool {
	s.t.Helper()
	open := map[string]bool{}
	for _, pass := range [][]ledger.Type{{ledger.LeaseIssued, ledger.LeaseRenewed}, {ledger.LeaseRevoked, ledger.LeaseEnded}} {
		for _, r := range s.records() {
			if slices.Contains(pass, r.Type) {
				open[r.Links.CausedBy[0]] = pass[0] == ledger.LeaseIssued
			}
		}
	}
	return !slices.Contains(slices.Collect(maps.Values(open)), true)
}

// bounded expects that a lease.intent without an end names a time at which each of the living tokens is over.
func (s *site) bounded(t *testing.T, alive int) {
	t.Helper()
	open := map[string]time.Time{}
	for _, r := range s.records() {
		switch r.Type {
		case ledger.LeaseIntent:
			open[r.ID] = r.Credential.NotAfter
		case ledger.LeaseRevoked, ledger.LeaseEnded:
			delete(open, r.Links.CausedBy[0])
		}
	}
	if len(open) < alive {
		t.Errorf("%d tokens live, and %d intents are open: %v", alive, len(open), types(s.records()))
	}
	for _, accessor := range s.accessors(t) {
		_, text := s.Ask(t, s.Root, "POST", "auth/token/lookup-accessor", fmt.Sprintf(`{"accessor":%q}`, accessor))
		var said struct {
			Data struct {
				ExpireTime *time.Time `json:"expire_time"`
			}
		}
		if err := json.Unmarshal(text, &said); err != nil {
			t.Fatal(err)
		}
		for id, latest := range open {
			if said.Data.ExpireTime != nil && said.Data.ExpireTime.After(latest) {
				t.Errorf("a token lives until %v, its intent %s says %v", said.Data.ExpireTime, id, latest)
			}
		}
	}
}

func (s *site) accessors(t *testing.T) []string {
	t.Helper()
	_, text := s.Ask(t, s.Root, "LIST", "auth/token/accessors", "")
	var said struct{ Data struct{ Keys []string } }
	if err := json.Unmarshal(text, &said); err != nil {
		t.Fatal(err)
	}
	return said.Data.Keys
}

// endAll ends what a gap left alive, for the next point.
func (s *site) endAll(t *testing.T) {
	t.Helper()
	s.Ask(t, s.Root, "PUT", "sys/leases/revoke-prefix/auth/jwt/login", "")
	deadline := time.Now().Add(killedWithin)
	for s.alive() > 0 && time.Now().Before(deadline) {
		time.Sleep(20 * time.Millisecond)
	}
	if n := s.alive(); n > 0 {
		t.Fatalf("%d tokens can't be ended", n)
	}
}

// TestE2ELeaseKilled: what a killed lease had issued and not handed over, revoke ends by what was left of it.
func TestE2ELeaseKilled(t *testing.T) {
	s := newSite(t)
	k := s.behind()
	for _, at := range []moment{{"read", 1, asked}, {"read", 1, done}} {
		s.temp = t.TempDir()
		s.env = append(s.env, "RUNNER_TEMP="+s.temp, "GITHUB_ENV="+filepath.Join(s.temp, "env")) // the last counts
		cmd := s.command("lease", "--grant", "deploy/vault")
		k.mu.Lock()
		k.moment, k.seen = at, map[string]int{}
		err := cmd.Start()
		k.victim = cmd.Process
		k.mu.Unlock()
		if err != nil {
			t.Fatal(err)
		}
		if exit := (*exec.ExitError)(nil); !asExit(cmd.Wait(), &exit) || exit.ExitCode() != -1 || s.alive() != 1 {
			t.Fatalf("%v: it wasn't killed, or %d tokens live", at, s.alive())
		}
		if handed, err := os.ReadFile(filepath.Join(s.temp, "env")); err == nil {
			t.Errorf("%v: handed over %s", at, handed)
		}
		k.mu.Lock()
		k.moment = moment{}
		k.mu.Unlock()
		code, out, errs := s.run("revoke", "--all")
		if code != 0 || !strings.Contains(out, ": revoked (") || s.alive() != 0 || types(s.records()) != "intent revoked" {
			t.Errorf("%v: exit status %d, %d alive, records %s\n%s%s", at, code, s.alive(), types(s.records()), out, errs)
		}
		s.sealed(2)
	}
}

//go:build e2e && linux

package cli_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// gate stands before Vault, and answers some of the questions that end tokens itself: a fake of what may go wrong there.
type gate struct {
	mu     sync.Mutex
	ends   []string                                 // tokens that were to be ended, in the order of the questions
	refuse func(nth int, token string) (status int) // of each of them; 0 asks Vault
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

// TestE2EExecHoldsOn: a lease that couldn't be ended when it was renewed isn't forgotten by the next renewal.
func TestE2EExecHoldsOn(t *testing.T) {
	s := newSite(t)
	g := s.before(func(nth int, _ string) int {
		if nth == 1 {
			return http.StatusNotFound
		}
		return 0
	})
	code, _, errs := s.run("exec", "--grant", "deploy/short", "--", "sleep", "9")
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

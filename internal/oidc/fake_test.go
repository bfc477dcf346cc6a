package oidc_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/oidc"
	"github.com/curfew-ci/curfew/internal/redact"
)

// requestToken and requestQuery are made up; no output may have them.
const (
	requestToken = "request-token-that-nobody-may-see"
	requestQuery = "api-version=2.0&run=not-to-be-seen"
)

// clock is a clock that goes only while somebody sleeps.
type clock struct {
	mu    sync.Mutex
	at    time.Time
	slept []time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.slept = c.at.Add(d), append(c.slept, d)
	return ctx.Err()
}

// fake is a made-up server on this machine that answers as GitHub's documentation and OpenID Connect say.
type fake struct {
	*httptest.Server
	mu   sync.Mutex
	seen []*http.Request
}

func serve(t *testing.T, answer http.HandlerFunc) *fake {
	t.Helper()
	f := &fake{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.seen = append(f.seen, r)
		f.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

func (f *fake) host() string { return f.Listener.Addr().String() }

// asked is how many requests came.
func (f *fake) asked() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.seen)
}

// says is an answer that is always the same. Headers are given as name, value, name, value.
func says(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Add(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// inTurn answers one request after the other, the last answer from then on.
func inTurn(answers ...http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	n := 0
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		answer := answers[min(n, len(answers)-1)]
		n++
		mu.Unlock()
		answer(w, r)
	}
}

// endless begins a body and doesn't end it.
func endless(w http.ResponseWriter, r *http.Request) {
	for r.Context().Err() == nil {
		if _, err := w.Write([]byte(strings.Repeat(" ", 1<<16))); err != nil {
			return
		}
	}
}

func slow(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func cutOff(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// newSource makes a Source whose job has its endpoint at base.
func newSource(base string, c *clock, change func(*oidc.Options)) *oidc.Source {
	o := oidc.Options{
		RequestURL:   redact.New([]byte(base + "/token?" + requestQuery)),
		RequestToken: redact.New([]byte(requestToken)),
		Timeout:      time.Minute,
		Now:          c.now,
		Sleep:        c.sleep,
	}
	if change != nil {
		change(&o)
	}
	return oidc.New(o)
}

// impatient is for servers that don't answer.
func impatient(o *oidc.Options) { o.Timeout = 300 * time.Millisecond }

func newClock() *clock { return &clock{at: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)} }

// jwks is a JWK Set with one key.
func jwks(t *testing.T) string {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := k.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(map[string]any{"keys": []any{map[string]string{
		"kty": "EC", "crv": "P-256", "kid": "k1", "use": "sig",
		"x": base64.RawURLEncoding.EncodeToString(point[1:33]), "y": base64.RawURLEncoding.EncodeToString(point[33:]),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// hidden fails where out has what no output may have.
func hidden(t *testing.T, out string) {
	t.Helper()
	for _, secret := range []string{requestToken, requestToken[8:20], "not-to-be-seen", "api-version", jwt} {
		if strings.Contains(out, secret) {
			t.Errorf("%q is in %q", secret, out)
		}
	}
	if strings.Contains(out, "\n") {
		t.Errorf("more than one line: %q", out)
	}
}

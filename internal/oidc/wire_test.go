package oidc_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/oidc"
)

// TestRetry: what passes is waited for, longer each time and as long as the server asks.
func TestRetry(t *testing.T) {
	patient := func(o *oidc.Options) { o.Timeout = 2 * time.Second } // with all but one that never answers
	for _, tt := range []struct {
		name    string
		answers []http.HandlerFunc
		want    []time.Duration
	}{
		{"500", []http.HandlerFunc{says(500, ""), says(200, token)}, []time.Duration{time.Second}},
		{"429 with a time", []http.HandlerFunc{says(429, "", "Retry-After", "7"), says(200, token)}, []time.Duration{7 * time.Second}},
		{"a time that isn't one", []http.HandlerFunc{says(429, "", "Retry-After", "-7"), says(200, token)}, []time.Duration{time.Second}},
		{"three faults", []http.HandlerFunc{cutOff, slow, says(502, ""), says(200, token)}, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, c := serve(t, inTurn(tt.answers...)), newClock()
			got, err := newSource(f.URL, c, patient).IDToken(t.Context(), "curfew")
			if err != nil || string(got.Reveal()) != jwt {
				t.Fatal(err)
			}
			if !slices.Equal(c.slept, tt.want) {
				t.Errorf("slept %v, want %v", c.slept, tt.want)
			}
		})
	}
}

// TestRetryWithinBudget: no request begins after the time for all of them.
func TestRetryWithinBudget(t *testing.T) {
	f, c := serve(t, says(500, "")), newClock()
	_, err := newSource(f.URL, c, func(o *oidc.Options) { o.Budget = 3 * time.Second }).IDToken(t.Context(), "curfew")
	if want := "the next request in 2s would be after the 3s that it may take: try again later"; err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	if f.asked() != 2 {
		t.Errorf("%d requests, want 2", f.asked())
	}
}

// TestCancelled: an end from outside is told as what it was, during a request and between two.
func TestCancelled(t *testing.T) {
	stop := errors.New("the run was stopped")
	for name, answer := range map[string]http.HandlerFunc{"during": slow, "between": says(500, "")} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			f := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if name == "during" {
					cancel(stop)
				}
				answer(w, r)
			})
			s := newSource(f.URL, newClock(), func(o *oidc.Options) {
				o.Timeout = time.Minute
				o.Sleep = func(ctx context.Context, _ time.Duration) error {
					cancel(stop)
					return ctx.Err()
				}
			})
			_, err := s.IDToken(ctx, "curfew")
			if !errors.Is(err, stop) || f.asked() != 1 || strings.Contains(fmt.Sprint(err), "; then") != (name == "between") {
				t.Errorf("%v after %d requests", err, f.asked())
			}
		})
	}
}

// TestRealClock: without a clock of the caller's the real one is taken, and waits.
func TestRealClock(t *testing.T) {
	f := serve(t, inTurn(says(500, ""), says(200, token)))
	start := time.Now()
	_, err := newSource(f.URL, newClock(), func(o *oidc.Options) { o.Now, o.Sleep = nil, nil }).IDToken(t.Context(), "curfew")
	if err != nil || time.Since(start) < time.Second {
		t.Errorf("%v after %s", err, time.Since(start))
	}
}

// roundTrip is a transport that is one function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestFaultThatTells: a fault of the network is told without what was sent, on one line, cut.
func TestFaultThatTells(t *testing.T) {
	s := newSource("https://runner.example", newClock(), func(o *oidc.Options) {
		o.Client = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("odd: %s %s %s\n%s", r.URL, r.URL.RequestURI(), r.Header.Get("Authorization"), strings.Repeat("x", 500))
		})}
	})
	_, err := s.IDToken(t.Context(), "curfew")
	hidden(t, fmt.Sprint(err))
	if err == nil || len(err.Error()) > 400 || !strings.Contains(err.Error(), `it can't be reached: odd: `) {
		t.Errorf("got %v", err)
	}
}

// TestClient: of the caller's client neither cookies nor redirects are used, and its headers are bounded.
func TestClient(t *testing.T) {
	f := serve(t, says(302, "", "Location", "/again", "X-Long", strings.Repeat("x", 60<<10)))
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	base, err := url.Parse(f.URL)
	if err != nil {
		t.Fatal(err)
	}
	jar.SetCookies(base, []*http.Cookie{{Name: "session", Value: "of the caller"}})
	client := &http.Client{Jar: jar, Transport: &http.Transport{}}
	s := newSource(f.URL, newClock(), func(o *oidc.Options) { o.Client = client })
	if _, err := s.IDToken(t.Context(), "curfew"); err == nil || !strings.Contains(err.Error(), "302") {
		t.Errorf("got %v", err)
	}
	if f.asked() != 1 || len(f.seen[0].Cookies()) != 0 {
		t.Errorf("%d requests, the first with %v; want 1 without cookies", f.asked(), f.seen[0].Cookies())
	}
	long := serve(t, says(200, token, "X-Long", strings.Repeat("x", 100<<10)))
	s = newSource(long.URL, newClock(), func(o *oidc.Options) { o.Client = client })
	if _, err := s.IDToken(t.Context(), "curfew"); err == nil || !strings.Contains(err.Error(), "headers exceeded") {
		t.Errorf("got %v", err)
	}
}

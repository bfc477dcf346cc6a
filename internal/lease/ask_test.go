package lease_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/lease"
)

// TestCancelled: a job that is cancelled isn't kept waiting, before a request, in a pause or in a request.
func TestCancelled(t *testing.T) {
	f := serve(t, says(503, ""))
	before, cancel := context.WithCancel(t.Context())
	cancel()
	within, end := context.WithCancelCause(t.Context())
	overslept := func(ctx context.Context, _ time.Duration) error { // the first pause takes what is left of the time
		end(context.DeadlineExceeded)
		return ctx.Err()
	}
	for want, ctx := range map[string]context.Context{
		"aws: cancelled": before,
		"aws: " + f.host() + " answered 503; the time was over before the next try": within,
	} {
		p, err := lease.For("aws", lease.Options{Now: func() time.Time { return start }, Sleep: overslept})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		c, err := p.Exchange(ctx, request(t, awsGrant(f.URL)))
		if err == nil || c != nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("it took %s", took)
		}
	}
}

// TestBudget: the time for all tries is bounded, whatever each of them takes.
func TestBudget(t *testing.T) {
	f := serve(t, says(503, "", "Retry-After", "60"))
	p, err := lease.For("aws", lease.Options{Now: func() time.Time { return start }, Budget: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	want := "aws: " + f.host() + " answered 503; the next try was due in 1m0s, longer than the 30s given for it"
	if err := failed(t, p, request(t, awsGrant(f.URL))); err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestRedirectQuotes: a server that leads to a host named like the token doesn't get it into an error.
func TestRedirectQuotes(t *testing.T) {
	var token string
	f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		says(302, "", "Location", "https://"+token+".evil.example/")(w, r)
	})
	p, _ := provider(t, "github")
	r := request(t, githubGrant(f.URL))
	token = string(r.IDToken.Reveal())
	if err := failed(t, p, r); !strings.Contains(err.Error(), ".evil.example, which isn't followed") {
		t.Error(err)
	}
}

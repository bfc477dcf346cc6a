package oidc

import (
	"context"
	"net/http"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/redact"
)

// Options say how to ask. Given, RequestURL and RequestToken are needed for ID tokens alone.
type Options struct {
	// Given are the ID tokens of a job whose platform mints none while it runs. Where it isn't nil no endpoint is asked,
	// also where it is empty.
	Given []Variable

	// RequestURL and RequestToken are what a job finds in ACTIONS_ID_TOKEN_REQUEST_URL and _TOKEN: who has
	// both can be that job, to anybody.
	RequestURL   redact.Secret
	RequestToken redact.Secret

	// Client sends the requests: its transport is where proxies and certificates are set. Its cookies,
	// redirects and timeout aren't used. nil is a client of its own without a proxy.
	Client *http.Client

	Timeout time.Duration // for one request; 0 is 10 s
	Budget  time.Duration // from a question's first request to its last, if that has to be repeated; 0 is 1 min

	Now func() time.Time // nil is time.Now
	// Sleep waits for d or until ctx ends, whose error it then returns; nil is the real clock.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Source is where ID tokens and keys come from. It may be used by several goroutines. It keeps nothing: two
// calls ask twice.
type Source struct {
	given        []Variable
	requestURL   redact.Secret
	requestToken redact.Secret
	wire         wire
}

// New makes a Source. What is missing or wrong is said by the call that needs it.
func New(o Options) *Source {
	w := wire{
		client:  courier.Client(o.Client),
		timeout: orElse(o.Timeout, 10*time.Second),
		budget:  orElse(o.Budget, time.Minute),
		now:     o.Now,
		sleep:   o.Sleep,
	}
	if w.now == nil {
		w.now = time.Now
	}
	if w.sleep == nil {
		w.sleep = courier.Pause
	}
	return &Source{o.Given, o.RequestURL, o.RequestToken, w}
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

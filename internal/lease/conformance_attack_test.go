package lease_test

import (
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/redact"
)

// testRenews: a lease is renewed by another exchange. The new credential doesn't stand for the old one, and the old one's end
// isn't the new one's.
func (b behaviour) testRenews(t *testing.T) {
	one, two := b.made(), b.made()
	answers := append(b.steps(one, start.Add(lives)), b.steps(two, start.Add(lives-time.Minute))...)
	m := b.meet(t, one, append(answers, b.orRefusal(b.revoked))...)
	old := m.issued(t)
	if b.token != nil {
		m.r.IDToken = request(t, m.r.Grant).IDToken // the platform gives another
	}
	fresh := m.issued(t)
	if b.token != nil && old.Handle == fresh.Handle {
		t.Errorf("both are known as %s", old.Handle)
	}
	if b.issues < 0 {
		return
	}
	got, err := m.p.Revoke(t.Context(), old)
	if err != nil || got.Outcome != lease.Revoked {
		t.Errorf("the old one: %s and %v", got, err)
	}
	last := m.f.seen[len(m.f.seen)-1]
	sent := last.query + last.body
	for _, all := range last.header {
		sent += strings.Join(all, " ")
	}
	if !strings.Contains(sent, one) || strings.Contains(sent, two) {
		t.Error("ending the old one was asked for with another token")
	}
}

// testAttacked: nobody is asked for the sake of a grant or a token that is made to lead a credential, or the job's
// token, elsewhere.
func (b behaviour) testAttacked(t *testing.T) {
	for name, change := range map[string]func(*lease.Request){
		"no token": func(r *lease.Request) { r.IDToken = redact.Secret{} },
		"a header in the token": func(r *lease.Request) {
			r.IDToken = redact.New(append(r.IDToken.Reveal(), "\r\nX-Forwarded-For: 1"...))
		},
		"no time":                     func(r *lease.Request) { r.TTL = 0 },
		"a negative time":             func(r *lease.Request) { r.TTL = -time.Hour },
		"an endpoint in the clear":    b.endpoint("http://elsewhere.example"),
		"an endpoint with a password": b.endpoint("https://user:word@elsewhere.example"),
		"an endpoint of a file":       b.endpoint("file:///etc/passwd"),
		"a name that isn't handed over": func(r *lease.Request) {
			for _, h := range handOvers(r.Grant) {
				h.Names = map[string]string{"LD_PRELOAD": "PATH"}
			}
		},
	} {
		m := b.good(t)
		change(&m.r)
		if err := failed(t, m.p, m.r, m.token); len(m.f.asked()) > 0 {
			t.Errorf("%s: %v, asked %v", name, err, m.f.asked())
		}
	}
}

// endpoint redirects the exchange.
func (b behaviour) endpoint(to string) func(*lease.Request) {
	return func(r *lease.Request) {
		for _, h := range handOvers(r.Grant) {
			h.Endpoint = to
		}
	}
}

package lease_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// testEnd: a credential that ends too late, or has ended, isn't handed over.
func (b behaviour) testEnd(t *testing.T) {
	if b.endless {
		t.Skip("the server doesn't say when it ends")
	}
	for name, ends := range map[string]time.Time{"too late": start.Add(48 * time.Hour), "past": start.Add(-time.Hour)} {
		token := b.made()
		answers := b.steps(token, ends)
		if b.issues >= 0 {
			answers = append(answers[:b.issues+1], b.revoked)
		}
		m := b.meet(t, token, answers...)
		err := failed(t, m.p, m.r, m.token)
		if b.issues >= 0 {
			b.wasGivenBack(t, name, err)
			continue
		}
		var back *lease.GivenBackError
		if !errors.As(err, &back) || back.Revocation.Outcome != lease.ExpireOnly || back.Credential.Handle == "" {
			t.Errorf("%s: %v, want what was issued to be named, and not to be called over", name, err)
		}
	}
}

func (b behaviour) orRefusal(h http.HandlerFunc) http.HandlerFunc {
	if h == nil {
		return b.refusal
	}
	return h
}

func (b behaviour) wasGivenBack(t *testing.T, name string, err error) {
	t.Helper()
	var back *lease.GivenBackError
	if !errors.As(err, &back) || back.Revocation.Outcome != lease.Revoked || back.Unanswered != nil {
		t.Errorf("%s: %v, want what was issued to be given back", name, err)
	}
}

// testRefused: a refusal at whichever step shows the server's reason, and what there was by then is given back.
func (b behaviour) testRefused(t *testing.T) {
	steps := len(b.steps(b.made(), start.Add(lives)))
	for i := range steps {
		token := b.made()
		answers := append(b.steps(token, start.Add(lives))[:i], b.refusal, b.orRefusal(b.revoked))
		m := b.meet(t, token, answers...)
		err := failed(t, m.p, m.r, token)
		var denied *lease.DeniedError
		if i == 0 && (!errors.As(err, &denied) || denied.Try == "" || len(denied.Claims) == 0) {
			t.Errorf("step %d: %v, want a denial with claims and what to try", i, err)
		}
		if !strings.Contains(err.Error(), b.reason) {
			t.Errorf("step %d: %v, want %q in it", i, err, b.reason)
		}
		if b.issues >= 0 && i > b.issues {
			b.wasGivenBack(t, fmt.Sprint("step ", i), err)
		}
	}
}

// testFault: one fault of the server at whichever step doesn't keep the job from its credential.
func (b behaviour) testFault(t *testing.T) {
	token := b.made()
	for i := range b.steps(token, start.Add(lives)) {
		m := b.meet(t, token, slices.Insert(b.steps(token, start.Add(lives)), i, says(503, "<html>down</html>"))...)
		if m.issued(t); len(m.clock.slept) != 1 {
			t.Errorf("step %d: %d pauses", i, len(m.clock.slept))
		}
	}
}

// testGivesBack: a credential that could set a variable of its own isn't handed over.
func (b behaviour) testGivesBack(t *testing.T) {
	if b.token == nil {
		t.Skip("the answers carry no credential")
	}
	token := b.made()
	for _, odd := range []string{`\n`, "&#10;", "\x00"} {
		m := b.meet(t, token, append(b.steps(token+odd+"PATH=/tmp", start.Add(lives)), b.orRefusal(b.revoked))...)
		if c, err := m.p.Exchange(t.Context(), m.r); err == nil {
			for _, v := range c.Values {
				if strings.ContainsAny(string(v.Value.Reveal()), "\n\x00") {
					t.Errorf("%s has a control character", v.Name)
				}
			}
		}
	}
}

// testHeld: who ends it in our place is told before anybody has it; who can't be told gives it up.
func (b behaviour) testHeld(t *testing.T) {
	m := b.good(t, b.orRefusal(b.revoked))
	held := 0
	m.r.Hold = func(c *lease.Credential) error {
		if held++; c.Provider != b.provider || c.NotAfter.IsZero() || c.Handle == "" {
			t.Errorf("held %+v", c)
		}
		return nil
	}
	if m.issued(t); held != 1 {
		t.Errorf("held %d times", held)
	}
	token := b.made()
	answers := b.steps(token, start.Add(lives))
	if b.issues >= 0 {
		answers = append(answers[:b.issues+1], b.revoked)
	}
	m = b.meet(t, token, answers...)
	m.r.Hold = func(*lease.Credential) error { return errors.New("the disk is full") }
	err := failed(t, m.p, m.r, token)
	if !strings.Contains(err.Error(), "the disk is full") {
		t.Error(err)
	}
	if b.issues >= 0 {
		b.wasGivenBack(t, "not held", err)
	}
}

// testCancelled: a job that is cancelled asks for nothing more, and leaves nothing behind that can be ended.
func (b behaviour) testCancelled(t *testing.T) {
	m := b.good(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if c, err := m.p.Exchange(ctx, m.r); err == nil || c != nil || len(m.f.asked()) > 0 {
		t.Errorf("%v and %v, asked %v", c, err, m.f.asked())
	}
	for i := range b.steps(b.made(), start.Add(lives)) {
		ctx, cancel := context.WithCancel(t.Context())
		token := b.made()
		answers := b.steps(token, start.Add(lives))
		last, right := i == len(answers)-1, answers[i]
		answers[i] = func(w http.ResponseWriter, r *http.Request) { cancel(); right(w, r) }
		m := b.meet(t, token, append(answers[:i+1], b.orRefusal(b.revoked))...)
		c, err := m.p.Exchange(ctx, m.r)
		if !last && (err == nil || c != nil) {
			t.Errorf("cancelled in step %d: %v and %v", i, c, err)
		}
		if b.issues >= 0 && i >= b.issues && !last {
			b.wasGivenBack(t, fmt.Sprint("cancelled in step ", i), err)
		}
	}
}

// testRevokes: nothing is called revoked without the server's word, and what can't be revoked is said to live on.
func (b behaviour) testRevokes(t *testing.T) {
	if b.issues < 0 {
		m := b.good(t)
		c := m.issued(t)
		asked := len(m.f.asked())
		got, err := m.p.Revoke(t.Context(), c)
		if err != nil || got.Outcome != lease.ExpireOnly || !got.NotAfter.Equal(c.NotAfter) || len(m.f.asked()) != asked {
			t.Errorf("%s and %v", got, err)
		}
		m.clock.at = c.NotAfter
		if got, err := m.p.Revoke(t.Context(), c); err != nil || got.Outcome != lease.AlreadyEnded {
			t.Errorf("after its end: %s and %v", got, err)
		}
		return
	}
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		want   lease.Outcome
		fails  bool
	}{
		{"revoked", b.revoked, lease.Revoked, false},
		{"gone", b.gone, lease.AlreadyEnded, false},
		{"fault", says(503, ""), lease.ExpireOnly, true},
		{"another's answer", says(418, "<html>"), lease.ExpireOnly, false},
		{"redirect", says(307, "", "Location", "https://elsewhere.example/"), lease.ExpireOnly, true},
	} {
		if tt.answer == nil {
			continue
		}
		m := b.good(t, tt.answer)
		stub, err := m.issued(t).Stub()
		if err != nil {
			t.Fatal(err)
		}
		c, err := lease.ReadStub("stub", stub.Reveal()) // as another process has it
		if err != nil {
			t.Fatal(err)
		}
		m.clock.at = m.clock.at.Add(time.Minute) // by when all of a provider's servers know of it
		got, err := m.p.Revoke(t.Context(), c)
		if got.Outcome != tt.want || (err != nil) != tt.fails {
			t.Errorf("%s: %s and %v", tt.name, got, err)
		}
		unseen(t, fmt.Sprint(got, err), m.token)
	}
}

func (b behaviour) testOthers(t *testing.T) {
	m := b.good(t)
	m.r.Grant = &manifest.Grant{}
	if err := failed(t, m.p, m.r); !strings.Contains(err.Error(), "another provider's") || len(m.f.asked()) > 0 {
		t.Errorf("%v, asked %v", err, m.f.asked())
	}
	if _, err := m.p.Revoke(t.Context(), &lease.Credential{Provider: "none"}); err == nil {
		t.Error("revokes another provider's credential")
	}
}

package orgstore_test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestRenewed: a session is used until it is about to end, and then leased anew.
func TestRenewed(t *testing.T) {
	w := newWorld(t)
	s := w.open()
	for _, tt := range []struct {
		after  time.Duration
		leased int
	}{{0, 1}, {11 * time.Minute, 1}, {59 * time.Second, 1}, {time.Second, 2}, {time.Hour, 3}} {
		w.later(tt.after)
		w.facts(s)
		if len(w.tokens) != tt.leased {
			t.Errorf("after %s %d sessions were leased, want %d", tt.after, len(w.tokens), tt.leased)
		}
	}
	for _, secret := range slices.Concat(w.issued, w.tokens) {
		if !slices.Contains(w.hidden, secret) {
			t.Error("a secret wasn't told to be hidden")
		}
	}
	w.hides(s)
}

// TestLeaseRefuses lets no request reach the bucket where the role can't be leased as it should be.
func TestLeaseRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		sent       int // tokens
		alter      func(w *world)
	}{
		{"no token", "get the job's ID token for the audience \"sts.amazonaws.com\": id-token: write is missing", 0, func(w *world) {
			w.fetch = errors.New("id-token: write is missing")
		}},
		{"a token by which curfew would know the job", `has the audience "curfew", expected "sts.amazonaws.com"`, 0, func(w *world) { w.aud = "curfew" }},
		{"a token that seals", `has the audience "curfew-ledger:00"`, 0, func(w *world) { w.aud = "curfew-ledger:00" }},
		{"a session of no use", "too soon to be used", 1, func(w *world) { w.lasts = time.Minute }},
		{"a session for longer", "longer than the 15m0s", 1, func(w *world) { w.lasts = time.Hour }},
		{"denied", "AccessDenied: no", 0, func(w *world) {
			w.answer = func(rw http.ResponseWriter, r *http.Request) bool {
				rw.WriteHeader(http.StatusForbidden)
				_, _ = io.WriteString(rw, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>`)
				return r.URL.Path == "/"
			}
		}},
	} {
		w := newWorld(t)
		tt.alter(w)
		f, err := w.open().Facts(t.Context(), project, grant)
		if f != nil || err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "lease the role arn:minio:iam:::role/curfew-ledger of the ledger store") {
			t.Errorf("%s: %+v, %v", tt.name, f, err)
		}
		if len(w.tokens) != tt.sent || len(w.objects) > 0 {
			t.Errorf("%s: %d tokens were sent", tt.name, len(w.tokens))
		}
		if tt.name == "denied" && !strings.Contains(err.Error(), `claim sub: received "repo:acme/web:environment:production"`) {
			t.Errorf("the denial doesn't say what the token proves: %v", err)
		}
		w.hides(err)
	}
}

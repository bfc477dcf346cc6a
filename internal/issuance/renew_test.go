package issuance_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
)

func TestRenew(t *testing.T) {
	w := newWorld(t)
	w.request.Grant = "deploy/limited"
	b := w.broker()
	old, err := b.Issue(t.Context(), w.request)
	if err != nil {
		t.Fatal(err)
	}
	w.at = w.at.Add(10 * time.Minute)
	l, err := b.Renew(t.Context(), old, 0)
	if err != nil {
		t.Fatal(err)
	}
	was, err := b.End(t.Context(), old)
	if err != nil || was.Outcome != lease.Revoked || l.ID == old.ID || !l.Until.Equal(start.Add(25*time.Minute)) {
		t.Fatalf("%+v, %+v, %v", l, was, err)
	}
	all := w.records()
	if s := types(all); s != "intent issued intent renewed revoked" {
		t.Errorf("records %s", s)
	}
	if renewed := all[3]; renewed.Links.CausedBy[0] != l.ID || renewed.Links.CausedBy[1] != old.Issued || renewed.ID != l.Issued {
		t.Errorf("renewed by %v", renewed.Links)
	}
	// What isn't entitled any more isn't renewed, and lives on until its time.
	w.job.claims["environment"] = "staging"
	var denied *issuance.DeniedError
	if _, err := b.Renew(t.Context(), l, 0); !errors.As(err, &denied) || len(w.server.revoked) != 1 {
		t.Errorf("%v, %d revoked", err, len(w.server.revoked))
	}
	w.sound(l, old, err)
}

// TestRenewOnce gives no second lease for a ticket that is for one.
func TestRenewOnce(t *testing.T) {
	w := newWorld(t)
	b := w.broker()
	l, err := b.Issue(t.Context(), w.request)
	if err != nil {
		t.Fatal(err)
	}
	var denied *issuance.DeniedError
	if _, err := b.Renew(t.Context(), l, 0); !errors.As(err, &denied) || denied.Reasons[0].Code != "trigger-unproven" {
		t.Errorf("%v", err)
	}
}

// TestEnder ends a lease from its stub alone, as a watchdog does, and says what is known then.
func TestEnder(t *testing.T) {
	w := newWorld(t)
	b := w.broker()
	l, err := b.Issue(t.Context(), w.request)
	if err != nil {
		t.Fatal(err)
	}
	stub, err := l.Held().Credential.Stub()
	if err != nil {
		t.Fatal(err)
	}
	c, err := lease.ReadStub("stub", stub.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // whoever cancels the job wants it to end all the more
	ender, err := issuance.NewEnder(issuance.Options{Records: w.options.Records, Providers: w.options.Providers, Now: w.options.Now, Hide: w.options.Hide, Project: w.options.Project})
	if err != nil {
		t.Fatal(err)
	}
	got, err := ender.End(ctx, c, issuance.Origin{})
	if err != nil || got.Outcome != lease.Revoked {
		t.Fatalf("%+v, %v", got, err)
	}
	// The lease itself is ended after that: the provider doesn't know it any more, which nobody calls revoked.
	again, err := b.End(ctx, l)
	if err != nil || again.Outcome != lease.AlreadyEnded {
		t.Errorf("%+v, %v", again, err)
	}
	all := w.records()
	if s := types(all); s != "intent issued revoked ended" {
		t.Errorf("records %s", s)
	}
	if r := all[2]; r.Identity != (ledger.Identity{RepositoryID: "987654"}) || r.Task.RunID != "12055500123" || r.Credential.Handle != "acc-1" {
		t.Errorf("%+v", r)
	}
	w.sound(stub, c, got, again)
}

// TestEndUnanswered says of a lease that nobody answered for how long it lives, and may be asked again.
func TestEndUnanswered(t *testing.T) {
	w := newWorld(t)
	b := w.broker()
	l, err := b.Issue(t.Context(), w.request)
	if err != nil {
		t.Fatal(err)
	}
	w.server.Close()
	got, err := b.End(t.Context(), l)
	if err == nil || got.Outcome != lease.ExpireOnly || !strings.Contains(err.Error(), "could not be ended") {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := b.End(t.Context(), l); err == nil {
		t.Error("it wasn't asked again")
	}
	if s := types(w.records()); s != "intent issued expire-only expire-only" {
		t.Errorf("records %s", s)
	}
	w.sound(l, err)
	w.broken = func(ledger.Type) bool { return true }
	if got, err := b.End(t.Context(), l); err == nil || got.Record != "" || !strings.Contains(err.Error(), "not recorded") {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestEndHeedsDeadline: a server that doesn't answer is waited for until the deadline, but one that was over before keeps nobody
// from asking.
func TestEndHeedsDeadline(t *testing.T) {
	w := newWorld(t)
	w.request.Grant = "deploy/limited"
	b := w.broker()
	l, err := b.Issue(t.Context(), w.request)
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int64
	w.server.Config.Handler = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if got, err := b.End(ctx, l); err == nil || got.Outcome != lease.ExpireOnly || asked.Load() > 1 {
		t.Errorf("asked %d times: %+v, %v", asked.Load(), got, err)
	}
	w.server.Config.Handler = w.server
	if got, err := b.End(ctx, l); err != nil || got.Outcome != lease.Revoked {
		t.Errorf("later: %+v, %v", got, err)
	}
}

// TestEndElsewhere: an answer that ends nothing, such as that of a proxy which has lost the server, isn't the end of a lease
// that can be revoked.
func TestEndElsewhere(t *testing.T) {
	w := newWorld(t)
	w.request.Grant = "deploy/limited"
	b := w.broker()
	l, err := b.Issue(t.Context(), w.request)
	if err != nil {
		t.Fatal(err)
	}
	issued := w.server.issued
	w.server.issued = nil // so that it answers 404
	if got, err := b.End(t.Context(), l); err == nil || got.Outcome != lease.ExpireOnly || !strings.Contains(got.String(), "answered 404") {
		t.Errorf("%+v, %v", got, err)
	}
	w.server.issued = issued
	if got, err := b.End(t.Context(), l); err != nil || got.Outcome != lease.Revoked {
		t.Errorf("again: %+v, %v", got, err)
	}
	if s := types(w.records()); s != "intent issued expire-only revoked" {
		t.Errorf("records %s", s)
	}
}

// TestStoreOpened: the store is the policy's, and is opened once for each way.
func TestStoreOpened(t *testing.T) {
	w := newWorld(t)
	w.request.Grant = "deploy/limited"
	b := w.broker()
	l, err := b.Issue(t.Context(), w.request)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Renew(t.Context(), l, 0); err != nil {
		t.Fatal(err)
	}
	want := manifest.Ledger{
		Store: "s3://acme-curfew/ledger", Role: "arn:aws:iam::123456789012:role/curfew-ledger", Audience: "sts.amazonaws.com",
		Region: "eu-west-1", Collector: "acme/.github/.github/workflows/collect.yml@refs/heads/main",
	}
	if len(w.shared.opened) != 2 || w.shared.opened[0] != want || w.shared.opened[1] != want {
		t.Errorf("opened %+v", w.shared.opened)
	}
}

// TestHold tells of a credential before anything else is done with it, and hands over none that nobody would end.
func TestHold(t *testing.T) {
	w := newWorld(t)
	var held []issuance.Held
	w.options.Hold = func(h issuance.Held) error {
		held = append(held, h)
		if s := types(w.records()); s != "intent" || w.steps[len(w.steps)-1] != "exchange" {
			t.Errorf("held after %v, with the records %s", w.steps, s)
		}
		return nil
	}
	l, err := w.broker().Issue(t.Context(), w.request)
	if err != nil {
		t.Fatal(err)
	}
	if len(held) != 1 || held[0].ID != l.ID || !held[0].Until.Equal(l.Until) || held[0].Credential != l.Credential || held[0].Origin.Identity != l.Held().Origin.Identity {
		t.Errorf("held %+v", held)
	}
	w.sound(held)
	w = newWorld(t)
	w.options.Hold = func(issuance.Held) error { return errors.New("the watchdog is gone") }
	_, err = w.broker().Issue(t.Context(), w.request)
	var denied *issuance.DeniedError
	if !errors.As(err, &denied) || !strings.Contains(err.Error(), "the watchdog is gone") || len(w.server.revoked) != 1 || !denied.Unfinished() {
		t.Errorf("%v, %d revoked", err, len(w.server.revoked))
	}
	if s := types(w.records()); s != "intent revoked failed" {
		t.Errorf("records %s", s)
	}
	w.sound(err)
}

package issuance_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/ledger"
)

// steps are all places at which the way of a lease leads out of the room, in order.
func steps(t *testing.T, grant string) []string {
	t.Helper()
	w := newWorld(t)
	w.request.Grant = grant
	if _, err := w.broker().Issue(t.Context(), w.request); err != nil {
		t.Fatal(err)
	}
	return w.steps
}

// TestEveryStep cancels the job at each step of the way, lets the step fail, and lets the process die there:
// nothing works from then on. Whichever it is, nobody gets a credential, and where the provider has issued one,
// an intent was recorded before, and it has ended or the latest end that it can have is recorded.
func TestEveryStep(t *testing.T) {
	for _, grant := range []string{"deploy/prod", "deploy/limited", "deploy/cloud", "deploy/source"} {
		all := steps(t, grant)
		if len(all) < 9 {
			t.Fatalf("%d steps only: %v", len(all), all)
		}
		for n, step := range all {
			for _, how := range []string{"cancelled", "failed", "dead"} {
				t.Run(fmt.Sprintf("%s/%d %s/%s", grant, n, step, how), func(t *testing.T) {
					t.Parallel()
					w := newWorld(t)
					w.request.Grant = grant
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					w.fail = stopAt(n, how, cancel)
					l, err := w.broker().Issue(ctx, w.request)
					var denied *issuance.DeniedError
					if l != nil || !errors.As(err, &denied) {
						t.Fatalf("got %v and %v", l, err)
					}
					if how == "cancelled" && !errors.Is(err, context.Canceled) {
						t.Errorf("%v isn't the end of the context", err)
					}
					w.bounded(how)
					w.sound(denied)
				})
			}
		}
	}
}

// stopAt is what goes wrong at the n'th step.
func stopAt(n int, how string, cancel func()) func(string) error {
	var mu sync.Mutex
	at, exchange := -1, false
	return func(name string) error {
		mu.Lock()
		defer mu.Unlock()
		at++
		switch {
		case at > n && exchange && name == "exchange": // it is tried again
		case at < n, at > n && how != "dead":
			return nil
		case how == "cancelled":
			cancel()
			return nil
		}
		exchange = how == "failed" && name == "exchange"
		return errors.New("gone")
	}
}

// bounded holds the invariant.
func (w *world) bounded(how string) {
	w.t.Helper()
	records := w.records()
	intent := slices.IndexFunc(records, func(r ledger.Record) bool { return r.Type == ledger.LeaseIntent })
	if len(w.server.issued) > 0 {
		if intent < 0 || records[intent].Credential.NotAfter.IsZero() {
			w.t.Errorf("a credential was issued without an intent that says when it ends: %s", types(records))
		}
		told := how == "dead" || slices.ContainsFunc(records, func(r ledger.Record) bool {
			return r.Type == ledger.LeaseRevoked || r.Type == ledger.LeaseExpireOnly || r.Type == ledger.LeaseFailed
		})
		if !told {
			w.t.Errorf("nothing is recorded of what became of it: %s", types(records))
		}
	}
	if how != "dead" && !slices.ContainsFunc(records, func(r ledger.Record) bool { return r.Type == ledger.LeaseDenied || r.Type == ledger.LeaseFailed }) {
		w.t.Errorf("no denial is recorded: %s", types(records))
	}
}

// TestRace lets exactly as many of 20 parallel jobs through as the limit says.
func TestRace(t *testing.T) {
	for grant, want := range map[string]int{"deploy/limited": 3, "deploy/prod": 1} {
		w := newWorld(t)
		w.request.Grant = grant
		b := w.broker()
		var group sync.WaitGroup
		results := make([]error, 20)
		for i := range results {
			group.Go(func() { _, results[i] = b.Issue(t.Context(), w.request) })
		}
		group.Wait()
		got := 0
		for _, err := range results {
			var denied *issuance.DeniedError
			switch {
			case err == nil:
				got++
			case !errors.As(err, &denied) || denied.Reasons[0].Code != issuance.CodeLimit && !strings.Contains(err.Error(), "was used already"):
				t.Errorf("%s: %v", grant, err)
			}
		}
		if got != want || len(w.server.issued) != want {
			t.Errorf("%s: %d jobs got a lease, %d credentials were issued, want %d", grant, got, len(w.server.issued), want)
		}
	}
}

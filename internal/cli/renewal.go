package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/issuance"
)

// longestLead is how long before its end a lease is renewed at most; of a short one it is a third of its time.
const longestLead = 5 * time.Minute

// keep renews the lease as its end comes near, until ctx ends. A command that has the credential in its environment can't be
// given another: its lease is ended at its time. What is of no use any more before the lease ends is renewed before that, where
// that brings what is of use for longer: the platform may have no fresher ID token to give.
func (t *tenancy) keep(ctx context.Context) {
	var stale time.Time // what the command had before
	for {
		l := t.current()
		end := l.Until
		if at := l.Credential.Stale; t.files != "" && at.After(stale) && at.Before(end) {
			end, stale = at, at
		}
		left := end.Sub(t.j.env.Now())
		lead := min(longestLead, end.Sub(l.Credential.Issued)/3)
		if t.files == "" {
			lead = 0
		}
		if courier.Pause(ctx, left-lead) != nil {
			return
		}
		if t.files == "" || !t.renew(ctx, l, lead) {
			t.endInTime(ctx, l)
			return
		}
		if next := t.current(); !next.Until.After(l.Until) { // the platform has no fresher ID token, and another renewal had none either
			t.endInTime(ctx, next)
			return
		}
	}
}

// current is the lease that the command has.
func (t *tenancy) current() *issuance.Lease {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.held[len(t.held)-1]
}

// endInTime waits for the end of a lease, and ends it.
func (t *tenancy) endInTime(ctx context.Context, l *issuance.Lease) {
	if courier.Pause(ctx, l.Until.Sub(t.j.env.Now())) != nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.endOne(ctx, l); err != nil { // it is tried again when the command has ended
		t.j.say("%v", err)
		return
	}
	t.held = slices.DeleteFunc(t.held, func(held *issuance.Lease) bool { return held == l })
	t.j.say("the time of %s is over, and the command goes on without it", leaseOf(l, t.request.Grant))
}

// renew leases anew and hands that over, and tries again while there is time if something stood in the way that may pass.
func (t *tenancy) renew(ctx context.Context, old *issuance.Lease, lead time.Duration) bool {
	for again := range 3 {
		if again > 0 && courier.Pause(ctx, lead/4) != nil {
			return false
		}
		left := time.Duration(0)
		if t.request.Left > 0 {
			left = max(t.request.Left-t.j.env.Now().Sub(t.began), time.Second)
		}
		l, err := t.anew(ctx, old, left)
		if err == nil {
			err = t.replace(ctx, old, l)
		}
		if err == nil {
			return true
		}
		if ctx.Err() != nil {
			return false // the command has ended meanwhile
		}
		t.j.say("%s isn't renewed: %v", leaseOf(old, t.request.Grant), err)
		if denied := (*issuance.DeniedError)(nil); errors.As(err, &denied) && !denied.Unfinished() {
			return false
		}
	}
	return false
}

// replace hands over a lease in the place of an old one, which then ends. The watchdog has both by now.
func (t *tenancy) replace(ctx context.Context, old, l *issuance.Lease) error {
	ctx = context.WithoutCancel(ctx) // what is begun here is brought to an end
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mask.Hide(l.Credential.Secrets()...)
	if _, err := t.j.leases.HandOver(t.files, l.Credential); err != nil {
		left := t.endOne(ctx, l)
		if left != nil { // it is tried again with the next renewal, and in the end; what the command has stays last
			t.held = slices.Insert(t.held, 0, l)
		}
		return errors.Join(fmt.Errorf("hand over %s: %w", leaseOf(l, t.request.Grant), err), left)
	}
	t.held, t.had = append(t.held, l), append(t.had, l.ID)
	t.tellUser("%s in place of %s: until %s", leaseOf(l, t.request.Grant), old.ID, l.Until.UTC().Format(time.RFC3339))
	t.endBut(ctx, l)
	if err := t.tell(t.holds()); err != nil {
		t.j.say("%v", err) // it holds more leases than there are
	}
	return nil
}

// endBut ends all that is held but the lease that the command has now. What can't be ended is held on: it is tried again with the
// next renewal, and in the end.
func (t *tenancy) endBut(ctx context.Context, current *issuance.Lease) {
	t.held = slices.DeleteFunc(t.held, func(l *issuance.Lease) bool {
		if l == current {
			return false
		}
		err := t.endOne(ctx, l)
		if err != nil {
			t.j.say("%v", err)
		}
		return err == nil
	})
}

package ticket

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
)

// Backend reaches one tracker. What it is asked for it can be asked for again: that is how a sync that was killed
// goes on.
type Backend interface {
	// List returns all tickets of curfew's of that repository (by RepositoryLabel), and of others those that are
	// open or were created today. It may lag behind what was written, by Lag at most.
	List(ctx context.Context, repository string) ([]Ticket, error)
	// Lag is how long it takes at most until List shows what was written.
	Lag() time.Duration
	// Create makes a ticket, in one request that does all or nothing, and returns its key. Where nobody knows
	// whether it did, the error is a *courier.UnsureError.
	Create(ctx context.Context, d Draft) (string, error)
	// Update brings a ticket to what the draft says, the memo last: what is as it should be isn't touched, so that a
	// comment isn't made twice.
	Update(ctx context.Context, key string, d Draft) error
}

// Clock is what Sync waits by.
type Clock struct {
	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error
}

// maxPlans bounds how often a sync looks anew after it was left unsure.
const maxPlans = 4

// Sync brings a tracker in line. It may be killed anywhere: run again, it comes to the same tickets, as long as no
// two run at once. done is told of each change that was made; in.Now is set by the clock.
//
// A tracker whose lists lag may hide what an earlier sync created just before it was killed. So before anything is
// created, as much time passes as it lags, and the tickets are listed anew.
func Sync(ctx context.Context, b Backend, in Input, clock Clock, done func(Change)) (*Result, error) {
	waited := b.Lag() <= 0
	for plans := 1; ; plans++ {
		in.Now = clock.Now()
		have, err := b.List(ctx, RepositoryLabel(in.Repository))
		if err != nil {
			return nil, err
		}
		plan, err := Plan(have, in)
		if err != nil {
			return nil, err
		}
		if creates(plan) && !waited {
			if err := clock.Sleep(ctx, b.Lag()); err != nil {
				return nil, err
			}
			waited = true
			continue
		}
		err = carryOut(ctx, b, plan, done)
		var unsure *courier.UnsureError
		if err == nil || !errors.As(err, &unsure) || plans >= maxPlans {
			return plan, err
		}
		waited = b.Lag() <= 0 // whether it was done shows after the lag
	}
}

func creates(r *Result) bool {
	for _, c := range r.Changes {
		if c.Action == Create {
			return true
		}
	}
	return false
}

// carryOut makes the changes in their order, and stops at the first that fails: the next sync goes on from there.
func carryOut(ctx context.Context, b Backend, plan *Result, done func(Change)) error {
	for _, c := range plan.Changes {
		if err := ctx.Err(); err != nil {
			return err
		}
		var err error
		if c.Action == Create {
			c.Key, err = b.Create(ctx, c.Draft)
		} else {
			err = b.Update(ctx, c.Key, c.Draft)
		}
		if err != nil {
			return fmt.Errorf("%s ticket %s: %w", c.Action, describe(c), err)
		}
		done(c)
	}
	return nil
}

func describe(c Change) string {
	if c.Key != "" {
		return c.Key
	}
	return "of " + RootLabel(c.Draft.Fingerprint)
}

package supervise

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// defaultEndWithin is how long the end of a credential may take where a Guard doesn't say.
const defaultEndWithin = 30 * time.Second

// Guard is what sees to it that the command's credential ends.
type Guard struct {
	// End ends the credential and records it. Run calls it exactly once, whatever becomes of the command, with a
	// context that isn't cancelled with Run's and has a deadline, which it has to heed. An error means that
	// the credential may still work.
	End       func(ctx context.Context, r Result) error
	EndWithin time.Duration // 0 is 30 seconds

	// Watchdog, which already holds what it needs, is told that all has ended once End has returned nil, and else
	// left to try as well. Without one that lives no command is started.
	Watchdog *Watchdog
	// Lost, if set, is called once when the watchdog dies while the command runs, and is to return soon. The
	// command goes on: its credential still ends with it, unless we are killed too.
	Lost func(err error)

	at func(point string) // tests die here
}

// finish ends the credential, and adds to result what came of it.
func (g Guard) finish(ctx context.Context, result *Result) error {
	g.reach("before end")
	if g.End == nil {
		g.Watchdog.leave()
		return errors.New("end the credential: nobody says how")
	}
	within := g.EndWithin
	if within == 0 {
		within = defaultEndWithin
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), within)
	defer cancel()
	returned := false
	defer func() {
		if !returned { // it panics: somebody may catch that, so the watchdog doesn't wait for our death
			g.Watchdog.leave()
		}
	}()
	err := g.End(ctx, *result)
	returned = true
	if err != nil {
		return fmt.Errorf("end the credential: %w; %s", err, g.Watchdog.tries(within))
	}
	g.reach("ended")
	watched := g.Watchdog.lives()
	if g.Watchdog != nil && g.Watchdog.Release(fmt.Sprintf("ended; exit status %d", result.Code)) != nil || !watched {
		result.Unwatched = true // in the end it had nothing to do
	}
	g.reach("released")
	return nil
}

// reach is where a test may stop all.
func (g Guard) reach(point string) {
	if g.at != nil {
		g.at(point)
	}
}

// leave closes w's pipe: it acts now, or is gone already.
func (w *Watchdog) leave() {
	if w != nil {
		w.abandon()
	}
}

// tries lets the watchdog end the credential and says what came of it.
func (w *Watchdog) tries(most time.Duration) string {
	if !w.lives() {
		w.leave()
		return "the watchdog is gone, so nobody tries again: revoke it by hand"
	}
	w.leave()
	if err := w.wait(most); err != nil {
		return fmt.Sprintf("nor has the watchdog ended it so far (%v): revoke it by hand if nothing says that it has", err)
	}
	return "the watchdog has ended it instead"
}

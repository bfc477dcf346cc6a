package courier

import (
	"context"
	"time"
)

// Pause waits for d or until ctx ends, whose error it then returns, also where both came at once.
func Pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return ctx.Err()
	}
}

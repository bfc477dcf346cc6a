package courier

import (
	"context"
	"time"
)

// outlasting is a context that ends a time after another, for the reason that the other had.
func outlasting(ctx context.Context, more time.Duration) (context.Context, context.CancelFunc) {
	longer, end := context.WithCancelCause(context.WithoutCancel(ctx))
	over := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(more)
		defer timer.Stop()
		select {
		case <-timer.C:
			end(context.Cause(ctx))
		case <-longer.Done():
		}
	})
	return longer, func() { over(); end(nil) }
}

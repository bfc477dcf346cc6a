package recording

import (
	"context"
	"io"
	"time"
)

// Pace is how fast a recording is played.
type Pace struct {
	Speed float64       // 2 is twice as fast; above 0
	Idle  time.Duration // the longest pause; 0 lets each be as long as it was
	Pause func(ctx context.Context, d time.Duration) error
}

// Play writes to a terminal what was printed, in its time. It returns how many of the sequences that were printed for a terminal
// were left out, as they do more than draw.
func (r *Recording) Play(ctx context.Context, to io.Writer, p Pace) (left int, err error) {
	s := newScreen(to, false)
	defer func() {
		if ended := s.end(); err == nil {
			err = ended
		}
		left = s.dropped
	}()
	last := time.Duration(0)
	for _, e := range r.Events {
		wait := time.Duration(float64(e.At-last) / p.Speed)
		if last = e.At; p.Idle > 0 {
			wait = min(wait, p.Idle)
		}
		if wait > 0 {
			if err := p.Pause(ctx, wait); err != nil {
				return 0, err
			}
		}
		if e.Marker {
			continue
		}
		if err := s.show(e.Data); err != nil {
			return 0, err
		}
	}
	return 0, ctx.Err()
}

// Dump writes what was printed as text alone: without colours, and what a line was overwritten with on a line of its own.
func (r *Recording) Dump(to io.Writer) error {
	s := newScreen(to, true)
	for _, e := range r.Events {
		if e.Marker {
			continue
		}
		if err := s.show(e.Data); err != nil {
			return err
		}
	}
	return s.end()
}

// Markers are the marks that were set, in order.
func (r *Recording) Markers() []string {
	var all []string
	for _, e := range r.Events {
		if e.Marker {
			all = append(all, e.Data)
		}
	}
	return all
}

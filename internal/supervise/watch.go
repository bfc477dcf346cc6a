package supervise

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// What a Watcher does where it isn't told otherwise.
const (
	defaultTries  = 5
	defaultWithin = time.Minute
	firstPause    = 500 * time.Millisecond // each further one is twice as long
)

// Watcher is the watchdog's side: what the hidden verb does in the process that Start started.
type Watcher struct {
	In       io.Reader // frames, from whom it watches: standard input
	Out      io.Writer // answers to them: standard output
	Complain io.Writer // a line for each attempt that failed: standard error; nil is nowhere
	// End ends the credential that payload tells of. It is called again after an error, and may be called after
	// whom it watches has done the same, so it has to take "is ended already" for success. It mustn't keep payload,
	// which is wiped, and its errors must hold no secret.
	End    func(ctx context.Context, payload []byte) error
	Tries  int                                              // how often End is called at most; 0 is 5
	Within time.Duration                                    // how long all attempts may take together; 0 is a minute
	Sleep  func(ctx context.Context, d time.Duration) error // between attempts; nil is the real clock
}

// Watch waits until w.In says that the credential has ended, and returns nil. Where w.In ends without a word, it ends the
// credential itself, and returns an error only where that failed. It is for a process of its own: it ignores
// what would end it, and closes every inherited descriptor above 2.
func Watch(w Watcher) error {
	letNothingIn()
	return w.watch()
}

func (w Watcher) watch() error {
	payload, why := w.wait()
	defer func() { clear(payload) }()
	if why == nil || len(payload) == 0 {
		return nil
	}
	if !errors.Is(why, io.EOF) {
		w.complain("what came through the pipe can't be understood (%v): ending the credential as it was known last", why)
	}
	return w.end(payload)
}

// wait returns nil once it is told that nothing is left to do; otherwise the last payload, and why it waits no longer.
func (w Watcher) wait() (payload []byte, why error) {
	for {
		k, p, err := readFrame(w.In)
		switch {
		case err != nil:
			return payload, err
		case k == kindEnded:
			clear(payload)
			return nil, nil
		case k != kindPayload:
			return payload, errFrame
		}
		clear(payload)
		payload = p
		_ = writeFrame(w.Out, kindTaken, nil) // who is gone already is told of by w.In
	}
}

// end calls End until it works, as often and as long as may be.
func (w Watcher) end(payload []byte) error {
	tries, within, sleep := w.Tries, w.Within, w.Sleep
	if tries == 0 {
		tries = defaultTries
	}
	if within == 0 {
		within = defaultWithin
	}
	if sleep == nil {
		sleep = pause
	}
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	var err error
	for n := range tries {
		if n > 0 && sleep(ctx, firstPause<<(n-1)) != nil {
			break
		}
		if err = w.try(ctx, payload); err == nil {
			return nil
		}
		w.complain("end the credential, attempt %d of %d: %v", n+1, tries, err)
		if ctx.Err() != nil {
			break
		}
	}
	return fmt.Errorf("the credential of a run that was killed may still work, revoke it by hand: %w", err)
}

// try calls End once. One that hears no deadline is left alone, with a copy so that nobody wipes what it reads.
func (w Watcher) try(ctx context.Context, payload []byte) error {
	own := append([]byte(nil), payload...)
	done := make(chan error, 1)
	go func() {
		err := errors.New("panicked") // which leaves nothing else
		defer func() {
			_ = recover() // what it says might show the payload; another attempt may do better
			clear(own)
			done <- err
		}()
		err = w.End(ctx, own)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return errors.New("no answer in time")
	}
}

func (w Watcher) complain(format string, args ...any) {
	if w.Complain != nil {
		fmt.Fprintf(w.Complain, "curfew: watchdog: "+format+"\n", args...)
	}
}

// pause waits for d, or until ctx is done.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

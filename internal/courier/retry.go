package courier

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

const (
	maxTries  = 4
	firstWait = 500 * time.Millisecond // before the second try; it doubles
)

// Ask sends a question, again where that may help, and returns the last answer: one that neither is a redirect
// nor asks to come later. Errors are masked.
func (l *Line) Ask(ctx context.Context, q Question) (Answer, error) {
	target, err := l.url(q)
	if err != nil {
		return Answer{}, err
	}
	for try := 1; ; try++ {
		a, err := l.once(ctx, q, target)
		again, err := l.judge(ctx, q, a, err)
		if !again || try == maxTries {
			return a, tried(err, try)
		}
		wait := l.wait(a, try)
		if l.desk.Now().Add(wait).After(l.deadline) {
			return a, fmt.Errorf("%w; the next try was due in %s, longer than the %s given for it", err, wait, l.desk.Budget)
		}
		if l.desk.Sleep(ctx, wait) != nil {
			return a, fmt.Errorf("%w; %s before the next try", err, why(ctx))
		}
	}
}

// AskOnce sends a question once, whatever comes of it. An answer that is an error too has its status.
func (l *Line) AskOnce(ctx context.Context, q Question) (Answer, error) {
	target, err := l.url(q)
	if err != nil {
		return Answer{}, err
	}
	return l.once(ctx, q, target)
}

// judge says whether to ask again, and what to say where that is in vain.
func (l *Line) judge(ctx context.Context, q Question, a Answer, err error) (again bool, _ error) {
	var lost lostError
	switch {
	case errors.As(err, &lost) && q.Once:
		return false, &UnsureError{lost.why}
	case errors.As(err, &lost):
		return ctx.Err() == nil, err
	case err != nil || !l.busy(a):
		return false, err
	case q.Once && a.Status != http.StatusTooManyRequests:
		return false, &UnsureError{l.Words(a)}
	}
	return true, errors.New(l.Words(a))
}

// tried says how often a question was asked in vain.
func tried(err error, tries int) error {
	if err == nil || tries == 1 {
		return err
	}
	return fmt.Errorf("%w, in the last of %d tries", err, tries)
}

// busy reports whether an answer invites another try: too many requests, a fault of the server's own, or what its
// dialect means by "later". A denial is final.
func (l *Line) busy(a Answer) bool {
	return a.Status == http.StatusTooManyRequests || a.Status >= 500 || l.dialect.Later != nil && l.dialect.Later(a)
}

// wait is the time before the next try: what the server asks for, or a short time that doubles.
func (l *Line) wait(a Answer, try int) time.Duration {
	backoff := firstWait << (try - 1)
	text := a.Header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return max(time.Duration(seconds)*time.Second, backoff)
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(at.Sub(l.desk.Now()), backoff)
	}
	return backoff
}

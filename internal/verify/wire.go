package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/redact"
)

// maxAnswer is the most that is read of an answer's header and of its body, in bytes.
const maxAnswer = 64 << 10

// wire is how requests are sent.
type wire struct {
	client   *http.Client
	timeout  time.Duration
	interval time.Duration
}

// newWire makes a wire with the caller's client's transport.
func newWire(client *http.Client, timeout, interval time.Duration) wire {
	return wire{courier.Client(client), timeout, interval}
}

// lines are the ways to the hosts of one call of Verify.
type lines struct {
	wire  *wire
	mu    sync.Mutex
	gates map[string]*gate
}

func newLines(w *wire) *lines { return &lines{wire: w, gates: map[string]*gate{}} }

// gate lets one request at a time through to a host, and none once the host said that it had enough.
type gate struct {
	turn   chan struct{} // holds a value while the gate is free
	next   time.Time     // when the next request may go
	closed bool
}

// to is the way to base's host for a question about secrets; nil for no host.
func (l *lines) to(base *url.URL, secrets []redact.Secret) *line {
	if base == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	g := l.gates[base.Host]
	if g == nil {
		g = &gate{turn: make(chan struct{}, 1)}
		g.turn <- struct{}{}
		l.gates[base.Host] = g
	}
	return &line{wire: l.wire, gate: g, host: base.Host, masker: redact.NewMasker(secrets...)}
}

// line is the way to one host for one question.
type line struct {
	wire   *wire
	gate   *gate
	host   string
	masker *redact.Masker
	sent   bool // a request went out
}

// answer is what a service said.
type answer struct {
	host   string
	status int
	header http.Header
	body   []byte
}

// unexpected is the verdict on an answer that nothing follows from.
func (a answer) unexpected() verdict {
	return unknown(fmt.Sprintf("%s answered %d, which says neither", a.host, a.status))
}

// failure is why there is no answer that could be judged.
type failure struct{ why string }

func (f failure) Error() string { return f.why }

func failuref(format string, args ...any) error { return failure{fmt.Sprintf(format, args...)} }

// send sends a request and reads the answer. An error has been masked. It stands for all answers that are
// the same for every service: too slow, too many requests, a fault of the server's, a redirect.
func (l *line) send(ctx context.Context, method, target string, header http.Header, body []byte) (answer, error) {
	if err := l.wait(ctx); err != nil {
		return answer{}, err
	}
	defer l.leave()
	ctx, cancel := context.WithTimeoutCause(ctx, l.wire.timeout, slowError{l.wire.timeout})
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return answer{}, failuref("the request to %s can't be made", l.host)
	}
	for name, values := range header {
		if slices.ContainsFunc(values, func(v string) bool { return !courier.HeaderValue(v) }) {
			return answer{}, failure{"it holds characters that can't be sent"}
		}
		req.Header[name] = values
	}
	req.Header.Set("User-Agent", "curfew")
	l.sent = true
	resp, err := l.wire.client.Do(req)
	if err != nil {
		return answer{}, l.broken(ctx, err)
	}
	defer resp.Body.Close() //nolint:errcheck // all that is wanted has been read
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return answer{}, l.broken(ctx, err)
	}
	if len(text) > maxAnswer {
		return answer{}, failuref("%s answered more than %d KiB", l.host, maxAnswer>>10)
	}
	a := answer{l.host, resp.StatusCode, resp.Header, text}
	return a, l.common(a)
}

// wait waits until a request may go to the host, and holds the gate then.
func (l *line) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return failuref("not asked: %s", why(ctx))
	case <-l.gate.turn:
	}
	timer := time.NewTimer(time.Until(l.gate.next))
	defer timer.Stop()
	if !l.gate.closed {
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
	}
	var err error
	switch { // a select takes any of its cases that are ready: what ended comes first
	case ctx.Err() != nil:
		err = failuref("not asked: %s", why(ctx))
	case l.gate.closed:
		err = failuref("not asked: %s had rate limited an earlier question", l.host)
	}
	if err != nil {
		l.gate.turn <- struct{}{}
	}
	return err
}

// leave opens the gate for the next request.
func (l *line) leave() {
	l.gate.next = time.Now().Add(l.wire.interval)
	l.gate.turn <- struct{}{}
}

// common judges what every service's answers have in common.
func (l *line) common(a answer) error {
	switch {
	case rateLimited(a):
		l.gate.closed = true
		if wait, err := strconv.Atoi(a.header.Get("Retry-After")); err == nil && wait >= 0 {
			return failuref("rate limited: %s asks to wait for %d s", l.host, wait)
		}
		return failuref("rate limited by %s", l.host)
	case a.status >= 500:
		return failuref("%s has a fault of its own (%d)", l.host, a.status)
	case 300 <= a.status && a.status < 400:
		return failuref("%s answered with a redirect to %s, which isn't followed", l.host, courier.RedirectHost(a.host, a.header.Get("Location")))
	}
	return nil
}

// rateLimited reports whether the host refused for the number of requests: RFC 6585's 429, or GitHub's
// 403 (https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api).
func rateLimited(a answer) bool {
	return a.status == http.StatusTooManyRequests ||
		a.status == http.StatusForbidden && (a.header.Get("X-RateLimit-Remaining") == "0" || a.header.Get("Retry-After") != "" ||
			bytes.Contains(a.body, []byte("secondary rate limit")))
}

// broken says why a request failed.
func (l *line) broken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return failure{why(ctx)}
	}
	return failure{l.masker.Mask(courier.Broken(l.host, err))}
}

// slowError is why a request was given up.
type slowError struct{ timeout time.Duration }

func (e slowError) Error() string { return fmt.Sprintf("no answer within %s", e.timeout) }

// why says why ctx is over.
func why(ctx context.Context) string {
	cause := context.Cause(ctx)
	if errors.Is(cause, context.Canceled) {
		return "cancelled"
	}
	if errors.Is(cause, context.DeadlineExceeded) {
		return "the time given for all questions was over"
	}
	return cause.Error()
}

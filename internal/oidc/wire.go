package oidc

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/curfew-ci/curfew/internal/redact"
)

const (
	maxBody     = 1 << 20 // bytes of a body
	maxAttempts = 4
)

// wire is how requests are sent.
type wire struct {
	client  *http.Client
	timeout time.Duration
	budget  time.Duration
	now     func() time.Time
	sleep   func(ctx context.Context, d time.Duration) error
}

// call is one question, which may take several requests.
type call struct {
	what   string // what is asked of whom, for errors: "ask HOST for …"
	target *url.URL
	bearer redact.Secret // sent where it isn't empty
	masker *redact.Masker
	advise func(status int) string // what to do about a status that isn't 200
}

// failure is why there is no answer.
type failure struct {
	why   string
	again bool          // another request may be answered
	after time.Duration // that the server asks to wait
}

// ask sends the request until it is answered with 200, and returns the body. It repeats what a server may
// recover from: 429, 5xx and faults of the network, with longer and longer pauses, until the budget is used up.
func (w *wire) ask(ctx context.Context, c call) ([]byte, error) {
	end := w.now().Add(w.budget)
	for attempt := 1; ; attempt++ {
		body, f := w.once(ctx, c)
		if f == nil {
			return body, nil
		}
		pause := max(time.Second<<(attempt-1), f.after)
		switch {
		case ctx.Err() != nil:
			return nil, fmt.Errorf("%s: %w", c.what, context.Cause(ctx))
		case !f.again:
			return nil, fmt.Errorf("%s: %s", c.what, f.why)
		case attempt == maxAttempts:
			return nil, fmt.Errorf("%s: %s; asked %d times: try again later", c.what, f.why, attempt)
		case !w.now().Add(pause).Before(end):
			return nil, fmt.Errorf("%s: %s; the next request in %s would be after the %s that it may take: try again later", c.what, f.why, pause, w.budget)
		}
		if err := w.sleep(ctx, pause); err != nil {
			return nil, fmt.Errorf("%s: %s; then %w", c.what, f.why, cmp.Or(context.Cause(ctx), err))
		}
	}
}

// once sends the request once.
func (w *wire) once(ctx context.Context, c call) ([]byte, *failure) {
	ctx, cancel := context.WithTimeoutCause(ctx, w.timeout, slowError{w.timeout})
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.target.String(), http.NoBody)
	if err != nil {
		return nil, &failure{why: "the request can't be made"} // the error would repeat the URL
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "curfew")
	if c.bearer.Len() > 0 {
		req.Header.Set("Authorization", "Bearer "+string(c.bearer.Reveal()))
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return nil, broken(ctx, c, err)
	}
	defer resp.Body.Close() //nolint:errcheck // all that is wanted has been read
	if resp.StatusCode != http.StatusOK {
		return nil, refusal(c, resp)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return nil, broken(ctx, c, err)
	}
	if len(body) > maxBody {
		return nil, &failure{why: fmt.Sprintf("it answered more than %d KiB", maxBody>>10)}
	}
	return body, nil
}

// refusal judges an answer that isn't 200. Its body isn't quoted: it may repeat the request.
func refusal(c call, resp *http.Response) *failure {
	f := &failure{why: fmt.Sprintf("it answered %d", resp.StatusCode)}
	switch {
	case resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode >= 500:
		f.again = true
		if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds > 0 {
			f.after = time.Duration(min(seconds, 24*60*60)) * time.Second
		}
	case 300 <= resp.StatusCode && resp.StatusCode < 400:
		f.why += ", a redirect, which isn't followed"
	default:
		f.why += c.advise(resp.StatusCode)
	}
	return f
}

// maxReason is how much of a network's fault is told, in bytes.
const maxReason = 200

// broken says why a request failed. An *url.Error repeats the URL and a *net.OpError the ports, which
// differ from run to run: only the innermost error speaks.
func broken(ctx context.Context, c call, err error) *failure {
	if ctx.Err() != nil {
		return &failure{why: context.Cause(ctx).Error(), again: true}
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return &failure{why: "its name can't be resolved", again: true}
	}
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &certificate) {
		return &failure{why: "its certificate can't be verified: " + tidy(c, certificate.Err)}
	}
	for next := err; next != nil; next = errors.Unwrap(next) {
		err = next
	}
	return &failure{why: "it can't be reached: " + tidy(c, err), again: true}
}

// tidy is an error's text without the call's secrets, on one line. Such a text can quote what a server sent.
func tidy(c call, err error) string {
	s := strconv.Quote(c.masker.Mask(err.Error()))
	s = s[1 : len(s)-1]
	if len(s) > maxReason {
		return s[:maxReason] + "…"
	}
	return s
}

// slowError is why a request was given up.
type slowError struct{ timeout time.Duration }

func (e slowError) Error() string { return fmt.Sprintf("no answer within %s", e.timeout) }

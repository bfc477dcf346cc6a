package github

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	maxAttempts = 5
	// maxWait is the longest single pause; where GitHub asks for more, its answer is final.
	maxWait = 10 * time.Minute
	// secondaryWait is what GitHub asks of callers whom it tells no time.
	// https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
	secondaryWait = time.Minute
)

// retryTransport repeats requests that GitHub refused for their rate, after the time it names, and
// those that a gateway or the server failed, after a short one.
type retryTransport struct {
	next  http.RoundTripper
	now   func() time.Time
	sleep func(ctx context.Context, d time.Duration) error
}

// RoundTrip makes a request up to maxAttempts times and returns the last answer.
func (t *retryTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	for attempt := 1; ; attempt++ {
		resp, err := t.next.RoundTrip(req)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode < http.StatusMultipleChoices || resp.StatusCode == http.StatusNotModified {
			// go-github would refuse the next request by itself until this time, without waiting.
			resp.Header.Del("X-RateLimit-Reset")
			return resp, nil
		}
		wait, again, err := t.pause(resp, attempt)
		if err != nil {
			return nil, err
		}
		if !again || attempt == maxAttempts || wait > maxWait {
			return resp, nil
		}
		if err := resp.Body.Close(); err != nil {
			return nil, err
		}
		if err := t.sleep(req.Context(), wait); err != nil {
			return nil, err
		}
		if req, err = rewind(req); err != nil {
			return nil, err
		}
	}
}

// onceKey marks the context of what must not be done twice.
type onceKey struct{}

// once keeps a request from being sent again after an answer that leaves open whether it was carried out.
func once(ctx context.Context) context.Context { return context.WithValue(ctx, onceKey{}, true) }

func isOnce(req *http.Request) bool { return req != nil && req.Context().Value(onceKey{}) != nil }

// rewind returns req with its body unread.
func rewind(req *http.Request) (*http.Request, error) {
	if req.Body == nil || req.GetBody == nil {
		return req, nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, err
	}
	req = req.Clone(req.Context())
	req.Body = body
	return req, nil
}

// pause says whether resp invites another attempt, and how long to wait before it.
func (t *retryTransport) pause(resp *http.Response, attempt int) (wait time.Duration, again bool, err error) {
	backoff := time.Second << (attempt - 1)
	if resp.StatusCode >= http.StatusInternalServerError && isOnce(resp.Request) {
		return 0, false, nil
	}
	switch resp.StatusCode {
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		if after, ok := retryAfter(resp); ok {
			return after, true, nil
		}
		return backoff, true, nil
	case http.StatusForbidden, http.StatusTooManyRequests:
		if after, ok := retryAfter(resp); ok {
			return after, true, nil
		}
		if reset, ok := t.untilReset(resp); ok {
			return reset, true, nil
		}
		limited, err := saysRateLimit(resp)
		return secondaryWait << (attempt - 1), limited, err
	}
	return 0, false, nil
}

// retryAfter reads a Retry-After header in seconds, the form that GitHub sends.
func retryAfter(resp *http.Response) (time.Duration, bool) {
	seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0, false
	}
	return time.Duration(seconds) * time.Second, true
}

// untilReset is the time until a used-up primary limit starts anew, and a second for clocks that differ.
func (t *retryTransport) untilReset(resp *http.Response) (time.Duration, bool) {
	if resp.Header.Get("X-RateLimit-Remaining") != "0" {
		return 0, false
	}
	unix, err := strconv.ParseInt(resp.Header.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil {
		return 0, false
	}
	return max(time.Unix(unix, 0).Sub(t.now()), 0) + time.Second, true
}

// saysRateLimit tells a rate limit from a missing right, which has the same status: only the body's
// words differ. The body stays readable.
func saysRateLimit(resp *http.Response) (bool, error) {
	if resp.StatusCode == http.StatusTooManyRequests {
		return true, nil
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return false, err
	}
	if err := resp.Body.Close(); err != nil {
		return false, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return strings.Contains(strings.ToLower(string(body)), "rate limit"), nil
}

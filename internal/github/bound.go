package github

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

var (
	errLongAnswer = errors.New("the answer is longer than is read")
	errSlowAnswer = errors.New("the answer takes longer than is waited for")
)

// boundTransport ends answers that are longer than any that is asked for, and those that never end.
type boundTransport struct {
	next     http.RoundTripper
	patience time.Duration // with a body
}

// RoundTrip makes one request.
func (t *boundTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	left := int64(maxAnswer + 1) // fetch tells what is longer than that
	if resp.StatusCode >= http.StatusMultipleChoices {
		left = maxRefusal
	}
	body := &boundBody{ReadCloser: resp.Body, left: left}
	body.timer = time.AfterFunc(t.patience, func() {
		body.late.Store(true)
		_ = body.ReadCloser.Close() // which ends a Read that waits
	})
	resp.Body = body
	return resp, nil
}

type boundBody struct {
	io.ReadCloser
	left  int64
	timer *time.Timer
	late  atomic.Bool
}

// Read reads on, as far as there may be more.
func (b *boundBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errLongAnswer
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) && b.late.Load() {
		err = errSlowAnswer
	}
	return n, err
}

// Close ends the body.
func (b *boundBody) Close() error {
	b.timer.Stop()
	return b.ReadCloser.Close()
}

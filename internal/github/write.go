package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	gogithub "github.com/google/go-github/v62/github"

	"github.com/curfew-ci/curfew/internal/courier"
)

const (
	// issueLag is how long a list of issues or pull requests may lag behind what was written. GitHub promises nothing:
	// lists are read from replicas, which are behind by moments.
	issueLag = 10 * time.Second
	// clockSkew is by how much our clock and GitHub's may differ.
	clockSkew = time.Minute
	// writeGap is between two requests that write, as GitHub asks of who makes content:
	// https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#pause-between-mutative-requests.
	writeGap = time.Second
	// maxIssueText is how many bytes of text are sent at most; GitHub takes 65536 characters.
	maxIssueText = 65_000
)

// writer changes what is at GitHub.
type writer struct {
	client *Client
	wrote  bool // something, so that a pause is due before more
}

// write sends body once, and again only where GitHub has refused it for its rate: whatever else leaves it open whether
// it was done is a *courier.UnsureError.
func (w *writer) write(ctx context.Context, method string, q question, body, v any) error {
	q.method = method
	if w.wrote {
		if err := w.client.sleep(ctx, writeGap); err != nil {
			return err
		}
	}
	w.wrote = true
	ctx = once(ctx)
	req, err := w.client.rest.NewRequest(q.method, q.url(), body)
	if err != nil {
		return err
	}
	resp, err := w.client.rest.BareDo(ctx, req)
	if err != nil {
		return unsure(w.client.explain(ctx, q, err), err)
	}
	defer resp.Body.Close() //nolint:errcheck // all that is wanted has been read
	src, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err == nil && v != nil {
		err = json.Unmarshal(src, v)
	}
	if err != nil {
		return &courier.UnsureError{Why: fmt.Sprintf("%s /%s: the answer can't be read: %v", q.method, q.url(), err)}
	}
	return nil
}

// remark is what is said once about an issue or a pull request.
type remark struct {
	by      int64     // whose comments count: by anybody else's the mark could be written in advance, to keep curfew silent
	changed time.Time // when the issue was changed last
	event   string    // what it is about
	text    string
}

// say says it, unless it has been said.
func (w *writer) say(ctx context.Context, q question, r remark) error {
	if age := w.client.now().Sub(r.changed); age < issueLag+clockSkew {
		// Perhaps by a comment that the list doesn't show yet.
		if err := w.client.sleep(ctx, issueLag); err != nil {
			return err
		}
	}
	mark := "<!-- curfew:event:" + r.event + " -->"
	said, err := list[issueComment](ctx, w.client, q, "", func() error { return nil })
	if err != nil {
		return err
	}
	for _, c := range said {
		if c.User.ID == r.by && strings.HasSuffix(strings.TrimSpace(c.Body), mark) {
			return nil
		}
	}
	return w.write(ctx, http.MethodPost, q, map[string]any{"body": r.text + "\n" + mark + "\n"}, nil)
}

type issueComment struct {
	Body string  `json:"body"`
	User account `json:"user"`
}

// unsure tells a final answer, by which nothing was done, from all else.
func unsure(told, err error) error {
	var refusal *gogithub.ErrorResponse
	var abuse *gogithub.AbuseRateLimitError
	switch {
	case errors.Is(told, errUsedUp), errors.As(err, &abuse):
		return told
	case errors.As(err, &refusal) && refusal.Response != nil && refusal.Response.StatusCode < http.StatusInternalServerError:
		return told
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return told
	}
	return &courier.UnsureError{Why: told.Error()}
}

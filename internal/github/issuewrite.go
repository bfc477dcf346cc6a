package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	gogithub "github.com/google/go-github/v62/github"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/ticket"
)

// Create implements ticket.Backend.
func (i *Issues) Create(ctx context.Context, d ticket.Draft) (string, error) {
	name, ok := i.repository(d.Project)
	if !ok {
		return "", fmt.Errorf("repository %q isn't one that tickets may be in: %s", courier.Printable(d.Project, maxTold), strings.Join(i.names, ", "))
	}
	if err := i.mayLabel(ctx, name); err != nil {
		return "", err
	}
	var made issue
	err := i.write(ctx, http.MethodPost, about(name, "issues"), map[string]any{"title": d.Title, "body": d.Body.Fit(maxIssueText, ticket.Document.Markdown), "labels": d.Labels}, &made)
	if err != nil {
		return "", err
	}
	if print, _ := ticket.ReadLabels(made.labels()); print != d.Fingerprint || made.Number <= 0 {
		return "", fmt.Errorf("issue %s was made without its labels, so that it isn't found again: delete it, and let the token have %q and push access to %s",
			issueKey(name, made.Number), needIssues, name)
	}
	return issueKey(name, made.Number), nil
}

// mayLabel makes the label of all tickets. GitHub drops labels silently where a token may not set them, and an issue
// without them would be made anew by every run; of who may not make one it refuses this.
func (i *Issues) mayLabel(ctx context.Context, name string) error {
	if i.labeled[name] {
		return nil
	}
	label := map[string]any{"name": ticket.Label, "color": "5319e7", "description": "a ticket that curfew keeps"}
	err := i.write(ctx, http.MethodPost, about(name, "labels"), label, nil)
	var refusal *refusalError
	if errors.As(err, &refusal) && refusal.status == http.StatusUnprocessableEntity {
		err = nil // it is there
	}
	i.labeled[name] = err == nil
	return err
}

// Update implements ticket.Backend. What is to be said once comes first, and all else after it in one request, with
// the memo.
func (i *Issues) Update(ctx context.Context, key string, d ticket.Draft) error {
	name, number, err := i.place(key)
	if err != nil {
		return err
	}
	s, have, err := i.get(ctx, name, number, d.Fingerprint)
	if err != nil || d.Done(have) {
		return err
	}
	if len(d.Comment) > 0 {
		if err := i.comment(ctx, about(name, "issues/%s/comments", number), s, d); err != nil {
			return err
		}
	}
	labels := slices.Clone(d.Labels)
	for _, l := range s.labels() {
		if !ticket.IsLabel(l) {
			labels = append(labels, l) // somebody's own
		}
	}
	edit := map[string]any{"title": d.Title, "body": d.Body.Fit(maxIssueText, ticket.Document.Markdown), "labels": labels}
	if have.Open != d.Open() {
		edit["state"], edit["state_reason"] = outcome(&d)
	}
	var now issue
	if err := i.write(ctx, http.MethodPatch, about(name, "issues/%s", number), edit, &now); err != nil {
		return err
	}
	// A redirect of a moved issue is followed by a GET, which changes nothing.
	if got, err := now.ticket(name); err != nil || got.Key != have.Key || !d.Done(got) {
		return fmt.Errorf("%s isn't as it was written: %w", key, errMoved)
	}
	return nil
}

// outcome is an issue's state, and why: completed is what was proven, nothing else.
func outcome(d *ticket.Draft) (state, reason string) {
	switch {
	case d.Open():
		return "open", "reopened"
	case d.Memo.State == ticket.Closed && !d.Memo.Duplicate:
		return "closed", "completed"
	}
	return "closed", "not_planned"
}

// comment says what is to be said, unless it has been. Of comments those count that the issue's author made, which is
// curfew: by anybody else's the mark could be written in advance, to keep curfew silent.
func (i *Issues) comment(ctx context.Context, q question, s *issue, d ticket.Draft) error {
	if age := i.client.now().Sub(s.Updated); age < issueLag+clockSkew {
		// Perhaps by a comment that the list doesn't show yet.
		if err := i.client.sleep(ctx, issueLag); err != nil {
			return err
		}
	}
	mark := "<!-- curfew:event:" + d.Event() + " -->"
	said, err := list[issueComment](ctx, i.client, q, "", func() error { return nil })
	if err != nil {
		return err
	}
	for _, c := range said {
		if c.User.ID == s.User.ID && strings.HasSuffix(strings.TrimSpace(c.Body), mark) {
			return nil
		}
	}
	return i.write(ctx, http.MethodPost, q, map[string]any{"body": d.Comment.Fit(maxIssueText, ticket.Document.Markdown) + "\n" + mark + "\n"}, nil)
}

type issueComment struct {
	Body string  `json:"body"`
	User account `json:"user"`
}

// write sends body once, and again only where GitHub has refused it for its rate: whatever else leaves it open whether
// it was done is a *courier.UnsureError.
func (i *Issues) write(ctx context.Context, method string, q question, body, v any) error {
	q.method = method
	if i.wrote {
		if err := i.client.sleep(ctx, writeGap); err != nil {
			return err
		}
	}
	i.wrote = true
	ctx = once(ctx)
	req, err := i.client.rest.NewRequest(q.method, q.url(), body)
	if err != nil {
		return err
	}
	resp, err := i.client.rest.BareDo(ctx, req)
	if err != nil {
		return unsure(i.client.explain(ctx, q, err), err)
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

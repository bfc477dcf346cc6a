package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/ticket"
)

// Create implements ticket.Backend.
func (i *Issues) Create(ctx context.Context, d ticket.Draft) (string, error) {
	name, ok := i.repository(d.Project)
	if !ok {
		return "", i.noPlace(d.Project)
	}
	if err := i.mayLabel(ctx, name); err != nil {
		return "", err
	}
	var made issue
	err := i.write(ctx, http.MethodPost, about(name, "issues"), i.fields(d), &made)
	if err != nil {
		return "", err
	}
	if print, _ := ticket.ReadLabels(made.labels()); print != d.Fingerprint || made.Number <= 0 {
		return "", fmt.Errorf("issue %s was made without its labels, so that it isn't found again: delete it, and let the token have %q and push access to %s",
			issueKey(name, made.Number), needIssues, name)
	}
	return issueKey(name, made.Number), nil
}

// noPlace is why no issue is made.
func (i *Issues) noPlace(project string) error {
	return fmt.Errorf("repository %q isn't one that tickets may be in: %s", courier.Printable(project, maxTold), strings.Join(i.names, ", "))
}

// fields are those of a new issue.
func (i *Issues) fields(d ticket.Draft) map[string]any {
	return map[string]any{"title": d.Title, "body": d.Body.Fit(maxIssueText, ticket.Document.Markdown), "labels": d.Labels}
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
		said := remark{by: s.User.ID, changed: s.Updated, event: d.Event(), text: d.Comment.Fit(maxIssueText, ticket.Document.Markdown)}
		if err := i.say(ctx, about(name, "issues/%s/comments", number), said); err != nil {
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

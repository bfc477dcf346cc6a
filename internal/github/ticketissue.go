package github

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// event is one of an issue's timeline, oldest first. Which members there are hangs on the kind:
// https://docs.github.com/en/rest/using-the-rest-api/issue-event-types.
type event struct {
	Event   string    `json:"event"`
	Actor   user      `json:"actor"`
	User    user      `json:"user"` // of a comment
	Body    string    `json:"body"`
	Created time.Time `json:"created_at"`
	Updated time.Time `json:"updated_at"`
	Label   struct {
		Name string `json:"name"`
	} `json:"label"`
	App    *struct{} `json:"performed_via_github_app"` // that did it in somebody's name
	Hidden *struct{} `json:"minimized"`
}

// issue looks at an issue's labels and who set them. It is asked for its history after its state: what happens in
// between shows there.
func (d *ticketLook) issue(ctx context.Context, i *ticketIssue) (proofs []manifest.TicketProof, why []string, err error) {
	if i.State != "open" {
		return nil, []string{"is closed"}, nil
	}
	number := strconv.FormatInt(i.Number, 10)
	var history []event
	for _, status := range d.c.Trigger.Ticket.Status {
		if !i.has(status) {
			why = append(why, "hasn't the label "+strconv.Quote(status))
			continue
		}
		if history == nil {
			if history, err = whole[event](ctx, d.g.client, d.question("repos/%s/issues/%s/timeline", number, "issues: read")); err != nil {
				return nil, nil, err
			}
		}
		p := d.proof(i.ID, number)
		p.Status = status
		if text := d.approved(history, &p); text != "" {
			why = append(why, text)
			continue
		}
		proofs = append(proofs, p)
	}
	return proofs, why, nil
}

// has reports whether an issue has a label; GitHub knows them whatever the case.
func (i *ticketIssue) has(label string) bool {
	for _, l := range i.Labels {
		if strings.EqualFold(l.Name, label) {
			return true
		}
	}
	return false
}

// approved fills in who approved and what, or says why it isn't approved.
func (d *ticketLook) approved(history []event, p *manifest.TicketProof) (why string) {
	from, at, since := lastSet(history, p.Status)
	if at < 0 {
		return fmt.Sprintf("has the label %q, and its history doesn't say who set it", p.Status)
	}
	set := &history[at]
	switch {
	case set.App != nil:
		return fmt.Sprintf("has the label %q, and a program set it in %s's name", p.Status, set.Actor)
	case !d.may(set.Actor):
		return fmt.Sprintf("has the label %q, and %s set it last, who isn't %s", p.Status, set.Actor, d.c.Owner)
	case since != "":
		return fmt.Sprintf("%s after %s set the label %q: have it set anew", since, set.Actor, p.Status)
	}
	p.Approvers = []string{d.started.name(set.Actor)}
	named, why := d.named(history[from:at], set.Actor)
	if why != "" {
		return why
	}
	issuance.Refer(p, d.c.Trigger.Ticket.References, named)
	return ""
}

// changed says in words what makes a ticket another one than was approved. Who may write to a repository can delete the
// comment that an owner wrote last, so that an older one would be the last.
func changed(kind string) string {
	switch kind {
	case "renamed", "closed", "reopened", "transferred":
		return "was " + kind
	case "marked_as_duplicate":
		return "was called a duplicate"
	case "converted_to_discussion":
		return "was made a discussion"
	case "comment_deleted":
		return "lost a comment"
	}
	return ""
}

// lastSet finds where a label was set last, from where on what was said counts for it, and what makes the ticket another
// one since then. at is below 0 where it wasn't set, or was taken off since: what was said before that is taken back.
func lastSet(history []event, label string) (from, at int, since string) {
	at = -1
	for n := range history {
		e := &history[n]
		switch {
		case e.Event == "labeled" && strings.EqualFold(e.Label.Name, label):
			at, since = n, ""
		case e.Event == "unlabeled" && strings.EqualFold(e.Label.Name, label):
			from, at, since = n, -1, ""
		case changed(e.Event) != "":
			since = changed(e.Event)
		}
	}
	return from, at, since
}

// named is what somebody named in the newest of his comments that name anything; "" where none does. A comment that was
// changed may have named something, and so may one that is gone: no older one is taken before it is known.
func (d *ticketLook) named(before []event, by user) (named, why string) {
	kind := d.c.Trigger.Ticket.References
	for _, e := range slices.Backward(before) {
		if e.Event == "comment_deleted" {
			return "", fmt.Sprintf("lost a comment before %s set the label, which may have named another %s: have a new one written", by, kind)
		}
		if e.Event != "commented" || e.User.ID != by.ID || e.App != nil {
			continue
		}
		all := issuance.Named(e.Body, kind)
		switch {
		case !e.Updated.Equal(e.Created) || e.Created.IsZero():
			return "", fmt.Sprintf("has a comment of %s that was changed after it was written, which others can do as well, and whether it named another %s isn't known: have a new one written", by, kind)
		case len(all) == 0:
			continue
		case e.Hidden != nil:
			return "", fmt.Sprintf("has a comment of %s that names a %s, and is hidden: have a new one written", by, kind)
		case len(all) > 1:
			return "", fmt.Sprintf("has a comment of %s that names several, and which was meant isn't known: have one written for each", by)
		}
		return all[0], ""
	}
	return "", ""
}

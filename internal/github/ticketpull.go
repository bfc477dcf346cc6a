package github

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/curfew-ci/curfew/internal/manifest"
)

// What a pull request's status can be; its labels don't count.
const (
	statusApproved = "approved" // open, for the default branch, and its newest commit is approved
	statusMerged   = "merged"   // into the default branch, and its last commit was approved
)

// ticketPull is a pull request that is a ticket.
type ticketPull struct {
	Number int64  `json:"number"`
	State  string `json:"state"`
	Draft  bool   `json:"draft"`
	Merged bool   `json:"merged"`
	Merge  string `json:"merge_commit_sha"` // of one that isn't merged, a trial's
	User   user   `json:"user"`
	Head   struct {
		SHA string `json:"sha"`
	} `json:"head"`
	Base struct {
		Ref  string `json:"ref"`
		Repo struct {
			ID int64 `json:"id"`
		} `json:"repo"`
	} `json:"base"`
}

// verdict is a review of a pull request, oldest first.
type verdict struct {
	User      user      `json:"user"`
	State     string    `json:"state"` // APPROVED, CHANGES_REQUESTED, COMMENTED, DISMISSED or PENDING
	Commit    string    `json:"commit_id"`
	Submitted time.Time `json:"submitted_at"`
}

// pull looks at a pull request and its reviews. The commit that it names is its own: the one that was reviewed, or the
// one that it became in the default branch.
func (d *ticketLook) pull(ctx context.Context, number string, uid int64) (proofs []manifest.TicketProof, why []string, err error) {
	var p ticketPull
	q := d.question("repos/%s/pulls/%s", number, "pull-requests: read")
	if err := d.g.client.ask(ctx, q, &p); err != nil {
		return nil, nil, err
	}
	if strconv.FormatInt(p.Number, 10) != number || p.Base.Repo.ID != d.repo.ID || !validCommit.MatchString(p.Head.SHA) {
		return nil, nil, fmt.Errorf("GET /%s: the answer is about number %d of the repository %d, at %q", q.url(), p.Number, p.Base.Repo.ID, p.Head.SHA)
	}
	out := d.proof(uid, number)
	out.Status, out.SHA = statusApproved, p.Head.SHA
	switch {
	case p.Merged && (p.Base.Ref != d.repo.DefaultBranch || !validCommit.MatchString(p.Merge)):
		return nil, []string{fmt.Sprintf("was merged into %q, and not into the default branch", p.Base.Ref)}, nil
	case p.Merged:
		out.Status, out.SHA = statusMerged, p.Merge
	case p.State != "open" || p.Draft:
		return nil, []string{"is closed or a draft"}, nil
	case p.Base.Ref != d.repo.DefaultBranch:
		return nil, []string{fmt.Sprintf("is for %q, and not for the default branch: what that doesn't have yet, its review needn't have seen", p.Base.Ref)}, nil
	}
	if d.c.Trigger.Ticket.References != manifest.ReferenceSHA {
		return nil, []string{"is a pull request, which names a commit and no run: use an issue, or references: sha"}, nil
	}
	reviews, err := whole[verdict](ctx, d.g.client, d.question("repos/%s/pulls/%s/reviews", number, "pull-requests: read"))
	if err != nil {
		return nil, nil, err
	}
	since, err := baseSince(ctx, d.g.client, d.question("repos/%s/issues/%s/timeline", number, "issues: read"))
	if err != nil {
		return nil, nil, err
	}
	var missing string
	if out.Approvers, missing = d.reviewers(&p, reviews, since); missing != "" {
		return nil, []string{missing}, nil
	}
	return []manifest.TicketProof{out}, nil, nil
}

// baseSince is when a pull request got its base, or that another history, last; the zero time where it has kept what it was
// made with. A review is of what the newest commit adds to the base: to a branch with the rest of a change in it, a word.
func baseSince(ctx context.Context, c *Client, timeline question) (last time.Time, err error) {
	type event struct {
		Event   string    `json:"event"`
		Created time.Time `json:"created_at"`
	}
	history, err := whole[event](ctx, c, timeline)
	for _, e := range history {
		switch e.Event {
		case "base_ref_changed", "base_ref_force_pushed", "automatic_base_change_succeeded":
			if e.Created.After(last) {
				last = e.Created
			}
		}
	}
	return last, err
}

// reviewers lists the owners whose last word on the newest commit is yes, since it is for its branch, or says what is missing.
func (d *ticketLook) reviewers(p *ticketPull, reviews []verdict, since time.Time) (who []string, missing string) {
	last := map[int64]verdict{}
	for _, r := range reviews {
		if d.may(r.User) && slices.Contains([]string{"APPROVED", "CHANGES_REQUESTED", "DISMISSED"}, r.State) {
			last[r.User.ID] = r
		}
	}
	for _, id := range slices.Sorted(maps.Keys(last)) {
		r := last[id]
		switch {
		case r.State == "CHANGES_REQUESTED":
			return nil, "has a review of " + r.User.String() + " that asks for changes"
		case r.State == "APPROVED" && r.Commit == p.Head.SHA && r.User.ID != p.User.ID && r.Submitted.After(since):
			who = append(who, d.started.name(r.User))
		}
	}
	switch {
	case who == nil && !since.IsZero():
		return nil, "has no review by " + d.c.Owner + " that approves its newest commit, " + p.Head.SHA + ", since it is for its branch, or that has another history: have it reviewed anew"
	case who == nil:
		return nil, "has no review by " + d.c.Owner + " that approves its newest commit, " + p.Head.SHA
	}
	slices.Sort(who)
	return who, ""
}

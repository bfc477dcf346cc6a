package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/ticket"
)

// pull is a pull request as GitHub shows it, with what is wanted of it.
type pull struct {
	Number      int       `json:"number"`
	State       string    `json:"state"`
	Body        string    `json:"body"`
	User        account   `json:"user"`
	Updated     time.Time `json:"updated_at"`
	Merged      time.Time `json:"merged_at"`
	MergeCommit string    `json:"merge_commit_sha"`
	Head        pullEnd   `json:"head"`
	Base        pullEnd   `json:"base"`
}

// pullEnd is a branch that a pull request is from or to.
type pullEnd struct {
	Ref  string `json:"ref"`
	SHA  string `json:"sha"`
	Repo *struct {
		ID int64 `json:"id"`
	} `json:"repo"` // nil where it is gone
}

// tokenAccount is the account of every job's own GITHUB_TOKEN, github-actions[bot].
const tokenAccount = 41898282

// mark is what curfew keeps at the end of a pull request's text: the decision that it asks for, and the commit for which
// all has been done, the owner asked included.
type mark struct{ decision, tip string }

const (
	unfinished = "-"    // not all has been done yet
	over       = "over" // curfew has closed it, as nothing was left to decide
)

var markForm = regexp.MustCompile(`<!-- curfew:certify:1 ([0-9a-f]{32}) ([0-9a-f]{40,64}|-|over) -->`)

func (m mark) String() string {
	return "<!-- curfew:certify:1 " + m.decision + " " + m.tip + " -->"
}

// mark reads it: the last one, as nothing of curfew's comes after it. False where the pull request isn't curfew's.
func (p *pull) mark() (mark, bool) {
	all := markForm.FindAllStringSubmatch(p.Body, -1)
	if len(all) == 0 {
		return mark{}, false
	}
	last := all[len(all)-1]
	return mark{last[1], last[2]}, true
}

// pulls lists the pull requests from branches of this repository; from one branch alone, where head isn't "". A fork has
// branches of the same names.
func (c *Certification) pulls(ctx context.Context, state, head string) ([]pull, error) {
	path := "repos/%s/pulls?state=" + state
	if head != "" {
		owner, _, _ := strings.Cut(c.name, "/")
		path += "&head=" + owner + ":" + head
	}
	q := question{path: path, args: []string{c.name}, need: needPulls, at: c.name}
	all, err := whole[pull](ctx, c.client, q)
	if err != nil {
		return nil, err
	}
	var own []pull
	for _, p := range all {
		if p.Head.Repo != nil && p.Head.Repo.ID == c.repo.ID && (head == "" || p.Head.Ref == head) {
			own = append(own, p)
		}
	}
	return own, nil
}

func (c *Certification) about(p int, below string) question {
	return question{path: "repos/%s/" + below, args: []string{c.name, strconv.Itoa(p)}, need: needPulls, at: c.name}
}

// renew reads a pull request anew: a list may lag.
func (c *Certification) renew(ctx context.Context, p *pull) error {
	number := p.Number
	*p = pull{}
	err := c.client.ask(ctx, c.about(number, "pulls/%s"), p)
	if err == nil && p.Number != number {
		err = fmt.Errorf("pull request %d: GitHub answers with %d", number, p.Number)
	}
	return err
}

// create makes a pull request. It is unsure where GitHub says that there is one: a list hasn't shown it yet.
func (c *Certification) create(ctx context.Context, branch, title, body string) (*pull, error) {
	q := question{path: "repos/%s/pulls", args: []string{c.name}, need: needPulls, at: c.name}
	var made pull
	err := c.write(ctx, http.MethodPost, q, map[string]any{"title": title, "body": body, "head": branch, "base": c.repo.DefaultBranch}, &made)
	var refusal *refusalError
	switch {
	case errors.As(err, &refusal) && refusal.status == http.StatusUnprocessableEntity:
		return nil, &courier.UnsureError{Why: err.Error()}
	case errors.As(err, &refusal) && refusal.status == http.StatusForbidden:
		return nil, fmt.Errorf("%w; GITHUB_TOKEN also needs the setting \"Allow GitHub Actions to create and approve pull requests\"", err)
	case err != nil:
		return nil, err
	case made.Number <= 0:
		return nil, fmt.Errorf("POST /%s: the answer names no pull request", q.url())
	}
	return &made, nil
}

// edit changes a pull request.
func (c *Certification) edit(ctx context.Context, p *pull, with map[string]any) error {
	var now pull
	if err := c.write(ctx, http.MethodPatch, c.about(p.Number, "pulls/%s"), with, &now); err != nil {
		return err
	}
	// A redirect is followed by a GET, which changes nothing.
	if got, _ := now.mark(); now.Number != p.Number || with["body"] != nil && !strings.Contains(fmt.Sprint(with["body"]), got.String()) {
		return fmt.Errorf("pull request %d isn't as it was written: was the repository renamed? Run it again", p.Number)
	}
	return nil
}

// ask asks the owner for a review, and says why it can't be asked: who is no collaborator can't, nor can a team by a
// token that sees no teams.
func (c *Certification) ask(ctx context.Context, p *pull, handle string) (unasked string, err error) {
	who, isTeam := map[string]any{}, false
	org, slug, _ := strings.Cut(strings.TrimPrefix(handle, "@"), "/")
	home, _, _ := strings.Cut(c.name, "/")
	switch isTeam = slug != ""; {
	case handle == "":
		return "nobody is known by its id", nil
	case isTeam && !strings.EqualFold(org, home):
		return handle + " is a team of another organisation", nil
	case isTeam:
		who["team_reviewers"] = []string{slug}
	default:
		who["reviewers"] = []string{org}
	}
	err = c.write(ctx, http.MethodPost, c.about(p.Number, "pulls/%s/requested_reviewers"), who, nil)
	var refusal *refusalError
	if !errors.As(err, &refusal) || refusal.status == http.StatusUnauthorized {
		return "", err
	}
	unasked = fmt.Sprintf("GitHub takes no request for a review by %s here (%d)", handle, refusal.status)
	if refusal.message != "" {
		unasked += ": " + refusal.message
	}
	return unasked, nil
}

// comment says something once about a pull request.
func (c *Certification) comment(ctx context.Context, p *pull, event string, said ticket.Document) error {
	return c.say(ctx, c.about(p.Number, "issues/%s/comments"), remark{by: p.User.ID, changed: p.Updated, event: event, text: said.Markdown()})
}

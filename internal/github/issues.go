package github

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/ticket"
)

// needIssues is what tickets take.
const needIssues = "issues: write"

// Issues are the issues of repositories as the place of tickets. Who may set labels, which takes the right to triage,
// may make a ticket of an issue; nobody else.
type Issues struct {
	writer
	names   []string // OWNER/NAME; the first takes tickets that have no other place
	public  bool
	checked bool            // that no repository is public
	labeled map[string]bool // where the token has proven that it may make labels
}

// IssuesOptions are what Issues are handed.
type IssuesOptions struct {
	Repository string   // OWNER/NAME, whose issues tickets are where their owner has no other place
	Others     []string // repositories that an owner may have for its tickets
	Public     bool     // tickets may be where everybody reads them
}

// NewIssues makes a backend. It sends nothing. It needs the right "issues: write".
func NewIssues(c *Client, o IssuesOptions) (*Issues, error) {
	i := &Issues{writer: writer{client: c}, public: o.Public, labeled: map[string]bool{}}
	for _, name := range append([]string{o.Repository}, o.Others...) {
		if err := checkName(name); err != nil {
			return nil, err
		}
		if _, known := i.repository(name); !known {
			i.names = append(i.names, name)
		}
	}
	return i, nil
}

// repository finds one of those that tickets may be in; "" is the first. GitHub's names are the same in any case.
func (i *Issues) repository(name string) (string, bool) {
	if name == "" && len(i.names) > 0 {
		return i.names[0], true
	}
	n := slices.IndexFunc(i.names, func(s string) bool { return strings.EqualFold(s, name) })
	if n < 0 {
		return "", false
	}
	return i.names[n], true
}

// Lag implements ticket.Backend.
func (i *Issues) Lag() time.Duration { return issueLag }

// issue is one as GitHub shows it, with what is wanted of it.
type issue struct {
	Number      int          `json:"number"`
	State       string       `json:"state"`
	Body        string       `json:"body"`
	Created     time.Time    `json:"created_at"`
	Updated     time.Time    `json:"updated_at"`
	User        account      `json:"user"`
	Assignees   []account    `json:"assignees"`
	Labels      []issueLabel `json:"labels"`
	PullRequest *struct{}    `json:"pull_request,omitempty"` // GitHub lists these among issues
}

type account struct {
	ID    int64  `json:"id"`
	Login string `json:"login"`
}

type issueLabel struct {
	Name string `json:"name"`
}

func (s *issue) labels() []string {
	names := make([]string, len(s.Labels))
	for n, l := range s.Labels {
		names[n] = l.Name
	}
	return names
}

// ticket is s as a ticket, without a fingerprint where it isn't one of curfew's. Curfew assigns nobody, so who is
// assigned took it.
func (s *issue) ticket(repository string) (ticket.Ticket, error) {
	t := ticket.Ticket{
		Key: issueKey(repository, s.Number), Open: s.State == "open", Taken: len(s.Assignees) > 0, Created: s.Created, Memo: ticket.ReadMemo(s.Body),
	}
	if s.PullRequest == nil {
		t.Fingerprint, t.Repository = ticket.ReadLabels(s.labels())
	}
	if s.Number <= 0 || s.State != "open" && s.State != "closed" || s.Created.IsZero() {
		return t, fmt.Errorf("issue %d: expected number, state and created_at: is it GitHub's API?", s.Number)
	}
	return t, nil
}

// issueKey names an issue as people do: acme/shop#12.
func issueKey(repository string, number int) string { return repository + "#" + strconv.Itoa(number) }

// place is what a key names, of the repositories that tickets may be in.
func (i *Issues) place(key string) (repository, number string, err error) {
	name, number, _ := strings.Cut(key, "#")
	repository, ok := i.repository(name)
	if n, err := strconv.Atoi(number); !ok || name == "" || err != nil || n <= 0 {
		return "", "", fmt.Errorf("%q is no issue of %s", courier.Printable(key, maxTold), strings.Join(i.names, ", "))
	}
	return repository, number, nil
}

// about asks of a repository's issues.
func about(repository, path string, more ...string) question {
	return question{path: "repos/%s/" + path, args: append([]string{repository}, more...), need: needIssues, at: repository}
}

// List implements ticket.Backend.
func (i *Issues) List(ctx context.Context, repository string) ([]ticket.Ticket, error) {
	var out []ticket.Ticket
	for _, name := range i.names {
		err := i.check(ctx, name)
		if err == nil {
			out, err = i.listOne(ctx, name, repository, out)
		}
		if err != nil {
			return nil, fmt.Errorf("list tickets: %w", err)
		}
	}
	i.checked = true
	return out, nil
}

// check keeps tickets from where everybody reads them: they say where credentials are that still work.
func (i *Issues) check(ctx context.Context, name string) error {
	if i.public || i.checked {
		return nil
	}
	private, err := i.private(ctx, name)
	if err != nil {
		return err
	}
	if !private {
		return fmt.Errorf("%s is public, and so are its issues: tickets would tell everybody where credentials are that still work: "+
			"give owners a private repository by `tickets: { github: … }`, or say --public-issues", name)
	}
	return nil
}

// private reports whether a repository's issues aren't for everybody.
func (i *Issues) private(ctx context.Context, name string) (bool, error) {
	var r repository
	q := question{path: "repos/%s", args: []string{name}, need: needIssues, at: name}
	err := i.client.ask(ctx, q, &r)
	return r.Private, err
}

// listOne appends one repository's tickets: by the label that stands on all of them, and never by GitHub's search, whose
// index lags without a bound. The oldest come first, so that what is made meanwhile moves nothing to another page.
func (i *Issues) listOne(ctx context.Context, name, repository string, out []ticket.Ticket) ([]ticket.Ticket, error) {
	q := about(name, "issues?labels="+ticket.Label+"&state=all&sort=created&direction=asc")
	all, err := list[issue](ctx, i.client, q, "", func() error { return nil })
	if err != nil {
		return nil, err
	}
	seen := map[int]bool{}
	for n := range all {
		t, err := all[n].ticket(name)
		if err != nil {
			return nil, err
		}
		const today = 48 * time.Hour // and more, as clocks differ
		wanted := t.Open || t.Repository == repository || i.client.now().Sub(t.Created) < today
		if t.Fingerprint != "" && wanted && !seen[all[n].Number] {
			out = append(out, t)
		}
		seen[all[n].Number] = true
	}
	return out, nil
}

// errMoved is why an issue isn't written.
var errMoved = errors.New("GitHub answers with another issue: was it moved to another repository, or did its labels change? Run it again")

// get reads one issue.
func (i *Issues) get(ctx context.Context, repository, number, root string) (*issue, ticket.Ticket, error) {
	var s issue
	if err := i.client.ask(ctx, about(repository, "issues/%s", number), &s); err != nil {
		return nil, ticket.Ticket{}, err
	}
	t, err := s.ticket(repository)
	if err == nil && (strconv.Itoa(s.Number) != number || t.Fingerprint != root) {
		err = errMoved
	}
	return &s, t, err
}

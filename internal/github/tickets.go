package github

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// Tickets proves triggers of the kind ticket by issues and pull requests of the repositories that belong to the account
// of the job's own. It needs "issues: read" of the repository, "pull-requests: read" for pull requests and, where the
// owner is a team, "members: read" of the organisation.
//
// Of an issue counts what its owner says: the label that is its status, which he set last, and the commit or run that he
// himself named before in a comment that nobody has changed since. Title and body are of whoever opened it, and GitHub
// doesn't tell when a body was changed.
func (g *Governance) Tickets() issuance.Prover { return tickets{g} }

type tickets struct{ g *Governance }

// ticketLook is one look at the tickets of a case.
type ticketLook struct {
	g       *Governance
	c       issuance.Case
	repo    *repository // of the tickets
	members []string    // of the owner; "@name"
	started starters
}

// Prove looks at the tickets that the job names.
func (t tickets) Prove(ctx context.Context, c issuance.Case) ([]manifest.Proof, error) {
	if c.Trigger.Ticket == nil || c.Trigger.Ticket.System != manifest.SystemGitHub {
		return nil, nil
	}
	of, err := proven(c.Who)
	if err != nil {
		return nil, err
	}
	ctx = stay(ctx)
	var numbers []string
	for _, ref := range c.Tickets {
		if n := numberOf(ref, c.Trigger.Ticket.Project); n != "" {
			numbers = append(numbers, n)
		}
	}
	if numbers == nil {
		return nil, &issuance.UnprovenError{Why: fmt.Sprintf("none of the tickets that the job names is one of %s: expected %[1]s#12 or #12", c.Trigger.Ticket.Project)}
	}
	_, started, err := t.g.starters(ctx, c.Who, of)
	if err != nil {
		return nil, err
	}
	repo, err := t.g.byName(ctx, c.Trigger.Ticket.Project, of)
	if err != nil {
		return nil, err
	}
	d := &ticketLook{g: t.g, c: c, repo: repo, started: started}
	if d.members, err = t.g.people(ctx, repo, c.Owner); err != nil {
		return nil, fmt.Errorf("who is in %s, whose word it takes: %w", c.Owner, err)
	}
	return d.all(ctx, numbers)
}

// all looks at each ticket. One that proves nothing keeps no other from doing so.
func (d *ticketLook) all(ctx context.Context, numbers []string) ([]manifest.Proof, error) {
	var found []manifest.Proof
	var why []string
	for _, n := range numbers {
		proofs, unproven, err := d.one(ctx, n)
		if err != nil {
			return nil, fmt.Errorf("the ticket %s#%s: %w", d.repo.FullName, n, err)
		}
		for i := range proofs {
			found = append(found, manifest.Proof{Ticket: &proofs[i]})
		}
		for _, text := range unproven {
			why = append(why, fmt.Sprintf("the ticket %s#%s %s", d.repo.FullName, n, text))
		}
	}
	if found == nil {
		return nil, &issuance.UnprovenError{Why: strings.Join(why, "; ")}
	}
	return found, nil
}

// ticketRef is how a ticket is called: #12, or owner/name#12.
var ticketRef = regexp.MustCompile(`^([A-Za-z0-9._-]+/[A-Za-z0-9._-]+)?#([1-9][0-9]{0,9})$`)

// numberOf is the number of a ticket of a project; "" for what isn't one.
func numberOf(ref, project string) string {
	parts := ticketRef.FindStringSubmatch(ref)
	if parts == nil || parts[1] != "" && !strings.EqualFold(parts[1], project) {
		return ""
	}
	return parts[2]
}

// people lists the users whom a handle means.
func (g *Governance) people(ctx context.Context, repo *repository, handle string) ([]string, error) {
	if strings.Contains(handle, "/") {
		return g.members(ctx, repo, handle)
	}
	if !validLogin.MatchString(strings.TrimPrefix(handle, "@")) {
		return nil, fmt.Errorf("%q is nobody", handle)
	}
	return []string{handle}, nil
}

// may reports whether somebody is an owner, and a person.
func (d *ticketLook) may(a user) bool {
	if !a.isPerson() {
		return false
	}
	for _, m := range d.members {
		if strings.EqualFold(m, "@"+a.Login) { // both are of ASCII letters alone
			return true
		}
	}
	return false
}

// ticketIssue is an issue or a pull request, which GitHub has for one of the issues.
type ticketIssue struct {
	ID         int64  `json:"id"`
	Number     int64  `json:"number"`
	State      string `json:"state"`
	Repository string `json:"repository_url"`
	Labels     []struct {
		Name string `json:"name"`
	} `json:"labels"`
	Pull *struct{} `json:"pull_request"`
}

// one looks at a ticket: what it proves, or why nothing.
func (d *ticketLook) one(ctx context.Context, number string) (proofs []manifest.TicketProof, why []string, err error) {
	var i ticketIssue
	q := d.question("repos/%s/issues/%s", number, "issues: read")
	if err := d.g.client.ask(ctx, q, &i); err != nil {
		return nil, nil, err
	}
	end := "/repos/" + strings.ToLower(d.repo.FullName)
	if strconv.FormatInt(i.Number, 10) != number || i.ID <= 0 || !strings.HasSuffix(strings.ToLower(i.Repository), end) {
		return nil, nil, fmt.Errorf("GET /%s: the answer is about %q, number %d", q.url(), i.Repository, i.Number)
	}
	if i.Pull != nil {
		return d.pull(ctx, number, i.ID)
	}
	return d.issue(ctx, &i)
}

// proof is one without what the ticket itself has to say.
func (d *ticketLook) proof(uid int64, number string) manifest.TicketProof {
	project := d.c.Trigger.Ticket.Project
	return manifest.TicketProof{
		System: manifest.SystemGitHub, Project: project, ID: project + "#" + number, UID: strconv.FormatInt(uid, 10),
	}
}

func (d *ticketLook) question(path, number, need string) question {
	return question{path: path, args: []string{d.repo.FullName, number}, need: need, at: d.repo.FullName + " (GITHUB_TOKEN reads no other private repository: that of a GitHub App can)"}
}

package github

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/curfew-ci/curfew/internal/governance"
)

// needContents is what reading a repository takes.
const needContents = "contents: read"

var validID = regexp.MustCompile(`^[1-9][0-9]{0,18}$`)

// repository is one as GitHub has it.
type repository struct {
	ID            int64  `json:"id"`
	FullName      string `json:"full_name"`
	DefaultBranch string `json:"default_branch"`
	Owner         struct {
		Login string `json:"login"`
		ID    int64  `json:"id"`
		Type  string `json:"type"` // User or Organization
	} `json:"owner"`
	Visibility string `json:"visibility"`
	Private    bool   `json:"private"`
}

// byID finds the repository that a token is of, by its id: a name can be given away and taken by another.
func (g *Governance) byID(ctx context.Context, of job) (*repository, error) {
	var r repository
	q := question{path: "repositories/%s", args: []string{of.project}, need: needContents, at: "the job's repository"}
	if err := g.client.ask(ctx, q, &r); err != nil {
		return nil, err
	}
	if id := strconv.FormatInt(r.ID, 10); id != of.project {
		return nil, fmt.Errorf("GET /%s: the answer is about the repository %s", q.url(), id)
	}
	return &r, r.check(q, of)
}

// byName finds the repository of the organisation's policy.
func (g *Governance) byName(ctx context.Context, name string, of job) (*repository, error) {
	var r repository
	q := question{path: "repos/%s", args: []string{name}, need: needContents, at: name + " (GITHUB_TOKEN reads no other private repository: that of a GitHub App can)"}
	if err := checkName(name); err != nil {
		return nil, err
	}
	if err := g.client.ask(ctx, q, &r); err != nil {
		return nil, err
	}
	if err := r.check(q, of); err != nil {
		return nil, err
	}
	if !strings.EqualFold(r.FullName, name) {
		return nil, fmt.Errorf("%s is called %s now, and the old name is anybody's to take: name it so in the manifest", name, r.FullName)
	}
	return &r, nil
}

// check holds a repository to the account that the token proves to own the job's.
func (r *repository) check(q question, of job) error {
	if err := checkName(r.FullName); err != nil {
		return fmt.Errorf("GET /%s: %w", q.url(), err)
	}
	if owner := strconv.FormatInt(r.Owner.ID, 10); owner != of.owner {
		return fmt.Errorf("%s belongs to the account %s, and the job's token is of a repository of the account %s: what decides must belong to it, too",
			r.FullName, owner, of.owner)
	}
	if r.DefaultBranch == "" || strings.Contains(r.DefaultBranch, "..") {
		return fmt.Errorf("GET /%s: %q is no branch", q.url(), r.DefaultBranch)
	}
	return nil
}

func checkName(name string) error {
	owner, repo, _ := strings.Cut(name, "/")
	if !validName.MatchString(owner) || !validName.MatchString(repo) || strings.Trim(owner, ".") == "" || strings.Trim(repo, ".") == "" {
		return fmt.Errorf("%q is no repository: expected owner/name", name)
	}
	return nil
}

// pin takes the commit at the tip of the default branch. It is asked for as a branch and nothing else: a tag of that
// name would be anybody's who may push one.
func (g *Governance) pin(ctx context.Context, r *repository) (governance.Origin, error) {
	var ref struct {
		Ref    string `json:"ref"`
		Object struct {
			Type string `json:"type"`
			SHA  string `json:"sha"`
		} `json:"object"`
	}
	q := question{path: "repos/%s/git/ref/heads/%s", args: []string{r.FullName, r.DefaultBranch}, need: needContents, at: r.FullName}
	if err := g.client.ask(ctx, q, &ref); err != nil {
		return governance.Origin{}, err
	}
	if ref.Ref != "refs/heads/"+r.DefaultBranch || ref.Object.Type != "commit" || !validCommit.MatchString(ref.Object.SHA) {
		return governance.Origin{}, fmt.Errorf("GET /%s: the answer is about %q, a %q: expected the commit of that branch", q.url(), ref.Ref, ref.Object.Type)
	}
	sha := ref.Object.SHA
	return governance.Origin{Tree: &commitTree{g: g, repo: r.FullName, commit: sha}, Name: r.FullName, Commit: sha}, nil
}

package github

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/certify"
	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
)

const (
	// certifyBranches begins the names of the branches that proposals stand on: an owner's id comes after it.
	certifyBranches = "curfew/certify/"
	needPulls       = "pull-requests: write"
	needCommit      = "contents: write"
)

// Certification is where owners decide on reviews: one pull request for each owner, from a branch of its own to the
// default branch. Whatever a person has put on such a branch stays.
type Certification struct {
	writer
	name, path string
	dry        bool

	repo *repository
	tree *commitTree // the default branch's tip
	src  []byte      // the manifest there
}

// CertificationOptions are what a Certification is handed.
type CertificationOptions struct {
	Repository string // OWNER/NAME
	Manifest   string // the manifest's path
	DryRun     bool   // only look
}

// NewCertification makes one. It sends nothing. It needs the rights "contents: write" and "pull-requests: write", to
// look "contents: read" and "pull-requests: read".
func NewCertification(c *Client, o CertificationOptions) (*Certification, error) {
	if err := checkName(o.Repository); err != nil {
		return nil, err
	}
	return &Certification{writer: writer{client: c}, name: o.Repository, path: o.Manifest, dry: o.DryRun}, nil
}

// Manifest reads the manifest at the tip of the default branch, by which proposals are to be made, and says which
// commit that is. It comes first.
func (c *Certification) Manifest(ctx context.Context) (src []byte, commit string, err error) {
	var r repository
	q := question{path: "repos/%s", args: []string{c.name}, need: needContents, at: c.name}
	if err := c.client.ask(ctx, q, &r); err != nil {
		return nil, "", err
	}
	if err := checkName(r.FullName); err != nil || r.DefaultBranch == "" || strings.Contains(r.DefaultBranch, "..") {
		return nil, "", fmt.Errorf("GET /%s: %q with the default branch %q is no repository", q.url(), r.FullName, r.DefaultBranch)
	}
	g := NewGovernance(c.client)
	tip, err := g.pin(ctx, &r)
	if err != nil {
		return nil, "", err
	}
	c.repo, c.name = &r, r.FullName
	c.tree = &commitTree{g: g, repo: r.FullName, commit: tip.Commit}
	c.src, err = c.tree.ReadFile(ctx, c.path, maxFile)
	return c.src, tip.Commit, err
}

// Outcome is what became of one owner's pull request.
type Outcome struct {
	Owner  string `json:"owner"`
	Branch string `json:"branch"`
	Number int    `json:"number,omitempty"` // 0 where there is none, or none yet
	Action string `json:"action"`
	// Why is one sentence, lower case, without a full stop; "" where the action says it all.
	Why string `json:"why,omitempty"`
	// Unasked says why the owner couldn't be asked for a review; "" where it was.
	Unasked string `json:"unasked,omitempty"`
	// Silent is set where the pull request is GITHUB_TOKEN's, so that it starts no workflows.
	Silent bool `json:"silent,omitempty"`
}

// The actions. In the last two curfew leaves the pull request to people.
const (
	Opened    = "opened"
	Updated   = "updated"
	Unchanged = "unchanged"
	Closed    = "closed"
	Removed   = "removed" // a branch without a pull request
	Declined  = "declined"
	LeftAlone = "left alone"
)

// branchOf is the branch of an owner's pull request. What git takes in no name becomes "@", which is in no owner's id.
func branchOf(owner string) string {
	if strings.Contains(owner, "..") || strings.HasSuffix(owner, ".") || strings.HasSuffix(owner, ".lock") {
		owner = strings.ReplaceAll(owner, ".", "@")
	}
	return certifyBranches + owner
}

// ownerOf is the owner whose branch that is.
func ownerOf(branch string) string {
	return strings.ReplaceAll(strings.TrimPrefix(branch, certifyBranches), "@", ".")
}

// Propose brings the pull requests in line with what is proposed, by the manifest that Manifest gave: opened, updated,
// and closed where nothing is left to decide. It may be killed anywhere: run again, it comes to the same, as long as no
// two run at once. done is told of each owner.
func (c *Certification) Propose(ctx context.Context, groups []certify.Group, done func(Outcome)) error {
	open, branches, err := c.standing(ctx)
	if err != nil {
		return err
	}
	todo := map[string]func() (Outcome, error){}
	for i := range open {
		todo[open[i].Head.Ref] = nil
	}
	for _, branch := range branches {
		todo[branch] = nil
	}
	for branch := range todo {
		todo[branch] = func() (Outcome, error) { return c.retire(ctx, branch) }
	}
	for i := range groups {
		if string(groups[i].Source) != string(c.src) { // otherwise there is nothing to merge
			todo[branchOf(groups[i].Owner)] = func() (Outcome, error) { return c.propose(ctx, &groups[i]) }
		}
	}
	var failed error
	for _, branch := range slices.Sorted(maps.Keys(todo)) {
		if err := c.settled(ctx, done, todo[branch]); err != nil {
			failed = errors.Join(failed, fmt.Errorf("owner %s: %w", ownerOf(branch), err))
		}
		if ctx.Err() != nil || errors.Is(failed, errUsedUp) {
			break
		}
	}
	return failed
}

// standing are the open pull requests from such branches, and the branches.
func (c *Certification) standing(ctx context.Context) (open []pull, branches []string, err error) {
	all, err := c.pulls(ctx, "open", "")
	if err != nil {
		return nil, nil, err
	}
	var refs []gitRef
	q := question{path: "repos/%s/git/matching-refs/heads/" + certifyBranches, args: []string{c.name}, need: needContents, at: c.name}
	if err := c.client.ask(ctx, q, &refs); err != nil {
		return nil, nil, err
	}
	for _, r := range refs {
		branches = append(branches, strings.TrimPrefix(r.Ref, "refs/heads/"))
	}
	for _, p := range all {
		if strings.HasPrefix(p.Head.Ref, certifyBranches) {
			open = append(open, p)
		}
	}
	return open, slices.DeleteFunc(branches, func(b string) bool { return !strings.HasPrefix(b, certifyBranches) }), nil
}

// blobID is the id that git has for a file's content, in a repository whose ids are as long as that one.
func blobID(like string, content []byte) string {
	hash := odb.SHA1
	if len(like) != 2*hash.Size() {
		hash = odb.SHA256
	}
	return hash.Sum(odb.Blob, content).String()
}

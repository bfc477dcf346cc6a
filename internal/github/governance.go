package github

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/curfew-ci/curfew/internal/governance"
	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/issuance"
)

// Governance reads what decides over leases from GitHub: of the repository whose id the job's token proves, and of
// that of the organisation's policy, the commit at the tip of the default branch. The job's own steps can't change
// it, whatever they write. It may be used by several goroutines.
//
// Of the facts it finds who started the attempt, who wrote the commit as GitHub takes its author's e-mail address,
// and the members of teams that break-glass names. What can't be found out stays unknown, and denies where it is needed.
type Governance struct {
	client *Client

	mu      sync.Mutex
	objects map[string]any // what an id names, which never changes
	pinned  map[string]*commitTree
}

// NewGovernance makes one. It needs "contents: read" of both repositories and, for facts, "actions: read"; teams
// take "members: read" of the organisation, which GITHUB_TOKEN never has.
func NewGovernance(c *Client) *Governance {
	return &Governance{client: c, objects: map[string]any{}, pinned: map[string]*commitTree{}}
}

// job is what the token proves, as far as it is asked for here.
type job struct{ project, owner, run, attempt, sha string }

// proven takes it from verified claims.
func proven(who identity.Identity) (job, error) {
	if name := who.ClaimFor(identity.Project); name != "repository_id" {
		return job{}, fmt.Errorf("the job isn't one of GitHub's (%s): GitHub's API knows nothing of it", who.Platform())
	}
	var of job
	for _, want := range []struct {
		a    identity.Attribute
		into *string
	}{{identity.Project, &of.project}, {identity.Owner, &of.owner}, {identity.Run, &of.run}, {identity.Attempt, &of.attempt}} {
		*want.into, _ = who.Get(want.a)
		if !validID.MatchString(*want.into) {
			return job{}, fmt.Errorf("the token's %s is %s: expected a number", who.ClaimFor(want.a), who.Claims.Describe(who.ClaimFor(want.a)))
		}
	}
	of.sha, _ = who.Get(identity.Revision)
	if !validCommit.MatchString(of.sha) {
		return job{}, fmt.Errorf("the token's sha is %s: expected a commit", who.Claims.Describe("sha"))
	}
	return of, nil
}

// Rules reads what decides, and the facts.
func (g *Governance) Rules(ctx context.Context, who identity.Identity, bound string) (issuance.Rules, error) {
	of, err := proven(who)
	if err != nil {
		return issuance.Rules{}, err
	}
	repo, err := g.byID(ctx, of)
	if err != nil {
		return issuance.Rules{}, err
	}
	project, err := g.pin(ctx, repo)
	if err != nil {
		return issuance.Rules{}, err
	}
	r, err := governance.Read(ctx, project, bound, func(ctx context.Context, name string) (*governance.Origin, error) {
		switch {
		case name == "":
			return nil, nil
		case strings.EqualFold(name, repo.FullName):
			return &project, nil // one commit a repository
		}
		org, err := g.byName(ctx, name, of)
		if err != nil {
			return nil, err
		}
		from, err := g.pin(ctx, org)
		return &from, err
	})
	if err != nil {
		return issuance.Rules{}, err
	}
	g.mu.Lock()
	g.pinned[of.project+" "+project.Commit] = &commitTree{g: g, repo: repo.FullName, commit: project.Commit}
	g.mu.Unlock()
	g.facts(ctx, repo, of, &r)
	return r, ctx.Err()
}

// File reads a file at a commit that Rules gave.
func (g *Governance) File(ctx context.Context, who identity.Identity, commit, path string) ([]byte, error) {
	project, _ := who.Get(identity.Project)
	g.mu.Lock()
	t := g.pinned[project+" "+commit]
	g.mu.Unlock()
	if t == nil {
		return nil, fmt.Errorf("commit %q isn't one by which anything was decided here", commit)
	}
	return t.ReadFile(ctx, path, maxFile)
}

// maxFile bounds a file that a manifest names, in bytes.
const maxFile = 1 << 20

// maxKept is how many objects are kept at most.
const maxKept = 1000

// kept is what an id names, asked for once.
func kept[T any](g *Governance, key string, ask func() (T, error)) (T, error) {
	g.mu.Lock()
	known, ok := g.objects[key].(T)
	g.mu.Unlock()
	if ok {
		return known, nil
	}
	got, err := ask()
	if err != nil {
		return got, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.objects) >= maxKept {
		clear(g.objects)
	}
	g.objects[key] = got
	return got, nil
}

package testservers

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Pull is a pull request as it stands. Its number, title, text, comments and whether it is open are its issue's.
type Pull struct {
	Issue
	By        string // the login of who made it; "" is the tokens' account
	Head      string // its branch
	HeadSHA   string // where that was when it was closed; "" while it is open
	HeadRepo  int64  // another repository's id, of a fork; 0 is this one
	Base      string
	Draft     bool
	Merged    string // the commit that merged it
	MergedAt  time.Time
	Reviewers []string // who was asked: "maria", "acme/web"
	Reviews   []Review
}

// Review is one of a pull request.
type Review struct {
	Login  string
	State  string // APPROVED, CHANGES_REQUESTED, COMMENTED, DISMISSED
	Commit string
	At     time.Time
}

// pulled is a pull request with its issue.
type pulled struct {
	Pull
	of      *tracked
	rebased []string // what it brought into its base beside Merged
}

// freeze keeps where the branch is.
func (p *pulled) freeze(repo *hosted) {
	if p.HeadSHA == "" {
		p.HeadSHA = repo.branches[p.Head]
	}
}

// Pulls are those of a repository.
func (g *GitHub) Pulls(repo int64) []Pull {
	g.mu.Lock()
	defer g.mu.Unlock()
	var all []Pull
	for _, p := range g.repos[repo].pulls {
		now := p.Pull
		now.Issue = p.of.now()
		all = append(all, now)
	}
	return all
}

// TouchPull lets a person make a pull request of a branch, where number is 0, or change one. What changes of its issue
// shows at once.
func (g *GitHub) TouchPull(repo int64, number int, with func(*Pull)) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	h, at := g.repos[repo], g.clock().Add(-g.Lag)
	p := h.pull(number)
	if p == nil {
		p = h.newPull(Issue{Number: len(h.issues) + 1, Open: true, Created: at, Pull: true, Author: 7}, at)
	}
	now := p.Pull
	now.Issue = p.of.now()
	with(&now)
	p.Pull = now
	if !now.Open {
		p.freeze(h)
	}
	p.of.change(at, func(i *Issue) { *i = now.Issue })
	return now.Number
}

// Merge merges a pull request into its base, by a person.
func (g *GitHub) Merge(repo int64, number int, by string) string {
	return g.merge(repo, number, by, false)
}

// Squash is Merge with one commit of all.
func (g *GitHub) Squash(repo int64, number int, by string) string {
	return g.merge(repo, number, by, true)
}

func (g *GitHub) merge(repo int64, number int, by string, squash bool) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.repos[repo]
	p := h.pull(number)
	p.freeze(h)
	base := h.branches[p.Base]
	c := commit{repo: repo, tree: g.replay(base, g.fork(base, p.HeadSHA), p.HeadSHA), author: by, message: "Merge pull request #" + strconv.Itoa(number), parents: []string{base}, at: g.clock()}
	if !squash {
		c.parents = append(c.parents, p.HeadSHA)
	}
	return g.land(h, p, g.record(c))
}

// Rebase is Merge with a commit for each of the branch's.
func (g *GitHub) Rebase(repo int64, number int, by string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.repos[repo]
	p := h.pull(number)
	p.freeze(h)
	tip := h.branches[p.Base]
	var branch []string
	for at, fork := p.HeadSHA, g.fork(tip, p.HeadSHA); at != fork; at = g.commits[at].parents[0] {
		branch = append(branch, at)
	}
	for _, one := range slices.Backward(branch) {
		made := g.commits[one]
		tip = g.record(commit{
			repo: repo, tree: g.replay(tip, made.parents[0], one), author: by, message: made.message, parents: []string{tip}, at: g.clock(),
		})
		p.rebased = append(p.rebased, tip)
	}
	return g.land(h, p, tip)
}

// replay is the tree of base with the files that differ between two commits as the second has them.
func (g *GitHub) replay(base, from, to string) string {
	was, is, into := map[string]leaf{}, map[string]leaf{}, map[string]leaf{}
	g.leaves(g.commits[from].tree, "", was)
	g.leaves(g.commits[to].tree, "", is)
	g.leaves(g.commits[base].tree, "", into)
	for path, l := range is {
		if was[path] != l {
			into[path] = l
		}
	}
	return g.plant(into)
}

// land closes a pull request that a commit has merged.
func (g *GitHub) land(h *hosted, p *pulled, as string) string {
	p.Merged, h.branches[p.Base], p.MergedAt = as, as, g.clock()
	p.of.change(g.clock().Add(-g.Lag), func(i *Issue) { i.Open = false })
	return p.Merged
}

// fork is the newest commit that two come from.
func (g *GitHub) fork(a, b string) string {
	for next := []string{b}; len(next) > 0; next = next[1:] {
		if g.descends(a, next[0]) {
			return next[0]
		}
		next = append(next, g.commits[next[0]].parents...)
	}
	return ""
}

func (h *hosted) pull(number int) *pulled {
	n := slices.IndexFunc(h.pulls, func(p *pulled) bool { return p.of.now().Number == number })
	if n < 0 {
		return nil
	}
	return h.pulls[n]
}

func (h *hosted) newPull(i Issue, at time.Time) *pulled {
	p := &pulled{of: h.track(i, at)}
	h.pulls = append(h.pulls, p)
	return p
}

// show is a pull request as an answer has it. One has more of it than a list.
func (p *pulled) show(repo *hosted, i Issue) map[string]any {
	owner, _, _ := strings.Cut(repo.name, "/")
	users, teams := []any{}, []any{}
	for _, r := range p.Reviewers {
		if org, slug, ok := strings.Cut(r, "/"); ok {
			teams = append(teams, map[string]any{"slug": slug, "name": org + "/" + slug})
			continue
		}
		users = append(users, map[string]any{"login": r})
	}
	head := p.HeadSHA
	if head == "" {
		head = repo.branches[p.Head]
	}
	from := repo.json()
	if p.HeadRepo != 0 {
		from["id"] = p.HeadRepo
	}
	shown := map[string]any{
		"number": i.Number, "state": map[bool]string{true: "open", false: "closed"}[i.Open], "title": i.Title, "body": i.Body, "merged_at": nil,
		"draft": p.Draft, "user": map[string]any{"id": i.Author, "login": cmp.Or(p.By, "github-actions[bot]")}, "created_at": i.Created.UTC().Format(time.RFC3339),
		"updated_at": p.of.times[len(p.of.times)-1].UTC().Format(time.RFC3339), "requested_reviewers": users, "requested_teams": teams,
		"head": map[string]any{"label": owner + ":" + p.Head, "ref": p.Head, "sha": head, "repo": from},
		"base": map[string]any{"label": owner + ":" + p.Base, "ref": p.Base, "sha": repo.branches[p.Base], "repo": repo.json()},
	}
	if p.Merged != "" {
		shown["merge_commit_sha"], shown["merged_at"] = p.Merged, p.MergedAt.UTC().Format(time.RFC3339)
	}
	return shown
}

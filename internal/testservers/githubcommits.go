package testservers

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// written are the commits of a pull request, the newest first.
func (g *GitHub) written(repo *hosted, p *pulled) (all []string) {
	head, base := p.HeadSHA, repo.branches[p.Base]
	if head == "" {
		head = repo.branches[p.Head]
	}
	if p.Merged != "" {
		base = g.commits[p.Merged].parents[0]
	}
	for at := head; at != "" && !g.descends(base, at); at = append(g.commits[at].parents, "")[0] {
		all = append(all, at)
	}
	return all
}

// sendWritten sends the commits of a pull request, the oldest first.
func (g *GitHub) sendWritten(w http.ResponseWriter, r *http.Request, repo *hosted) {
	p := pullOf(w, r, repo)
	if p == nil {
		return
	}
	var all []map[string]any
	for _, at := range g.written(repo, p) {
		c := g.commits[at]
		committer := c.author
		if c.verified && !strings.HasSuffix(c.author, "[bot]") {
			committer = "web-flow"
		}
		all = append(all, map[string]any{
			"sha": at, "parents": []any{}, "author": map[string]any{"login": c.author}, "committer": map[string]any{"login": committer},
			"commit": map[string]any{
				"message": c.message, "tree": map[string]any{"sha": c.tree},
				"verification": map[string]any{"verified": c.verified, "reason": "", "payload": nil, "signature": nil},
			},
		})
	}
	slices.Reverse(all)
	g.sendPage(w, r, "", all)
}

func (g *GitHub) sendComparison(w http.ResponseWriter, r *http.Request, repo *hosted) {
	from, to, _ := strings.Cut(r.PathValue("range"), "...")
	if repo == nil || g.commits[from].repo != repo.id || g.commits[to].repo != repo.id {
		refuse(w, http.StatusNotFound)
		return
	}
	status := "diverged"
	switch {
	case from == to:
		status = "identical"
	case g.descends(to, from):
		status = "ahead"
	case g.descends(from, to):
		status = "behind"
	}
	fork := g.fork(from, to)
	sendJSON(w, map[string]any{
		"status": status, "commits": []any{},
		"merge_base_commit": map[string]any{"sha": fork, "parents": []any{}, "commit": map[string]any{"message": "", "tree": map[string]any{"sha": g.commits[fork].tree}}},
	})
}

// sendCommits sends the commits that come before one and changed a file, not those that merged such.
func (g *GitHub) sendCommits(w http.ResponseWriter, r *http.Request, repo *hosted) {
	q := r.URL.Query()
	since, err := time.Parse(time.RFC3339, q.Get("since"))
	if repo == nil || err != nil {
		refuse(w, http.StatusNotFound)
		return
	}
	seen := map[string]bool{"": true}
	var all []map[string]any
	for next := []string{q.Get("sha")}; len(next) > 0; next = next[1:] {
		at := next[0]
		if seen[at] {
			continue
		}
		seen[at] = true
		c := g.commits[at]
		next = append(next, c.parents...)
		same := slices.ContainsFunc(c.parents, func(p string) bool { return g.fileIn(p, q.Get("path")) == g.fileIn(at, q.Get("path")) })
		if !same && !c.at.Before(since) {
			all = append(all, map[string]any{"sha": at, "parents": []any{}, "commit": map[string]any{"message": c.message, "tree": map[string]any{"sha": c.tree}}})
		}
	}
	g.sendPage(w, r, "", all)
}

// fileIn is the id of a file at a commit.
func (g *GitHub) fileIn(commit, path string) string {
	leaves := map[string]leaf{}
	g.leaves(g.commits[commit].tree, "", leaves)
	return leaves[path].id
}

// sendPullsOf sends the merged pull requests that a commit came by.
func (g *GitHub) sendPullsOf(w http.ResponseWriter, r *http.Request, repo *hosted) {
	if repo == nil {
		refuse(w, http.StatusNotFound)
		return
	}
	var all []map[string]any
	for _, p := range repo.pulls {
		if sha := r.PathValue("sha"); p.Merged != "" && (p.Merged == sha || slices.Contains(p.rebased, sha) || slices.Contains(g.written(repo, p), sha)) {
			all = append(all, p.show(repo, p.of.now()))
		}
	}
	g.sendPage(w, r, "", all)
}

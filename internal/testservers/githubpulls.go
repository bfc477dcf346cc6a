package testservers

import (
	"net/http"
	"strconv"
	"time"
)

// pulled is what a pull request has beside an issue.
type pulled struct {
	by, head, base string
	merge          string // the commit that it became; "" for none
	draft          bool
	reviews        []map[string]any
}

// Pull opens a pull request of a commit for a branch, and returns its number.
func (g *GitHub) Pull(repo int64, by, head, base string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.repos[repo].track(Issue{Open: true, Title: "Change it", Author: g.account(by), Pull: true, Created: g.clock()}, g.clock())
	t.pull = &pulled{by: by, head: head, base: base}
	return t.now().Number
}

// Push adds a commit to a pull request.
func (g *GitHub) Push(repo int64, number int, head string) {
	g.pulling(repo, number, func(p *pulled) { p.head = head })
}

// Retarget gives a pull request another base.
func (g *GitHub) Retarget(repo int64, number int, base string) {
	g.pulling(repo, number, func(p *pulled) { p.base = base })
}

// Draft makes a pull request a draft.
func (g *GitHub) Draft(repo int64, number int) {
	g.pulling(repo, number, func(p *pulled) { p.draft = true })
}

// Merge merges a pull request as a commit.
func (g *GitHub) Merge(repo int64, number int, as string) {
	g.pulling(repo, number, func(p *pulled) { p.merge = as })
	g.Touch(repo, number, func(s *Issue) { s.Open = false })
}

// Review writes a review of the newest commit: APPROVED, CHANGES_REQUESTED or COMMENTED.
func (g *GitHub) Review(repo int64, number int, by, state string) {
	g.pulling(repo, number, func(p *pulled) {
		p.reviews = append(p.reviews, map[string]any{
			"id": len(p.reviews) + 1, "user": g.person(by), "state": state, "commit_id": p.head, "body": "",
			"submitted_at": g.clock().UTC().Format(time.RFC3339), "author_association": "MEMBER",
		})
	})
}

// Dismiss takes back all reviews of somebody.
func (g *GitHub) Dismiss(repo int64, number int, of string) {
	g.pulling(repo, number, func(p *pulled) {
		for _, r := range p.reviews {
			if user, _ := r["user"].(map[string]any); user["login"] == of {
				r["state"] = "DISMISSED"
			}
		}
	})
}

func (g *GitHub) pulling(repo int64, number int, with func(*pulled)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	with(g.repos[repo].issues[number-1].pull)
}

// Approve reviews an environment for a run: approved or rejected. GitHub's list has all attempts in one.
func (g *GitHub) Approve(repo, run int64, environment, by, state string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	key := runKey(repo, strconv.FormatInt(run, 10), "")
	g.reviews[key] = append(g.reviews[key], map[string]any{
		"environments": []any{map[string]any{"id": 161088068, "name": environment}}, "state": state, "user": g.person(by), "comment": "",
	})
}

func (g *GitHub) sendApprovals(w http.ResponseWriter, r *http.Request, repo *hosted) {
	if repo == nil {
		refuse(w, http.StatusNotFound)
		return
	}
	all := g.reviews[runKey(repo.id, r.PathValue("run"), "")]
	if all == nil {
		all = []map[string]any{}
	}
	sendJSON(w, all)
}

func (g *GitHub) sendPull(w http.ResponseWriter, r *http.Request, repo *hosted) {
	t := pullOf(w, r, repo)
	if t == nil {
		return
	}
	s, p := t.now(), t.pull
	shown := map[string]any{
		"number": s.Number, "state": map[bool]string{true: "open", false: "closed"}[s.Open], "draft": p.draft, "merged": p.merge != "", "title": s.Title,
		"user": g.person(p.by), "head": map[string]any{"sha": p.head}, "base": map[string]any{"ref": p.base, "repo": repo.json()}, "merge_commit_sha": nil,
	}
	if p.merge != "" {
		shown["merge_commit_sha"] = p.merge
	}
	sendJSON(w, shown)
}

func (g *GitHub) sendReviews(w http.ResponseWriter, r *http.Request, repo *hosted) {
	if t := pullOf(w, r, repo); t != nil {
		g.sendPage(w, r, "", t.pull.reviews)
	}
}

func pullOf(w http.ResponseWriter, r *http.Request, repo *hosted) *tracked {
	t := issueOf(w, r, repo)
	if t != nil && t.pull == nil {
		refuse(w, http.StatusNotFound)
		return nil
	}
	return t
}

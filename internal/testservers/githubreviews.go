package testservers

import (
	"net/http"
	"strconv"
)

// Pull opens a pull request of a commit for a branch, and returns its number.
func (g *GitHub) Pull(repo int64, by, head, base string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.repos[repo]
	p := h.newPull(Issue{Open: true, Title: "Change it", Author: g.account(by), Pull: true, Created: g.clock()}, g.clock())
	number := p.of.now().Number
	p.By, p.Head, p.Base = by, "change-"+strconv.Itoa(number), base
	h.branches[p.Head] = head
	return number
}

// Push adds a commit to a pull request.
func (g *GitHub) Push(repo int64, number int, head string) {
	g.pulling(repo, number, func(p *pulled) { g.repos[repo].branches[p.Head] = head })
}

// Retarget lets somebody give a pull request another base. Its reviews stay as they are.
func (g *GitHub) Retarget(repo int64, number int, by, base string) {
	g.pulling(repo, number, func(p *pulled) { p.Base = base })
	g.Event(repo, number, by, "base_ref_changed")
}

// Draft makes a pull request a draft.
func (g *GitHub) Draft(repo int64, number int) {
	g.pulling(repo, number, func(p *pulled) { p.Draft = true })
}

// MergeAs merges a pull request as a commit that is there.
func (g *GitHub) MergeAs(repo int64, number int, as string) {
	g.pulling(repo, number, func(p *pulled) {
		p.freeze(g.repos[repo])
		p.Merged, p.MergedAt = as, g.clock()
	})
	g.Touch(repo, number, func(s *Issue) { s.Open = false })
}

// Review writes a review of the newest commit: APPROVED, CHANGES_REQUESTED or COMMENTED.
func (g *GitHub) Review(repo int64, number int, by, state string) {
	g.pulling(repo, number, func(p *pulled) {
		p.Reviews = append(p.Reviews, Review{Login: by, State: state, Commit: g.repos[repo].branches[p.Head], At: g.clock()})
	})
}

// Dismiss takes back all reviews of somebody.
func (g *GitHub) Dismiss(repo int64, number int, of string) {
	g.pulling(repo, number, func(p *pulled) {
		for n := range p.Reviews {
			if p.Reviews[n].Login == of {
				p.Reviews[n].State = "DISMISSED"
			}
		}
	})
}

func (g *GitHub) pulling(repo int64, number int, with func(*pulled)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	with(g.repos[repo].pull(number))
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

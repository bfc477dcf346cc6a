package testservers

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

func (g *GitHub) sendPulls(w http.ResponseWriter, r *http.Request, repo *hosted) {
	if repo == nil {
		refuse(w, http.StatusNotFound)
		return
	}
	q := r.URL.Query()
	owner, _, _ := strings.Cut(repo.name, "/")
	var found []map[string]any
	for _, p := range repo.pulls {
		s := p.of.seen(g.clock().Add(-g.Lag))
		if s == nil || q.Get("head") != "" && q.Get("head") != owner+":"+p.Head || q.Get("base") != "" && q.Get("base") != p.Base {
			continue
		}
		if state := q.Get("state"); state == "all" || s.Open != (state == "closed") {
			found = append(found, p.show(repo, *s))
		}
	}
	if q.Get("direction") != "asc" {
		slices.Reverse(found)
	}
	g.sendPage(w, r, "", found)
}

// pullEdit is what a request says of a pull request.
type pullEdit struct {
	Title, Body, Head, Base, State string
	Reviewers                      []string `json:"reviewers"`
	Teams                          []string `json:"team_reviewers"`
}

func (g *GitHub) makePull(w http.ResponseWriter, r *http.Request, repo *hosted) {
	var e pullEdit
	if err := json.NewDecoder(r.Body).Decode(&e); err != nil || repo == nil {
		refuse(w, http.StatusNotFound)
		return
	}
	if g.NoPulls {
		refuse(w, http.StatusForbidden)
		return
	}
	double := slices.ContainsFunc(repo.pulls, func(p *pulled) bool {
		return p.Head == e.Head && p.HeadRepo == 0 && p.Base == e.Base && p.of.now().Open
	})
	head, base := repo.branches[e.Head], repo.branches[e.Base]
	if double || head == "" || base == "" || g.descends(base, head) {
		refuse(w, http.StatusUnprocessableEntity)
		return
	}
	if !fits(w, issueEdit{Title: e.Title, Body: e.Body}) {
		return
	}
	at := g.clock()
	p := repo.newPull(Issue{Number: len(repo.issues) + 1, Open: true, Title: e.Title, Body: e.Body, Author: Bot, Created: at, Pull: true}, at)
	p.Head, p.Base = e.Head, e.Base
	sendMade(w, p.show(repo, p.of.now()))
}

// pullOf finds the pull request that a path names.
func pullOf(w http.ResponseWriter, r *http.Request, repo *hosted) *pulled {
	t := issueOf(w, r, repo)
	if t == nil {
		return nil
	}
	p := repo.pull(t.now().Number)
	if p == nil {
		refuse(w, http.StatusNotFound)
	}
	return p
}

func (g *GitHub) sendPull(w http.ResponseWriter, r *http.Request, repo *hosted) {
	if p := pullOf(w, r, repo); p != nil {
		shown := p.show(repo, p.of.now())
		shown["merged"] = p.Merged != "" // which lists don't say
		sendJSON(w, shown)
	}
}

func (g *GitHub) editPull(w http.ResponseWriter, r *http.Request, repo *hosted) {
	p := pullOf(w, r, repo)
	var e struct{ Title, Body, State *string }
	if p == nil || json.NewDecoder(r.Body).Decode(&e) != nil {
		return
	}
	if e.State != nil && *e.State == "closed" {
		p.freeze(repo)
	}
	p.of.change(g.clock(), func(i *Issue) {
		if e.Title != nil {
			i.Title = *e.Title
		}
		if e.Body != nil {
			i.Body = *e.Body
		}
		if e.State != nil {
			i.Open = *e.State == "open"
		}
	})
	sendJSON(w, p.show(repo, p.of.now()))
}

// askReviewers asks whom it can be asked of: who isn't a collaborator can't be.
func (g *GitHub) askReviewers(w http.ResponseWriter, r *http.Request, repo *hosted) {
	p := pullOf(w, r, repo)
	var e pullEdit
	if p == nil || json.NewDecoder(r.Body).Decode(&e) != nil {
		return
	}
	owner, _, _ := strings.Cut(repo.name, "/")
	for _, slug := range e.Teams {
		e.Reviewers = append(e.Reviewers, owner+"/"+slug)
	}
	for _, name := range e.Reviewers {
		if !slices.Contains(g.Collaborators, name) {
			refuse(w, http.StatusUnprocessableEntity)
			return
		}
	}
	for _, name := range e.Reviewers {
		if !slices.Contains(p.Reviewers, name) {
			p.Reviewers = append(p.Reviewers, name)
		}
	}
	sendMade(w, p.show(repo, p.of.now()))
}

func (g *GitHub) sendReviews(w http.ResponseWriter, r *http.Request, repo *hosted) {
	p := pullOf(w, r, repo)
	if p == nil {
		return
	}
	var all []map[string]any
	for n, v := range p.Reviews {
		all = append(all, map[string]any{
			"id": n + 1, "user": g.person(v.Login), "state": v.State, "commit_id": v.Commit, "author_association": "MEMBER", "submitted_at": v.At.UTC().Format(time.RFC3339),
		})
	}
	g.sendPage(w, r, "", all)
}

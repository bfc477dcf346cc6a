package testservers

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Issue is an issue as it stands.
type Issue struct {
	Number   int
	Open     bool
	Reason   string // state_reason
	Title    string
	Body     string
	Labels   []string
	Assigned bool
	Pull     bool // it is a pull request
	Author   int64
	Comments []Comment
	Created  time.Time
}

// Comment is one of an issue.
type Comment struct {
	Author int64
	Body   string
	At     time.Time
}

// Bot is the id of the account that tokens act as.
const Bot = 41898282

// tracked is an issue with what it was: lists may lag.
type tracked struct {
	states  []Issue
	times   []time.Time
	repo    *hosted
	history []map[string]any // its timeline
	moved   string           // where it went, an address
}

// track adds an issue.
func (h *hosted) track(s Issue, at time.Time) *tracked {
	s.Number = len(h.issues) + 1
	t := &tracked{states: []Issue{s}, times: []time.Time{at}, repo: h}
	h.issues = append(h.issues, t)
	return t
}

func (t *tracked) now() Issue { return t.states[len(t.states)-1] }

// change writes a new state.
func (t *tracked) change(at time.Time, with func(*Issue)) {
	s := t.now()
	s.Labels, s.Comments = slices.Clone(s.Labels), slices.Clone(s.Comments)
	with(&s)
	t.states, t.times = append(t.states, s), append(t.times, at)
}

// seen is the state that a list shows, nil where it shows none yet.
func (t *tracked) seen(at time.Time) *Issue {
	var was *Issue
	for n := range t.states {
		if !t.times[n].After(at) {
			was = &t.states[n]
		}
	}
	return was
}

// Issues are those of a repository.
func (g *GitHub) Issues(repo int64) []Issue {
	g.mu.Lock()
	defer g.mu.Unlock()
	var all []Issue
	for _, t := range g.repos[repo].issues {
		all = append(all, t.now())
	}
	return all
}

// Touch lets a person make an issue, where number is 0, or change one. It shows at once.
func (g *GitHub) Touch(repo int64, number int, with func(*Issue)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	h, at := g.repos[repo], g.clock().Add(-g.Lag)
	if number == 0 {
		h.track(Issue{Open: true, Created: at}, at)
		number = len(h.issues)
	}
	h.issues[number-1].change(at, with)
}

func (g *GitHub) clock() time.Time {
	if g.Now == nil {
		return time.Now()
	}
	return g.Now()
}

func (t *tracked) show(s Issue) map[string]any {
	labels := make([]any, len(s.Labels))
	for n, l := range s.Labels {
		labels[n] = map[string]any{"name": l}
	}
	shown := map[string]any{
		"number": s.Number, "state": map[bool]string{true: "open", false: "closed"}[s.Open], "title": s.Title, "body": s.Body, "labels": labels,
		"assignees": []any{}, "created_at": s.Created.UTC().Format(time.RFC3339), "user": map[string]any{"id": s.Author, "login": "somebody"},
		"updated_at": t.times[len(t.times)-1].UTC().Format(time.RFC3339),
		"id":         t.repo.id*1000 + int64(s.Number), "repository_url": "https://api.github.com/repos/" + t.repo.name,
	}
	if s.Reason != "" {
		shown["state_reason"] = s.Reason
	}
	if s.Assigned {
		shown["assignees"] = []any{map[string]any{"id": 7, "login": "somebody"}}
	}
	if s.Pull {
		shown["pull_request"] = map[string]any{}
	}
	return shown
}

func (g *GitHub) sendIssues(w http.ResponseWriter, r *http.Request, repo *hosted) {
	if repo == nil {
		refuse(w, http.StatusNotFound)
		return
	}
	q := r.URL.Query()
	state := q.Get("state")
	var found []map[string]any
	for _, t := range repo.issues { // by created, ascending
		s := t.seen(g.clock().Add(-g.Lag))
		if s != nil && slices.Contains(s.Labels, q.Get("labels")) && (state == "all" || s.Open != (state == "closed")) {
			found = append(found, t.show(*s))
		}
	}
	if q.Get("direction") != "asc" {
		slices.Reverse(found)
	}
	g.sendPage(w, r, "", found)
}

// issueOf finds the issue that a path names.
func issueOf(w http.ResponseWriter, r *http.Request, repo *hosted) *tracked {
	n, err := strconv.Atoi(r.PathValue("number"))
	if repo == nil || err != nil || n < 1 || n > len(repo.issues) {
		refuse(w, http.StatusNotFound)
		return nil
	}
	t := repo.issues[n-1]
	if t.moved != "" {
		_, below, _ := strings.Cut(r.URL.Path, "/issues/"+strconv.Itoa(n))
		w.Header().Set("Location", t.moved+below)
		refuse(w, http.StatusMovedPermanently)
		return nil
	}
	return t
}

func (g *GitHub) sendIssue(w http.ResponseWriter, r *http.Request, repo *hosted) {
	if t := issueOf(w, r, repo); t != nil {
		sendJSON(w, t.show(t.now()))
	}
}

func (g *GitHub) sendComments(w http.ResponseWriter, r *http.Request, repo *hosted) {
	t := issueOf(w, r, repo)
	if t == nil {
		return
	}
	var all []map[string]any
	for _, c := range t.now().Comments {
		if !c.At.After(g.clock().Add(-g.Lag)) {
			all = append(all, showComment(c))
		}
	}
	g.sendPage(w, r, "", all)
}

func showComment(c Comment) map[string]any {
	return map[string]any{"body": c.Body, "user": map[string]any{"id": c.Author, "login": "somebody"}, "created_at": c.At.UTC().Format(time.RFC3339)}
}

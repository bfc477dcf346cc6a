package testservers

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// sendMade sends with the status 201.
func sendMade(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(v) // to memory
}

// issueEdit is what a request says of an issue.
type issueEdit struct {
	Title  string   `json:"title"`
	Body   string   `json:"body"`
	Labels []string `json:"labels"`
	State  string   `json:"state"`
	Reason string   `json:"state_reason"`
}

// fits reports whether GitHub takes a text: what is longer it refuses.
func fits(w http.ResponseWriter, e issueEdit) bool {
	const title, text, label = 256, 65536, 50 // characters
	long := slices.ContainsFunc(e.Labels, func(l string) bool { return len(l) > label })
	if len([]rune(e.Title)) > title || len([]rune(e.Body)) > text || long {
		refuse(w, http.StatusUnprocessableEntity)
		return false
	}
	return true
}

func (g *GitHub) makeIssue(w http.ResponseWriter, r *http.Request, repo *hosted) {
	var e issueEdit
	if err := json.NewDecoder(r.Body).Decode(&e); err != nil || repo == nil {
		refuse(w, http.StatusNotFound)
		return
	}
	if !fits(w, e) {
		return
	}
	if g.Outsider {
		e.Labels = nil // silently, as GitHub does
	}
	at := g.clock()
	t := repo.track(Issue{Open: true, Title: e.Title, Body: e.Body, Labels: e.Labels, Author: Bot, Created: at}, at)
	sendMade(w, t.show(t.now()))
}

func (g *GitHub) editIssue(w http.ResponseWriter, r *http.Request, repo *hosted) {
	t := issueOf(w, r, repo)
	var e issueEdit
	if t == nil || json.NewDecoder(r.Body).Decode(&e) != nil || !fits(w, e) {
		return
	}
	t.change(g.clock(), func(s *Issue) {
		s.Title, s.Body, s.Labels = e.Title, e.Body, e.Labels
		if e.State != "" {
			s.Open, s.Reason = e.State == "open", e.Reason
		}
	})
	sendJSON(w, t.show(t.now()))
}

func (g *GitHub) makeComment(w http.ResponseWriter, r *http.Request, repo *hosted) {
	t := issueOf(w, r, repo)
	var e issueEdit
	if t == nil || json.NewDecoder(r.Body).Decode(&e) != nil || !fits(w, e) {
		return
	}
	c := Comment{Author: Bot, Body: e.Body, At: g.clock()}
	t.change(c.At, func(s *Issue) { s.Comments = append(s.Comments, c) })
	sendMade(w, showComment(c))
}

func (g *GitHub) makeLabel(w http.ResponseWriter, r *http.Request, repo *hosted) {
	var label struct {
		Name string `json:"name"`
	}
	switch err := json.NewDecoder(r.Body).Decode(&label); {
	case repo == nil || err != nil:
		refuse(w, http.StatusNotFound)
	case g.Outsider:
		refuse(w, http.StatusForbidden)
	case repo.labels[strings.ToLower(label.Name)]:
		refuse(w, http.StatusUnprocessableEntity)
	default:
		repo.labels[strings.ToLower(label.Name)] = true
		sendMade(w, map[string]any{"name": label.Name})
	}
}

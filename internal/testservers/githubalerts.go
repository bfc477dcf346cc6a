package testservers

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// alert is one of code scanning.
type alert struct {
	id         string
	number     int
	tool, rule string
	at         map[place]*instance
	dismissal  *dismissal // nil where it isn't
}

// place is where an instance of an alert is.
type place struct{ ref, category string }

type instance struct {
	commit, message, path string
	region                region
	fixed                 bool
}

type dismissal struct {
	reason, comment string
	by              int64
}

// on is an alert's instance on a ref, an open one before a fixed one; nil where it has none there.
func (al *alert) on(ref string) (at place, found *instance) {
	for _, p := range al.places() {
		if is := al.at[p]; p.ref == ref && (found == nil || found.fixed) {
			at, found = p, is
		}
	}
	return at, found
}

func (al *alert) state(is *instance) string {
	switch {
	case al.dismissal != nil:
		return "dismissed"
	case is.fixed:
		return "fixed"
	}
	return "open"
}

// show is an alert as lists have it.
func (al *alert) show(at place, is *instance) map[string]any {
	uri, err := url.PathUnescape(is.path)
	if err != nil {
		uri = is.path
	}
	instanceState := map[bool]string{true: "fixed", false: "open"}[is.fixed]
	shown := map[string]any{
		"number": al.number, "state": al.state(is), "rule": map[string]any{"id": al.rule}, "tool": map[string]any{"name": al.tool},
		"created_at": "2026-01-01T00:00:00Z", "dismissed_by": nil, "dismissed_at": nil, "dismissed_reason": nil, "dismissed_comment": nil,
		"html_url": "https://github.invalid/alerts/" + strconv.Itoa(al.number),
		"most_recent_instance": map[string]any{
			"ref": at.ref, "category": at.category, "commit_sha": is.commit, "state": instanceState, "message": map[string]any{"text": is.message},
			"location": map[string]any{
				"path": uri, "start_line": is.region.StartLine, "start_column": is.region.StartColumn,
				"end_line": is.region.EndLine, "end_column": is.region.EndColumn,
			},
		},
	}
	if d := al.dismissal; d != nil {
		shown["dismissed_by"] = map[string]any{"id": d.by, "login": "somebody"}
		shown["dismissed_at"] = time.Unix(0, 0).UTC().Format(time.RFC3339)
		shown["dismissed_reason"], shown["dismissed_comment"] = d.reason, d.comment
	}
	return shown
}

func (g *GitHub) sendAlerts(w http.ResponseWriter, r *http.Request, repo *hosted) {
	if repo == nil {
		refuse(w, http.StatusNotFound)
		return
	}
	repo.scanning.work(g.clock())
	q := r.URL.Query()
	ref := q.Get("ref")
	if ref == "" {
		ref = "refs/heads/" + repo.defaultBranch
	}
	var found []map[string]any
	for _, al := range repo.scanning.alerts { // by created, ascending
		at, is := al.on(ref)
		if is == nil || q.Has("tool_name") && q.Get("tool_name") != al.tool || q.Has("state") && q.Get("state") != al.state(is) {
			continue
		}
		found = append(found, al.show(at, is))
	}
	if q.Get("direction") != "asc" {
		slices.Reverse(found)
	}
	g.sendPage(w, r, "", found)
}

// alertOf finds the alert that a path names.
func alertOf(r *http.Request, repo *hosted) (*alert, place, *instance) {
	n, err := strconv.Atoi(r.PathValue("number"))
	if repo == nil || err != nil || n < 1 || n > len(repo.scanning.alerts) {
		return nil, place{}, nil
	}
	al := repo.scanning.alerts[n-1]
	at, is := al.on("refs/heads/" + repo.defaultBranch)
	if is == nil {
		return nil, place{}, nil
	}
	return al, at, is
}

func (g *GitHub) sendAlert(w http.ResponseWriter, r *http.Request, repo *hosted) {
	al, at, is := alertOf(r, repo)
	if al == nil {
		refuse(w, http.StatusNotFound)
		return
	}
	sendJSON(w, al.show(at, is))
}

func (g *GitHub) editAlert(w http.ResponseWriter, r *http.Request, repo *hosted) {
	var in struct {
		State   string `json:"state"`
		Reason  string `json:"dismissed_reason"`
		Comment string `json:"dismissed_comment"`
	}
	al, at, is := alertOf(r, repo)
	err := json.NewDecoder(r.Body).Decode(&in)
	switch {
	case al == nil:
		refuse(w, http.StatusNotFound)
		return
	case err != nil, al.state(is) == "fixed", in.State == "dismissed" && in.Reason == "":
		refuse(w, http.StatusBadRequest)
		return
	case in.State == "dismissed":
		al.dismissal = &dismissal{in.Reason, in.Comment, Bot}
	default:
		al.dismissal = nil
	}
	sendJSON(w, al.show(at, is))
}

// DismissAlert lets a person dismiss an alert.
func (g *GitHub) DismissAlert(repo int64, number int, reason, comment string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.repos[repo].scanning.alerts[number-1].dismissal = &dismissal{reason, comment, Bot + 1}
}

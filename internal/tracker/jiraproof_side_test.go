package tracker_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// changeJira is a fake of ours of the little of Jira that proves tickets, built from the documented API of Cloud and of
// Data Center: it isn't Jira. It holds an issue with its history, as people change it.
type changeJira struct {
	*httptest.Server
	// with changes an answer, or gives another, where it is set.
	with http.HandlerFunc

	mu      sync.Mutex
	cloud   bool
	at      time.Time
	key     string
	project string
	status  string
	summary string
	text    string
	content []any // of the description, in the place of text; Cloud's
	history []map[string]any
	total   int // of the history, where it isn't as long as that
	asked   []string
}

// statuses are ids by names.
func statuses() map[string]string {
	return map[string]string{"Open": "1", "Approved": "10001", "Done": "10002"}
}

func startChangeJira(t *testing.T, cloud bool) *changeJira {
	t.Helper()
	j := &changeJira{cloud: cloud, at: start, history: []map[string]any{}, key: "CHG-4411", project: "CHG", status: "Open", summary: "Deploy it"}
	api := map[bool]string{true: "/rest/api/3", false: "/rest/api/2"}[cloud]
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+api+"/issue/CHG-4411", j.issue)
	mux.HandleFunc("GET /rest/api/3/issue/CHG-4411/changelog", j.changelog)
	j.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.asked = append(j.asked, r.URL.Path)
		want := "Bearer " + string(token().Reveal())
		if cloud {
			want = "Basic " + base64.StdEncoding.EncodeToString([]byte("bot@acme.example:"+string(token().Reveal())))
		}
		switch {
		case r.Header.Get("Authorization") != want:
			refuse(w, 401, "who?")
		case j.with != nil:
			j.with(w, r)
		default:
			mux.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(j.Close)
	return j
}

// account is one as this Jira has them.
func (j *changeJira) account(id string) map[string]any {
	if !j.cloud {
		return map[string]any{"key": id, "name": "name-of-" + id, "displayName": "Somebody"}
	}
	kind := map[bool]string{true: "app", false: "atlassian"}[strings.HasPrefix(id, "app")]
	return map[string]any{"accountId": id, "accountType": kind, "displayName": "Somebody"}
}

// change writes an entry of the history, in one step.
func (j *changeJira) change(by string, items ...map[string]any) {
	j.at = j.at.Add(time.Minute)
	for _, i := range items {
		if i["fieldtype"] == nil {
			i["fieldtype"] = "jira"
		}
	}
	j.history = append(j.history, map[string]any{
		"id": strconv.Itoa(9_998 + len(j.history)), "author": j.account(by), "created": j.at.Format("2006-01-02T15:04:05.000-0700"), "items": items,
	})
}

// move brings the issue to a status; fields that are changed with it come after.
func (j *changeJira) move(by, status string, with ...map[string]any) {
	j.change(by, append([]map[string]any{{"field": "status", "from": statuses()[j.status], "fromString": j.status, "to": statuses()[status], "toString": status}}, with...)...)
	j.status = status
}

// describe lets the one who asks give it another description.
func (j *changeJira) describe(text string) {
	j.change("alice-1", map[string]any{"field": "description", "fromString": j.text, "toString": text})
	j.text = text
}

func (j *changeJira) issue(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("fields") != "project,status,summary,description" {
		refuse(w, 400, "which fields?")
		return
	}
	var description any = j.text
	if j.cloud {
		description = map[string]any{"type": "doc", "version": 1, "content": []any{map[string]any{"type": "paragraph", "content": []any{
			map[string]any{"type": "text", "text": "For "}, map[string]any{"type": "inlineCard", "attrs": map[string]any{"url": j.text}},
		}}}}
		if j.content != nil {
			description = map[string]any{"type": "doc", "version": 1, "content": j.content}
		}
	}
	shown := map[string]any{"id": "10042", "key": j.key, "fields": map[string]any{
		"project": map[string]any{"key": j.project}, "status": map[string]any{"id": statuses()[j.status], "name": j.status},
		"summary": j.summary, "description": description,
	}}
	if r.URL.Query().Get("expand") == "changelog" {
		newest := slices.Clone(j.history)
		slices.Reverse(newest)
		shown["changelog"] = map[string]any{"startAt": 0, "maxResults": len(newest), "total": len(newest) + j.total, "histories": newest}
	}
	answer(w, 200, shown)
}

func (j *changeJira) changelog(w http.ResponseWriter, r *http.Request) {
	from, _ := strconv.Atoi(r.URL.Query().Get("startAt"))
	from = min(from, len(j.history))
	to := min(from+2, len(j.history)) // small, so that there are several
	answer(w, 200, map[string]any{"startAt": from, "maxResults": 2, "total": len(j.history) + j.total, "isLast": to == len(j.history), "values": j.history[from:to]})
}

// raw is text as a server sends it.
func raw(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

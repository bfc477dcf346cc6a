package tracker_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/ticket"
	"github.com/curfew-ci/curfew/internal/tracker"
)

func readAll(r *http.Request) []byte {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	return b
}

// jiraSide is a fake of ours, built from Jira's documented API, of the little that curfew uses: it isn't Jira. Its search
// shows what was there some time ago, and only what its JQL, of which it reads what curfew writes, asks for. That of
// Cloud has due dates on its screens, and a way to close that asks for a field of its own; that of Data Center has no due
// dates, and asks for a resolution.
type jiraSide struct {
	*httptest.Server
	cloud  bool
	clock  *clock
	lag    time.Duration
	mu     sync.Mutex
	issues []*fakeIssue
	quotes bool
}

type fakeIssue struct {
	key     string
	created time.Time
	states  []fakeState // in the order of time
}

type fakeState struct {
	at          time.Time
	status      string // a category
	summary     string
	description json.RawMessage
	labels      []string
	comments    []json.RawMessage
	due         string
	resolution  string
}

func (i *fakeIssue) now() fakeState { return i.states[len(i.states)-1] }

// change writes a new state.
func (i *fakeIssue) change(at time.Time, with func(*fakeState)) {
	s := i.now()
	s.at, s.comments = at, slices.Clone(s.comments)
	with(&s)
	i.states = append(i.states, s)
}

func newJiraSide(t *testing.T, c *clock, cloud bool) side {
	j := &jiraSide{cloud: cloud, clock: c, lag: 20 * time.Second}
	mux := http.NewServeMux()
	api, search := "/rest/api/2", "POST /rest/api/2/search"
	if cloud {
		api, search = "/rest/api/3", "POST /rest/api/3/search/jql"
	}
	mux.HandleFunc(search, j.search)
	mux.HandleFunc("POST "+api+"/issue", j.create)
	mux.HandleFunc("GET "+api+"/issue/{key}", j.get)
	mux.HandleFunc("PUT "+api+"/issue/{key}", j.edit)
	mux.HandleFunc("GET "+api+"/issue/{key}/transitions", j.transitions)
	mux.HandleFunc("POST "+api+"/issue/{key}/transitions", j.move)
	j.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		j.mu.Lock()
		defer j.mu.Unlock()
		want := "Bearer " + string(token().Reveal())
		if cloud {
			want = "Basic " + base64.StdEncoding.EncodeToString([]byte("bot@acme.example:"+string(token().Reveal())))
		}
		switch {
		case j.quotes:
			refuse(w, 400, "bad "+r.Header.Get("Authorization")+" "+string(token().Reveal()))
		case r.Header.Get("Authorization") != want:
			refuse(w, 401, "who?")
		default:
			mux.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(j.Close)
	return j
}

func (j *jiraSide) quote() { j.quotes = true }

func refuse(w http.ResponseWriter, status int, why string) {
	answer(w, status, map[string]any{"errorMessages": []string{why}, "errors": map[string]string{}})
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func (j *jiraSide) backend(t *testing.T, c *clock, s *steps) ticket.Backend {
	t.Helper()
	o := tracker.JiraOptions{
		Options: tracker.Options{Client: &http.Client{Transport: s}, Now: c.now, Sleep: c.sleep},
		URL:     j.URL, Projects: []string{"CHG", "PAY"}, Token: token(),
	}
	if j.cloud {
		o.Email = "bot@acme.example"
	}
	b, err := tracker.NewJira(o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// show is an issue with a state of its.
func (i *fakeIssue) show(s fakeState) map[string]any {
	return map[string]any{"id": "1" + i.key[4:], "key": i.key, "fields": map[string]any{
		"status":  map[string]any{"name": s.status, "statusCategory": map[string]string{"key": s.status}},
		"created": i.created.Format("2006-01-02T15:04:05.000-0700"), "labels": s.labels, "description": s.description, "summary": s.summary,
	}}
}

var fakeJQL = regexp.MustCompile(`^project in \("CHG", "PAY"\) AND labels = "curfew" AND \(labels = "([a-z0-9-]+)" OR statusCategory != Done OR created >= -2d\) ORDER BY created ASC, key ASC$`)

func (j *jiraSide) search(w http.ResponseWriter, r *http.Request) {
	var q struct {
		JQL        string   `json:"jql"`
		MaxResults int      `json:"maxResults"`
		Fields     []string `json:"fields"`
		Token      string   `json:"nextPageToken"`
		StartAt    int      `json:"startAt"`
	}
	m := fakeJQL.FindStringSubmatch(jsonInto(r, &q).JQL)
	if m == nil || len(q.Fields) == 0 {
		refuse(w, 400, "what does "+q.JQL+" mean?")
		return
	}
	seen := j.clock.now().Add(-j.lag)
	found := []map[string]any{}
	for _, i := range j.issues {
		var was *fakeState
		for n := range i.states {
			if !i.states[n].at.After(seen) {
				was = &i.states[n]
			}
		}
		if was != nil && (slices.Contains(was.labels, m[1]) || was.status != "done" || i.created.After(seen.Add(-48*time.Hour))) {
			found = append(found, i.show(*was))
		}
	}
	const pages = 2 // small, so that there are several
	from, _ := strconv.Atoi(strings.TrimPrefix(q.Token, "after-"))
	if !j.cloud {
		from = q.StartAt
	}
	to := min(from+pages, len(found))
	page := map[string]any{"issues": found[min(from, to):to]}
	if !j.cloud {
		page["total"] = len(found)
	} else if to < len(found) {
		page["nextPageToken"] = fmt.Sprintf("after-%d", to)
	}
	answer(w, 200, page)
}

// jsonInto reads a body.
func jsonInto[T any](r *http.Request, v *T) *T {
	if err := json.Unmarshal(readAll(r), v); err != nil {
		panic(http.ErrAbortHandler)
	}
	return v
}

// fits reports whether a text is in the form that this Jira takes.
func (j *jiraSide) fits(text json.RawMessage) bool {
	var s string
	isString := json.Unmarshal(text, &s) == nil
	return isString != j.cloud && len(text) < 40_000
}

func (j *jiraSide) create(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Fields struct {
			Project     struct{ Key string }
			IssueType   struct{ Name string }
			Summary     string
			Description json.RawMessage
			Labels      []string
			DueDate     *string
		}
	}
	f := &jsonInto(r, &q).Fields
	if !j.dated(w, f.DueDate) {
		return
	}
	bad := slices.ContainsFunc(f.Labels, func(l string) bool { return strings.ContainsAny(l, " ") })
	if f.Project.Key != "PAY" || f.IssueType.Name != "Task" || f.Summary == "" || len(f.Summary) > 255 || bad || !j.fits(f.Description) {
		refuse(w, 400, "a field is wrong")
		return
	}
	at := j.clock.now()
	i := &fakeIssue{key: fmt.Sprintf("PAY-%d", len(j.issues)+1), created: at}
	i.states = []fakeState{{at: at, status: "new", summary: f.Summary, description: f.Description, labels: f.Labels}}
	if f.DueDate != nil {
		i.states[0].due = *f.DueDate
	}
	j.issues = append(j.issues, i)
	answer(w, 201, map[string]string{"id": "1", "key": i.key, "self": j.URL})
}

// dated refuses due dates where the screens have none, and those that are no dates.
func (j *jiraSide) dated(w http.ResponseWriter, due *string) bool {
	const why = "Field 'duedate' cannot be set. It is not on the appropriate screen, or unknown."
	switch {
	case due == nil:
		return true
	case !j.cloud:
		answer(w, 400, map[string]any{"errorMessages": []string{}, "errors": map[string]string{"duedate": why}})
		return false
	}
	if _, err := time.Parse(time.DateOnly, *due); err != nil {
		refuse(w, 400, "no date")
		return false
	}
	return true
}

func (j *jiraSide) find(w http.ResponseWriter, r *http.Request) *fakeIssue {
	for _, i := range j.issues {
		if i.key == r.PathValue("key") {
			return i
		}
	}
	refuse(w, 404, "Issue does not exist or you do not have permission to see it.")
	return nil
}

func (j *jiraSide) get(w http.ResponseWriter, r *http.Request) {
	if i := j.find(w, r); i != nil {
		answer(w, 200, i.show(i.now()))
	}
}

func (j *jiraSide) edit(w http.ResponseWriter, r *http.Request) {
	i := j.find(w, r)
	if i == nil {
		return
	}
	var q struct {
		Fields struct {
			Summary     string
			Description json.RawMessage
			Labels      []string
			DueDate     *string
		}
		Update struct {
			Comment []struct {
				Add struct{ Body json.RawMessage }
			}
		}
	}
	jsonInto(r, &q)
	if !j.dated(w, q.Fields.DueDate) {
		return
	}
	if q.Fields.Summary == "" || !j.fits(q.Fields.Description) {
		refuse(w, 400, "a field is wrong")
		return
	}
	i.change(j.clock.now(), func(s *fakeState) {
		s.summary, s.description, s.labels = q.Fields.Summary, q.Fields.Description, q.Fields.Labels
		if q.Fields.DueDate != nil {
			s.due = *q.Fields.DueDate
		}
		for _, c := range q.Update.Comment {
			s.comments = append(s.comments, c.Add.Body)
		}
	})
	w.WriteHeader(http.StatusNoContent)
}

// fakeFlow is a workflow: from each status to the others.
func fakeFlow(from string) map[string]string {
	all := map[string]map[string]string{
		"new":           {"11": "indeterminate", "20": "done", "21": "done"},
		"indeterminate": {"20": "done", "21": "done", "31": "new"},
		"done":          {"41": "new"},
	}
	return all[from]
}

// screens are what the transitions of this Jira ask for.
func (j *jiraSide) screen(id string) map[string]any {
	switch {
	case id == "20":
		return map[string]any{"customfield_10001": map[string]any{"required": true, "hasDefaultValue": false}}
	case id == "21" && !j.cloud:
		var allowed []any
		for _, name := range []string{"Cannot Reproduce", "fixed", "Won't Fix", "Duplicate"} {
			allowed = append(allowed, map[string]string{"id": "1", "name": name})
		}
		return map[string]any{"resolution": map[string]any{"required": true, "hasDefaultValue": false, "allowedValues": allowed}}
	}
	return map[string]any{"comment": map[string]any{"required": false}}
}

func (j *jiraSide) transitions(w http.ResponseWriter, r *http.Request) {
	i := j.find(w, r)
	if i == nil {
		return
	}
	all := []any{}
	flow := fakeFlow(i.now().status)
	for _, id := range slices.Sorted(maps.Keys(flow)) {
		t := map[string]any{"id": id, "name": "To " + flow[id], "to": map[string]any{"statusCategory": map[string]string{"key": flow[id]}}}
		if r.URL.Query().Get("expand") == "transitions.fields" {
			t["fields"] = j.screen(id)
		}
		all = append(all, t)
	}
	answer(w, 200, map[string]any{"transitions": all})
}

func (j *jiraSide) move(w http.ResponseWriter, r *http.Request) {
	i := j.find(w, r)
	if i == nil {
		return
	}
	var q struct {
		Transition struct{ ID string }
		Fields     struct{ Resolution struct{ Name string } }
	}
	id := jsonInto(r, &q).Transition.ID
	to, ok := fakeFlow(i.now().status)[id]
	resolution := q.Fields.Resolution.Name
	switch {
	case !ok:
		refuse(w, 400, "It seems that you have tried to perform an illegal workflow operation.")
	case id == "20":
		answer(w, 400, map[string]any{"errorMessages": []string{}, "errors": map[string]string{"customfield_10001": "Root cause is required."}})
	case (resolution != "") != (id == "21" && !j.cloud):
		answer(w, 400, map[string]any{"errorMessages": []string{}, "errors": map[string]string{"resolution": "Resolution is wrong here."}})
	default:
		i.change(j.clock.now(), func(s *fakeState) { s.status, s.resolution = to, resolution })
		w.WriteHeader(http.StatusNoContent)
	}
}

func (j *jiraSide) rows(t *testing.T) []row {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []row
	for _, i := range j.issues {
		s := i.now()
		text := string(s.description)
		m := ticket.ReadMemo(text)
		print, _ := ticket.ReadLabels(s.labels)
		if print != m.Root {
			t.Errorf("%s has another's memo", i.key)
		}
		if due := m.Since.Add(ticket.Term(m.Severity)).Format(time.DateOnly); j.cloud && !m.Digest && s.due != due {
			t.Errorf("%s is due on %q, not on %s", i.key, s.due, due)
		}
		if want := map[ticket.State]string{ticket.Closed: "fixed", ticket.Suppressed: "Won't Fix"}[m.State]; !j.cloud && want != "" && s.resolution != want && s.resolution != byHand {
			t.Errorf("%s is %s with the resolution %q, not %s", i.key, m.State, s.resolution, want)
		}
		out = append(out, row{m.Root, s.status != "done", m.State, m.Turn, s.summary, len(s.comments)})
	}
	return out
}

// byHand is the resolution of what a person closed.
const byHand = "by hand"

func (j *jiraSide) person(t *testing.T, fingerprint string) {
	t.Helper()
	for _, i := range j.issues {
		if slices.Contains(i.now().labels, ticket.RootLabel(fingerprint)) {
			i.change(j.clock.now().Add(-j.lag), func(s *fakeState) { s.status, s.resolution = "done", byHand })
		}
	}
}

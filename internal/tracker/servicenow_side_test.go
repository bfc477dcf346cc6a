package tracker_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/curfew-ci/curfew/internal/ticket"
	"github.com/curfew-ci/curfew/internal/tracker"
)

// serviceNowSide is a fake of ours, built from the documented Table API: it isn't ServiceNow.
type serviceNowSide struct {
	*httptest.Server
	clock  *clock
	mu     sync.Mutex
	table  []map[string]string
	notes  map[string]int
	quotes bool
}

func newServiceNowSide(t *testing.T, c *clock) side {
	s := &serviceNowSide{clock: c, notes: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/now/table/incident", s.list)
	mux.HandleFunc("POST /api/now/table/incident", s.create)
	mux.HandleFunc("GET /api/now/table/incident/{id}", s.get)
	mux.HandleFunc("PATCH /api/now/table/incident/{id}", s.patch)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		switch {
		case s.quotes:
			fail(w, 400, r.Header.Get("Authorization"))
		case r.Header.Get("Authorization") != "Bearer "+string(token().Reveal()):
			fail(w, 401, "User is not authenticated")
		default:
			mux.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *serviceNowSide) quote() { s.quotes = true }

func fail(w http.ResponseWriter, status int, why string) {
	answer(w, status, map[string]any{"error": map[string]string{"message": why, "detail": "no"}, "status": "failure"})
}

func (s *serviceNowSide) backend(t *testing.T, c *clock, st *steps) ticket.Backend {
	t.Helper()
	b, err := tracker.NewServiceNow(tracker.ServiceNowOptions{
		Options: tracker.Options{Client: &http.Client{Transport: st}, Now: c.now, Sleep: c.sleep},
		URL:     s.URL, Groups: []string{"PAY"}, Token: token(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var fakeQuery = regexp.MustCompile(`^correlation_idSTARTSWITHcurfew-\^correlation_display=([a-z0-9-]+)\^NQcorrelation_idSTARTSWITHcurfew-\^stateNOT IN6,7,8\^NQcorrelation_idSTARTSWITHcurfew-\^sys_created_on>=(\d{4}-\d\d-\d\d 00:00:00)\^ORDERBYsys_created_on\^ORDERBYsys_id$`)

func (s *serviceNowSide) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	m := fakeQuery.FindStringSubmatch(q.Get("sysparm_query"))
	if m == nil {
		fail(w, 400, "what does "+q.Get("sysparm_query")+" mean?")
		return
	}
	found := []map[string]string{}
	for _, row := range s.table {
		over := slices.Contains([]string{"6", "7", "8"}, row["state"])
		if row["correlation_display"] == m[1] || !over || row["sys_created_on"] >= m[2] {
			found = append(found, row)
		}
	}
	offset, _ := strconv.Atoi(q.Get("sysparm_offset"))
	limit, _ := strconv.Atoi(q.Get("sysparm_limit"))
	to := min(offset+limit, len(found))
	answer(w, 200, map[string]any{"result": found[min(offset, to):to]})
}

// take copies what a request sets into a row; journals are counted.
func (s *serviceNowSide) take(w http.ResponseWriter, r *http.Request, row map[string]string) bool {
	var fields map[string]string
	if err := json.Unmarshal(readAll(r), &fields); err != nil || len(fields["description"]) > 4000 || len(fields["short_description"]) > 160 {
		fail(w, 400, "a field is wrong")
		return false
	}
	for name, value := range fields {
		if name == "work_notes" {
			s.notes[row["sys_id"]]++
			continue
		}
		row[name] = value
	}
	if slices.Contains([]string{"6", "7"}, row["state"]) && (row["close_code"] == "" || row["close_notes"] == "") {
		fail(w, 403, "Data Policy Exception: Resolution code and notes are mandatory")
		return false
	}
	return true
}

func (s *serviceNowSide) create(w http.ResponseWriter, r *http.Request) {
	row := map[string]string{
		"sys_id": fmt.Sprintf("%032x", len(s.table)+1), "state": "1",
		"sys_created_on": s.clock.now().UTC().Format("2006-01-02 15:04:05"),
	}
	if r.URL.Query().Get("sysparm_input_display_value") != "true" || !s.take(w, r, row) {
		return
	}
	s.table = append(s.table, row)
	answer(w, 201, map[string]any{"result": row})
}

func (s *serviceNowSide) find(w http.ResponseWriter, r *http.Request) map[string]string {
	for _, row := range s.table {
		if row["sys_id"] == r.PathValue("id") {
			return row
		}
	}
	fail(w, 404, "No Record found")
	return nil
}

func (s *serviceNowSide) get(w http.ResponseWriter, r *http.Request) {
	if row := s.find(w, r); row != nil {
		answer(w, 200, map[string]any{"result": row})
	}
}

func (s *serviceNowSide) patch(w http.ResponseWriter, r *http.Request) {
	if row := s.find(w, r); row != nil && s.take(w, r, row) {
		answer(w, 200, map[string]any{"result": row})
	}
}

func (s *serviceNowSide) rows(t *testing.T) []row {
	t.Helper()
	var out []row
	for _, r := range s.table {
		m := ticket.ReadMemo(r["description"])
		if ticket.RootLabel(m.Root) != r["correlation_id"] {
			t.Errorf("%s has another's memo", r["sys_id"])
		}
		out = append(out, row{m.Root, r["state"] < "6", m.State, m.Turn, r["short_description"], s.notes[r["sys_id"]]})
	}
	return out
}

func (s *serviceNowSide) person(_ *testing.T, fingerprint string) {
	for _, r := range s.table {
		if r["correlation_id"] == ticket.RootLabel(fingerprint) {
			r["state"], r["close_code"], r["close_notes"] = "7", "Solution provided", "by hand"
		}
	}
}

package tracker_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// changeServiceNow is a fake of ours of the little of ServiceNow that proves change requests, built from the documented
// Table API: it isn't ServiceNow. As there, a condition on what the user may not read is left out without a word.
type changeServiceNow struct {
	*httptest.Server
	with http.HandlerFunc // answers in its place, where it is set

	mu        sync.Mutex
	at        time.Time
	changes   []map[string]string
	approvals []map[string]string
	journal   []map[string]string
	hidden    string         // a field that the user may not read
	shows     map[string]int // of a table, how many rows at most
	uncounted bool           // how many rows there are isn't said
}

const changeID, otherID = "c0000000000000000000000000000001", "c0000000000000000000000000000002"

// users are names by their sys_ids.
func users() map[string]string {
	return map[string]string{strings.Repeat("a", 32): "anna.smith", strings.Repeat("b", 32): "bea.jones", strings.Repeat("d", 32): "mallory"}
}

func startChangeServiceNow(t *testing.T) *changeServiceNow {
	t.Helper()
	s := &changeServiceNow{at: start, shows: map[string]int{}}
	for id, number := range map[string]string{changeID: "CHG0030001", otherID: "CHG0030002"} {
		s.changes = append(s.changes, map[string]string{
			"sys_id": id, "number": number, "state": "-2|Approved", "approval": "approved", "on_hold": "false", "assignment_group": "f00|Web",
		})
	}
	mux := http.NewServeMux()
	for table, rows := range map[string]func() []map[string]string{
		"change_request": func() []map[string]string { return s.changes }, "sysapproval_approver": func() []map[string]string { return s.approvals },
		"sys_journal_field": func() []map[string]string { return s.journal },
	} {
		mux.HandleFunc("GET /api/now/table/"+table, func(w http.ResponseWriter, r *http.Request) { s.send(w, r, table, rows()) })
	}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		switch {
		case r.Header.Get("Authorization") != "Bearer "+string(token().Reveal()):
			fail(w, 401, "User is not authenticated")
		case s.with != nil:
			s.with(w, r)
		default:
			mux.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *changeServiceNow) stamp() string { return s.at.UTC().Format("2006-01-02 15:04:05") }

// approve writes an approval of somebody's, or changes his; by is who writes it. It returns the row's id.
func (s *changeServiceNow) approve(change, who, state, by string) string {
	s.at = s.at.Add(time.Minute)
	id := "e" + strings.Repeat("0", 30) + strconv.Itoa(len(s.approvals))
	s.approvals = append(s.approvals, map[string]string{
		"sys_id": id, "sysapproval": change, "approver": who, "approver.user_name": users()[who], "state": state,
		"sys_updated_on": s.stamp(), "sys_updated_by": by,
	})
	return id
}

// note writes into a journal.
func (s *changeServiceNow) note(of, by, text string) {
	s.at = s.at.Add(time.Minute)
	s.journal = append(s.journal, map[string]string{
		"element_id": of, "element": "comments", "value": text, "sys_created_by": by, "sys_created_on": s.stamp(),
	})
}

func (s *changeServiceNow) send(w http.ResponseWriter, r *http.Request, table string, all []map[string]string) {
	q := r.URL.Query()
	if q.Get("sysparm_display_value") != "all" || q.Get("sysparm_exclude_reference_link") != "true" {
		fail(w, 400, "which values?")
		return
	}
	found := []map[string]string{}
	for _, row := range all {
		if s.meets(row, q.Get("sysparm_query")) {
			found = append(found, row)
		}
	}
	if !s.uncounted {
		w.Header().Set("X-Total-Count", strconv.Itoa(len(found)))
	}
	if most, bound := s.shows[table]; bound {
		found = found[:min(most, len(found))]
	}
	said := []map[string]any{}
	for _, row := range found {
		shown := map[string]any{}
		for _, field := range strings.Split(q.Get("sysparm_fields"), ",") {
			value, display, both := strings.Cut(row[field], "|")
			if field == s.hidden {
				value, display = "", ""
			}
			if !both {
				display = value
			}
			shown[field] = map[string]string{"value": value, "display_value": display}
		}
		said = append(said, shown)
	}
	answer(w, 200, map[string]any{"result": said})
}

// meets reports whether a row meets a query of conditions that are joined by "^".
func (s *changeServiceNow) meets(row map[string]string, query string) bool {
	for _, condition := range strings.Split(query, "^") {
		field, list, in := strings.Cut(condition, "IN")
		if !in {
			field, list, _ = strings.Cut(condition, "=")
		}
		if field == s.hidden {
			continue
		}
		value, _, _ := strings.Cut(row[field], "|")
		if !slices.Contains(strings.Split(list, ","), value) {
			return false
		}
	}
	return true
}

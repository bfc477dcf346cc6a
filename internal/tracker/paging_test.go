package tracker_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/ticket"
	"github.com/curfew-ci/curfew/internal/tracker"
)

// listed is how many tickets a tracker lists whose server answers by handle.
func listed(t *testing.T, make func(tracker.Options, string) (ticket.Backend, error), handle http.HandlerFunc) (int, error) {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	c := &clock{at: start}
	b, err := make(tracker.Options{Client: server.Client(), Now: c.now, Sleep: c.sleep}, server.URL)
	if err != nil {
		t.Fatal(err)
	}
	all, err := b.List(t.Context(), ticket.RepositoryLabel(repository))
	return len(all), err
}

// jira makes one of Jira Cloud where email is set, otherwise one of Data Center.
func jira(email string) func(o tracker.Options, url string) (ticket.Backend, error) {
	return func(o tracker.Options, url string) (ticket.Backend, error) {
		return tracker.NewJira(tracker.JiraOptions{Options: o, URL: url, Projects: []string{"PAY"}, Email: email, Token: token()})
	}
}

// TestListCutShort: a list that ends before it is over isn't taken for all there is: what it lacks would be created once
// more.
func TestListCutShort(t *testing.T) {
	const issue = `{"key": "PAY-1", "fields": {"created": "2026-11-28T12:00:00.000+0000", "status": {"statusCategory": {"key": "new"}}}}`
	for name, tt := range map[string]struct{ email, answer string }{
		"the same page again":          {"a@example.com", `{"issues": [` + issue + `], "nextPageToken": "again"}`},
		"an empty page before the end": {"", `{"issues": [], "total": 3}`},
		"no issues at all":             {"a@example.com", `{}`},
		"no issues and no total":       {"", `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			n, err := listed(t, jira(tt.email), func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, tt.answer) })
			if err == nil || !strings.Contains(err.Error(), "list tickets: ") {
				t.Errorf("%d tickets, %v", n, err)
			}
		})
	}
}

// TestListMoves: Data Center's pages go by numbers, so that an issue that leaves the list while it is read shifts all after
// it. None is missed for that, and a list that doesn't come to rest isn't taken for all there is.
func TestListMoves(t *testing.T) {
	issue := func(i int) string {
		return fmt.Sprintf(`{"key": "PAY-%d", "fields": {"created": "2026-11-28T12:00:00.000+0000", "status": {"statusCategory": {"key": "new"}}, "labels": ["curfew-%032x"]}}`, i, i)
	}
	handle := func(moves func(request int) bool) http.HandlerFunc {
		requests, first := 0, 0
		return func(w http.ResponseWriter, r *http.Request) {
			requests++
			if moves(requests) {
				first++ // the first issue leaves, and another comes at the end: their number stays the same
			}
			var q struct{ StartAt int }
			jsonInto(r, &q)
			const total = 7
			var page []string
			for i := q.StartAt; i < min(q.StartAt+3, total); i++ {
				page = append(page, issue(first+i+1))
			}
			fmt.Fprintf(w, `{"issues": [%s], "total": %d}`, strings.Join(page, ", "), total)
		}
	}
	for name, moves := range map[string]func(int) bool{
		"never": func(int) bool { return false }, "once": func(n int) bool { return n == 2 }, "twice": func(n int) bool { return n == 2 || n == 5 },
	} {
		if n, err := listed(t, jira(""), handle(moves)); n != 7 || err != nil {
			t.Errorf("moves %s: %d tickets, %v", name, n, err)
		}
	}
	if n, err := listed(t, jira(""), handle(func(int) bool { return true })); err == nil || !strings.Contains(err.Error(), "run it again") {
		t.Errorf("moves always: %d tickets, %v", n, err)
	}
}

// TestRowsHidden: ServiceNow takes rows that the user may not read out of a page after it has cut it, so a page that is
// short, or empty, isn't the last for that.
func TestRowsHidden(t *testing.T) {
	row := func(i int) string {
		return fmt.Sprintf(`{"sys_id": "%d", "state": "1", "sys_created_on": "2026-11-28 12:00:00", "correlation_id": "curfew-%032x"}`, i, i)
	}
	const total = 450
	handle := func(counts bool) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			offset, _ := strconv.Atoi(r.URL.Query().Get("sysparm_offset"))
			var rows []string
			for i := offset; i < min(offset+200, total); i++ {
				if i >= 200 && i != 250 { // all of the first page is hidden, and one of the second
					rows = append(rows, row(i))
				}
			}
			if counts {
				w.Header().Set("X-Total-Count", strconv.Itoa(total))
			}
			fmt.Fprintf(w, `{"result": [%s]}`, strings.Join(rows, ", "))
		}
	}
	serviceNow := func(o tracker.Options, url string) (ticket.Backend, error) {
		return tracker.NewServiceNow(tracker.ServiceNowOptions{Options: o, URL: url, Groups: []string{"PAY"}, Token: token()})
	}
	if n, err := listed(t, serviceNow, handle(true)); n != 249 || err != nil {
		t.Errorf("%d tickets, %v", n, err)
	}
	if n, err := listed(t, serviceNow, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{}`) }); err == nil {
		t.Errorf("%d tickets of an answer that has no list", n)
	}
}

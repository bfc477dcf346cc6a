package tracker_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/ticket"
	"github.com/curfew-ci/curfew/internal/tracker"
)

// TestJiraResolution: where a workflow asks for a resolution that has a name of its own, the user says which; without
// that the sync stops, with those that there are.
func TestJiraResolution(t *testing.T) {
	for name, want := range map[string]string{
		"":                 "",
		"cannot reproduce": "",
		"Solved":           "the transition asks for a resolution, and has none of Solved: name one of its own by --jira-resolution: Cannot Reproduce, fixed, Won't Fix, Duplicate",
	} {
		c := &clock{at: start}
		on := newJiraSide(t, c, false).(*jiraSide)
		b, err := tracker.NewJira(tracker.JiraOptions{
			Options: tracker.Options{Client: http.DefaultClient, Now: c.now, Sleep: c.sleep},
			URL:     on.URL, Projects: []string{"CHG", "PAY"}, Token: token(), Resolution: name,
		})
		if err != nil {
			t.Fatal(err)
		}
		sync := func(found ...finding.Finding) error {
			_, err := ticket.Sync(t.Context(), b, input(t, result(found...)), ticket.Clock{Now: c.now, Sleep: c.sleep}, func(ticket.Change) {})
			return err
		}
		if err := sync(secret("A", finding.High)); err != nil {
			t.Fatal(err)
		}
		c.set(start.Add(time.Hour)) // by then its search shows what was made
		err = sync()
		if got := fmt.Sprint(err); want == "" && err != nil || !strings.Contains(got, want) {
			t.Errorf("%q: %v", name, err)
		}
		if got := on.issues[0].now().resolution; want == "" && name != "" && !strings.EqualFold(got, name) {
			t.Errorf("%q: closed with %q", name, got)
		}
	}
}

package github

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// TestSchedule proves a tick only where GitHub, the workflow at its commit and the token say the same.
func TestSchedule(t *testing.T) {
	const path = ".github/workflows/nightly.yml"
	workflow := func(src string) func(p *place) {
		return func(p *place) {
			files := webFiles()
			files[path] = src
			p.claims["workflow_sha"] = p.g.Commit(webID, "other", "bob", files)
		}
	}
	start := func(event string, attempt int, created time.Duration) func(p *place) {
		return func(p *place) { p.g.Start(webID, runID, attempt, p.web, event, "alice", p.now.Add(created)) }
	}
	for name, tt := range map[string]struct {
		alter func(p *place)
		want  string // of the error; "" for a proof, "none" for neither
	}{
		"as it should":          {func(*place) {}, ""},
		"another event":         {func(p *place) { p.claims["event_name"] = "push" }, "none"},
		"re-run":                {func(p *place) { p.claims["run_attempt"] = "2" }, "another than the first attempt"},
		"GitHub says otherwise": {start("workflow_dispatch", 1, -20*time.Minute), "expected a schedule"},
		"too early":             {start("schedule", 1, -40*time.Minute), "no tick in the window"},
		"to come":               {start("schedule", 1, time.Hour), "isn't known"},
		"two schedules":         {workflow(strings.Replace(nightly, "[{", `[{ cron: "0 3 * * *" }, {`, 1)), "has 2 schedules"},
		"no schedule":           {workflow(strings.Replace(nightly, "schedule: [{ cron: \"30 11 * * *\" }]", "push: {}", 1)), "has 0 schedules"},
		"a timezone":            {workflow(strings.Replace(nightly, "* * *\" }", "* * *\", timezone: Europe/London }", 1)), "has a timezone"},
		"a broken workflow":     {workflow("on: ["), "without doubt"},
		"no workflow":           {func(p *place) { p.claims["workflow_ref"] = "acme/web/.github/workflows/none.yml@refs/heads/main" }, "file does not exist"},
		"another repository's":  {func(p *place) { p.claims["workflow_ref"] = "mallory/web/" + path + "@refs/heads/main" }, "which workflow"},
		"a workflow that climbs": {func(p *place) {
			p.claims["workflow_ref"] = "acme/web/.github/workflows/../../evil.yml@refs/heads/main"
		}, "which workflow"},
		"a workflow of a branch": {func(p *place) { p.claims["workflow_sha"] = "main" }, "which workflow"},
		"another commit's":       {func(p *place) { p.claims["workflow_sha"] = strings.Repeat("ab", 20) }, "404"},
		"runs can't be read": {func(p *place) {
			p.answers("/attempts/1", says(http.StatusForbidden, "{}"))
		}, "actions: read"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			p.claims["event_name"], p.claims["workflow_ref"] = "schedule", "acme/web/"+path+"@refs/heads/main"
			p.g.Start(webID, runID, 1, p.web, "schedule", "alice", p.now.Add(-20*time.Minute))
			tt.alter(p)
			got, err := p.governance().Schedule().Prove(t.Context(), issuance.Case{
				Who: p.who(), Now: p.now,
				Trigger: manifest.Trigger{Schedule: &manifest.ScheduleTrigger{Cron: "30 11 * * *", Window: manifest.Duration(time.Hour)}},
			})
			switch {
			case tt.want == "none" && (err != nil || got != nil):
				t.Errorf("got %v, %v, want nothing", got, err)
			case tt.want == "" && (err != nil || len(got) != 1 || !got[0].Schedule.Due.Equal(p.now.Add(-30*time.Minute))):
				t.Errorf("got %v, %v", got, err)
			case tt.want != "" && tt.want != "none" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, %v, want %q", got, err, tt.want)
			}
		})
	}
}

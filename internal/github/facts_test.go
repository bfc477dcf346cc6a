package github

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/manifest"
)

// TestUnknown: what can't be found out of the run and the people stays unknown, and it is told why.
func TestUnknown(t *testing.T) {
	other := strings.Repeat("ab", 20)
	run := func(change string, to any) string {
		said := map[string]any{
			"id": runID, "run_attempt": 1, "head_sha": "SHA", "event": "push", "triggering_actor": map[string]any{"login": "alice"},
			"repository": map[string]any{"id": webID},
		}
		said[change] = to
		src, _ := json.Marshal(said) //nolint:errchkjson // of the test's own making
		return string(src)
	}
	const runs, oncall = "/attempts/1", "/teams/oncall/members"
	for name, tt := range map[string]struct {
		end, body    string
		status       int
		want         string
		actor, write bool // are known
		teams        int
	}{
		"no right to runs":         {runs, `{"message":"Resource not accessible"}`, 403, `"actions: read" on acme/web`, false, true, 2},
		"another run":              {runs, run("id", 1), 200, `about the run "1"`, false, true, 2},
		"another attempt":          {runs, run("run_attempt", 2), 200, `about the attempt "2"`, false, true, 2},
		"another repository's run": {runs, run("repository", map[string]any{"id": 1}), 200, `about the repository "1"`, false, true, 2},
		"another commit's run":     {runs, run("head_sha", other), 200, `about the commit "` + other, false, true, 2},
		"nobody started it":        {runs, run("triggering_actor", nil), 200, "names nobody", false, true, 2},
		"an actor who is a text":   {runs, run("triggering_actor", map[string]any{"login": "zoe\n@bob"}), 200, "names nobody", false, true, 2},
		"no account wrote it":      {"/commits/TIP", `{"sha":"TIP","author":null}`, 200, "of no account", true, false, 2},
		"another commit's author":  {"/commits/TIP", `{"sha":"` + other + `","author":{"login":"zoe"}}`, 200, "about commit", true, false, 2},
		"no right to teams":        {oncall, `{"message":"Not Found"}`, 404, `"members: read" on the organisation acme`, true, true, 1},
		"members who are no users": {oncall, `[{"login":"a b"}]`, 200, "is no user's name", true, true, 1},
		"a team without end":       {oncall, "[" + strings.TrimSuffix(strings.Repeat(`{"login":"a"},`, 100), ",") + "]", 200, "more members than are read", true, true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			end, body := strings.ReplaceAll(tt.end, "TIP", p.web), strings.ReplaceAll(strings.ReplaceAll(tt.body, "TIP", p.web), "SHA", p.web)
			p.g.Answer = func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasSuffix(r.URL.Path, end) || strings.Contains(r.URL.Path, "/git/") {
					return false
				}
				says(tt.status, body)(w, r)
				return true
			}
			got, err := p.governance().Rules(t.Context(), p.who(), "")
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Unknown) != 1 || !strings.Contains(got.Unknown[0].Error(), tt.want) {
				t.Errorf("unknown: %v, want %q", got.Unknown, tt.want)
			}
			f := got.Facts
			if (f.Run.TriggeringActor != "") != tt.actor || (f.Run.ChangeAuthor != "") != tt.write || len(f.Members) != tt.teams {
				t.Errorf("facts: %+v, members %v", f.Run, f.Members)
			}
		})
	}
}

// TestTeamsOfOthers: another organisation's team has no say, whatever it is called.
func TestTeamsOfOthers(t *testing.T) {
	p := newPlace(t)
	p.g.Team("mallory/oncall", "mallory")
	files := webFiles()
	files[manifest.Path] = strings.Replace(rulesText, "@acme/oncall", "@mallory/oncall", 1)
	p.g.Commit(webID, "main", "bob", files)
	got, err := p.governance().Rules(t.Context(), p.who(), "")
	if err != nil || len(got.Unknown) != 1 {
		t.Fatalf("unknown %v, %v", got.Unknown, err)
	}
	if diff := cmp.Diff([]string{"@acme/appsec"}, slices.Collect(maps.Keys(got.Facts.Members))); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
}

// TestLargeTeam: all pages count.
func TestLargeTeam(t *testing.T) {
	p := newPlace(t)
	var users []string
	for i := range 250 {
		users = append(users, fmt.Sprintf("u%d", i))
	}
	p.g.Team("acme/oncall", users...)
	got, err := p.governance().Rules(t.Context(), p.who(), "")
	if n := len(got.Facts.Members["@acme/oncall"]); err != nil || n != 250 {
		t.Errorf("%d members, %v", n, err)
	}
}

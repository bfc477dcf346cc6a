package tracker_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/github"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/testservers"
	"github.com/curfew-ci/curfew/internal/ticket"
)

const shop = 42 // the repository's id

// githubSide is testservers' fake of GitHub, which is held to GitHub's own description. Its lists lag.
type githubSide struct{ *testservers.GitHub }

func newGitHubSide(t *testing.T, c *clock) side {
	g := testservers.StartGitHub(t)
	g.Token, g.Now, g.Lag = string(token().Reveal()), c.now, 5*time.Second
	g.Host(shop, repository, 1)
	return &githubSide{g}
}

func (g *githubSide) quote() {
	g.Answer = func(w http.ResponseWriter, r *http.Request) bool {
		answer(w, http.StatusBadRequest, map[string]string{"message": "bad " + r.Header.Get("Authorization")})
		return true
	}
}

func (g *githubSide) backend(t *testing.T, c *clock, s *steps) ticket.Backend {
	t.Helper()
	client, err := github.New(github.Config{API: g.API(), Token: redact.New([]byte(g.Token)), Wire: s, Now: c.now, Sleep: c.sleep})
	if err != nil {
		t.Fatal(err)
	}
	b, err := github.NewIssues(client, github.IssuesOptions{Repository: repository})
	if err != nil {
		t.Fatal(err)
	}
	return placed{b}
}

// placed takes tickets where the story, whose projects are Jira's, has no place for them.
type placed struct{ *github.Issues }

func (p placed) Create(ctx context.Context, d ticket.Draft) (string, error) {
	d.Project = ""
	return p.Issues.Create(ctx, d)
}

func (g *githubSide) rows(t *testing.T) []row {
	t.Helper()
	var out []row
	for _, i := range g.Issues(shop) {
		m := ticket.ReadMemo(i.Body)
		if print, _ := ticket.ReadLabels(i.Labels); print != m.Root {
			t.Errorf("#%d has another's memo", i.Number)
		}
		if m.State == ticket.Closed != (i.Reason == "completed") || m.State == ticket.Suppressed != (i.Reason == "not_planned") {
			t.Errorf("#%d is %s, for the reason %q", i.Number, m.State, i.Reason)
		}
		out = append(out, row{m.Root, i.Open, m.State, m.Turn, i.Title, len(i.Comments)})
	}
	return out
}

func (g *githubSide) person(t *testing.T, fingerprint string) {
	t.Helper()
	for _, i := range g.Issues(shop) {
		if slices.Contains(i.Labels, ticket.RootLabel(fingerprint)) {
			g.Touch(shop, i.Number, func(s *testservers.Issue) { s.Open, s.Reason = false, "completed" })
		}
	}
}

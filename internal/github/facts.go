package github

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/manifest"
)

const (
	maxTeams   = 20
	pageSize   = 100
	maxMembers = 50 * pageSize // of a team
)

// validLogin is a user's, an app's with its brackets.
var validLogin = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*(\[bot\])?$`)

// facts finds what is known of the run and the people around it. What can't be found out is told in r.Unknown.
func (g *Governance) facts(ctx context.Context, repo *repository, of job, r *issuance.Rules) {
	run := &manifest.Run{}
	r.Facts.Run = run
	if at, err := g.attempt(ctx, repo, of); err != nil {
		r.Unknown = append(r.Unknown, fmt.Errorf("who started this attempt of the run: %w", err))
	} else {
		run.TriggeringActor = "@" + at.Actor.Login
	}
	author, err := g.author(ctx, repo, of.sha)
	if err != nil {
		r.Unknown = append(r.Unknown, fmt.Errorf("%w: %w", issuance.ErrChangeAuthor, err))
	}
	run.ChangeAuthor = author
	for _, team := range teams(r.Manifest) {
		members, err := g.members(ctx, repo, team)
		if err != nil {
			r.Unknown = append(r.Unknown, fmt.Errorf("who is in %s: %w", team, err))
			continue
		}
		if r.Facts.Members == nil {
			r.Facts.Members = map[string][]string{}
		}
		r.Facts.Members[team] = members
	}
}

// attempt is one of a run, as GitHub has it.
type attempt struct {
	ID         int64     `json:"id"`
	Attempt    int64     `json:"run_attempt"`
	SHA        string    `json:"head_sha"`
	Event      string    `json:"event"`
	Created    time.Time `json:"created_at"`     // the run, by the first attempt
	Started    time.Time `json:"run_started_at"` // this attempt
	Actor      user      `json:"triggering_actor"`
	Repository struct {
		ID int64 `json:"id"`
	} `json:"repository"`
}

// attempt finds the one that the token is of. What of it the token proves must agree.
func (g *Governance) attempt(ctx context.Context, repo *repository, of job) (*attempt, error) {
	return kept(g, "attempt "+repo.FullName+" "+of.run+" "+of.attempt, func() (*attempt, error) {
		var a attempt
		q := question{path: "repos/%s/actions/runs/%s/attempts/%s", args: []string{repo.FullName, of.run, of.attempt}, need: "actions: read", at: repo.FullName}
		if err := g.client.ask(ctx, q, &a); err != nil {
			return nil, err
		}
		for _, pair := range []struct{ what, got, want string }{
			{"run", strconv.FormatInt(a.ID, 10), of.run},
			{"attempt", strconv.FormatInt(a.Attempt, 10), of.attempt},
			{"repository", strconv.FormatInt(a.Repository.ID, 10), of.project},
			{"commit", a.SHA, of.sha},
		} {
			if pair.got != pair.want {
				return nil, fmt.Errorf("GET /%s: the answer is about the %s %q, and the token is of %s", q.url(), pair.what, pair.got, pair.want)
			}
		}
		if !validLogin.MatchString(a.Actor.Login) {
			return nil, fmt.Errorf("GET /%s: the answer names nobody who started it", q.url())
		}
		return &a, nil
	})
}

// author is the account that GitHub takes a commit's author for.
func (g *Governance) author(ctx context.Context, repo *repository, sha string) (string, error) {
	return kept(g, "author "+repo.FullName+" "+sha, func() (string, error) {
		var said struct {
			SHA    string `json:"sha"`
			Author *struct {
				Login string `json:"login"`
			} `json:"author"`
		}
		// One file of the change a page, as none is wanted.
		q := question{path: "repos/%s/commits/%s?per_page=1", args: []string{repo.FullName, sha}, need: needContents, at: repo.FullName}
		if err := g.client.ask(ctx, q, &said); err != nil {
			return "", err
		}
		switch {
		case said.SHA != sha:
			return "", fmt.Errorf("GET /%s: the answer is about commit %q", q.url(), said.SHA)
		case said.Author == nil || !validLogin.MatchString(said.Author.Login):
			return "", fmt.Errorf("GET /%s: the author's e-mail address is of no account: add it to one", q.url())
		}
		return "@" + said.Author.Login, nil
	})
}

// teams lists those whose members a decision may ask for: who may break the glass, and who reviews that.
func teams(f issuance.File) []string {
	m, _ := manifest.Parse(f.Path, f.Src)
	if m == nil {
		return nil
	}
	found := map[string]bool{}
	for _, entry := range m.BreakGlass {
		for _, handle := range append(slices.Clone(entry.Activators), entry.Review.By) {
			if strings.Contains(handle, "/") {
				found[handle] = true
			}
		}
	}
	all := slices.Sorted(maps.Keys(found))
	return all[:min(len(all), maxTeams)]
}

// members lists the users of a team, "@organization/team", of the organisation that owns the repository.
func (g *Governance) members(ctx context.Context, repo *repository, team string) ([]string, error) {
	org, slug, _ := strings.Cut(strings.TrimPrefix(team, "@"), "/")
	if err := checkTeam(org, slug, repo.Owner.Login); err != nil {
		return nil, err
	}
	names := []string{}
	for page := 1; len(names) < maxMembers; page++ {
		var users []struct {
			Login string `json:"login"`
		}
		q := question{
			path: fmt.Sprintf("orgs/%%s/teams/%%s/members?per_page=%d&page=%d", pageSize, page),
			args: []string{org, slug}, need: "members: read", at: "the organisation " + org + " (GITHUB_TOKEN never has it: that of a GitHub App can)",
		}
		if err := g.client.ask(ctx, q, &users); err != nil {
			return nil, err
		}
		for _, u := range users {
			if !validLogin.MatchString(u.Login) {
				return nil, fmt.Errorf("GET /%s: %q is no user's name", q.url(), u.Login)
			}
			names = append(names, "@"+u.Login)
		}
		if len(users) < pageSize {
			return names, nil
		}
	}
	return nil, errors.New("the team has more members than are read: name a smaller one")
}

// checkTeam holds a team to the organisation that owns the repository: a token can't see another's.
func checkTeam(org, slug, owner string) error {
	if !strings.EqualFold(org, owner) || !validName.MatchString(slug) {
		return fmt.Errorf("the team isn't one of %s, which owns the repository", owner)
	}
	return nil
}

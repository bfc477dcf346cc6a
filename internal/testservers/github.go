package testservers

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// GitHub is a fake of the little of GitHub's REST API that leases ask for, under an Enterprise Server's path: what
// GitHub documents of repositories, refs, the git database, commits, runs and teams. It is not GitHub: nobody's
// permissions but the one token's are looked at. Objects have git's real ids.
type GitHub struct {
	*httptest.Server
	Token string // the one that it takes
	// Answer, where it is set, comes first; it reports whether it has answered.
	Answer func(w http.ResponseWriter, r *http.Request) bool

	mu      sync.Mutex
	asked   []string
	repos   map[int64]*hosted
	runs    map[string]map[string]any // by "repository id/run/attempt"
	teams   map[string][]string       // by "organisation/slug"
	objects map[string][]byte         // blobs, by id
	trees   map[string][]map[string]any
	commits map[string]commit
}

// hosted is a repository.
type hosted struct {
	id, owner     int64
	name          string // OWNER/NAME
	defaultBranch string
	branches      map[string]string // to commits
}

type commit struct {
	repo         int64
	tree, author string
}

// StartGitHub starts one without repositories.
func StartGitHub(tb testing.TB) *GitHub {
	tb.Helper()
	g := &GitHub{
		Token: "api-" + rand.Text(), repos: map[int64]*hosted{}, runs: map[string]map[string]any{}, teams: map[string][]string{},
		objects: map[string][]byte{}, trees: map[string][]map[string]any{}, commits: map[string]commit{},
	}
	mux := http.NewServeMux()
	for pattern, handle := range map[string]func(http.ResponseWriter, *http.Request, *hosted){
		"":                                     g.sendRepository,
		"/git/ref/heads/{branch...}":           g.sendRef,
		"/git/commits/{sha}":                   g.sendGitCommit,
		"/git/trees/{sha}":                     g.sendTree,
		"/git/blobs/{sha}":                     g.sendBlob,
		"/commits/{sha}":                       g.sendCommit,
		"/actions/runs/{run}/attempts/{which}": g.sendRun,
	} {
		mux.HandleFunc("GET /api/v3/repos/{owner}/{name}"+pattern, func(w http.ResponseWriter, r *http.Request) {
			handle(w, r, g.named(r.PathValue("owner")+"/"+r.PathValue("name")))
		})
		mux.HandleFunc("GET /api/v3/repositories/{id}"+pattern, func(w http.ResponseWriter, r *http.Request) {
			id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64) // 0 is nobody's
			handle(w, r, g.repos[id])
		})
	}
	mux.HandleFunc("GET /api/v3/orgs/{org}/teams/{slug}/members", g.sendMembers)
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.serve(tb, mux, w, r) }))
	tb.Cleanup(g.Close)
	return g
}

// API is what a job finds in GITHUB_API_URL.
func (g *GitHub) API() string { return g.URL + "/api/v3" }

// Asked lists the requests so far: "/repos/acme/web", with the query.
func (g *GitHub) Asked() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]string(nil), g.asked...)
}

func (g *GitHub) serve(tb testing.TB, next http.Handler, w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	g.asked = append(g.asked, strings.TrimPrefix(r.URL.RequestURI(), "/api/v3"))
	answer := g.Answer
	g.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer "+g.Token {
		tb.Errorf("%s %s came without the token", r.Method, r.URL.Path)
		refuse(w, http.StatusUnauthorized)
		return
	}
	if answer != nil && answer(w, r) {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	next.ServeHTTP(w, r)
}

// Host makes a repository, OWNER/NAME, of the account with that id; its default branch is main.
func (g *GitHub) Host(id int64, name string, owner int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.repos[id] = &hosted{id: id, owner: owner, name: name, defaultBranch: "main", branches: map[string]string{}}
}

// Rename gives a repository another name, which frees the old one.
func (g *GitHub) Rename(id int64, name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.repos[id].name = name
}

// Default makes another branch the default one.
func (g *GitHub) Default(id int64, branch string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.repos[id].defaultBranch = branch
}

// Start begins an attempt of a run. created is of the run, whichever attempt it is.
func (g *GitHub) Start(repo, run int64, attempt int, sha, event, actor string, created time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.runs[runKey(repo, strconv.FormatInt(run, 10), strconv.Itoa(attempt))] = map[string]any{
		"id": run, "run_attempt": attempt, "head_sha": sha, "event": event, "triggering_actor": map[string]any{"login": actor},
		"created_at": created.UTC().Format(time.RFC3339), "run_started_at": created.UTC().Format(time.RFC3339),
	}
}

// Team makes a team, "organisation/slug", of users.
func (g *GitHub) Team(name string, users ...string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.teams[name] = users
}

func runKey(repo int64, run, attempt string) string {
	return strconv.FormatInt(repo, 10) + "/" + run + "/" + attempt
}

// named finds a repository as GitHub does, whatever the case.
func (g *GitHub) named(name string) *hosted {
	for _, r := range g.repos {
		if strings.EqualFold(r.name, name) {
			return r
		}
	}
	return nil
}

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

	"github.com/curfew-ci/curfew/internal/testservers/openapi"
)

// GitHub is a fake of the little of GitHub's REST API that curfew asks for, under an Enterprise Server's path: what
// GitHub documents of repositories, refs, the git database, commits, runs, teams, issues, pull requests, code scanning and of what an inventory lists. It
// is not GitHub: of permissions it knows two tokens. Every request and every answer is held to GitHub's own description
// of its API, and one that isn't as described fails the test. Objects have git's real ids.
type GitHub struct {
	*httptest.Server
	Token    string // a job's, which may read no settings
	Metadata string // of an App that may read all
	// Answer, where it is set, comes first; it reports whether it has answered. Its answers are held to nothing.
	Answer func(w http.ResponseWriter, r *http.Request) bool

	Now      func() time.Time // of issues; nil is the real clock
	Lag      time.Duration    // by which lists of issues and comments lag
	ScanLag  time.Duration    // by which code scanning works through an upload later
	Refuse   string           // the category whose uploads code scanning can't work through
	Outsider bool             // the tokens' account may write issues, and set no labels
	Unsigned bool             // what people commit from now on has no signature
	NoPulls  bool             // it may make no pull requests, as an organisation's setting has it

	Collaborators []string // who may be asked for a review: "maria", "acme/web"

	spec    *openapi.Spec
	mu      sync.Mutex
	asked   []string
	spent   int // requests that count against the rate limit
	faults  []*Fault
	repos   map[int64]*hosted
	orgs    map[string]settings
	runs    map[string]map[string]any   // by "repository id/run/attempt"
	reviews map[string][]map[string]any // of environments, by "repository id/run"
	people  map[string]int64            // ids of accounts, by login
	gone    map[string]bool             // logins that accounts had
	teams   map[string][]string         // by "organisation/slug"
	objects map[string][]byte           // blobs, by id
	users   map[int64]string            // logins by id
	trees   map[string][]map[string]any
	commits map[string]commit
}

// hosted is a repository.
type hosted struct {
	id, owner     int64
	name          string // OWNER/NAME
	defaultBranch string
	branches      map[string]string // to commits
	issues        []*tracked        // by their numbers, from 1
	pulls         []*pulled
	labels        map[string]bool
	scanning      scanning
	settings
}

type commit struct {
	repo                  int64
	tree, author, message string
	parents               []string
	at                    time.Time
	verified              bool // its signature
}

// StartGitHub starts one without repositories.
func StartGitHub(tb testing.TB) *GitHub {
	tb.Helper()
	spec, err := openapi.Load()
	if err != nil {
		tb.Fatal(err)
	}
	g := &GitHub{
		Token: "api-" + rand.Text(), Metadata: "app-" + rand.Text(), spec: spec, repos: map[int64]*hosted{}, orgs: map[string]settings{},
		runs: map[string]map[string]any{}, teams: map[string][]string{}, reviews: map[string][]map[string]any{}, people: map[string]int64{"alice": 1001}, gone: map[string]bool{}, users: map[int64]string{},
		objects: map[string][]byte{}, trees: map[string][]map[string]any{}, commits: map[string]commit{},
	}
	g.Server = httptest.NewServer(g.handler(tb, g.routes()))
	tb.Cleanup(g.Close)
	return g
}

// routes are all that it answers.
func (g *GitHub) routes() *http.ServeMux {
	mux := http.NewServeMux()
	for pattern, handle := range map[string]func(http.ResponseWriter, *http.Request, *hosted){
		"":                                     g.sendRepository,
		"/git/ref/heads/{branch...}":           g.sendRef,
		"/git/matching-refs/heads/{branch...}": g.sendMatching,
		"/git/commits/{sha}":                   g.sendGitCommit,
		"/git/trees/{sha}":                     g.sendTree,
		"/git/blobs/{sha}":                     g.sendBlob,
		"/commits":                             g.sendCommits,
		"/commits/{sha}":                       g.sendCommit,
		"/commits/{sha}/pulls":                 g.sendPullsOf,
		"/actions/runs/{run}/attempts/{which}": g.sendRun,
		"/branches":                            g.sendBranches,
		"/branches/{branch}":                   g.sendBranch,
		"/{setting...}":                        g.sendSetting,
		"/code-scanning/sarifs/{upload}":       g.sendUpload,
		"/code-scanning/alerts":                g.sendAlerts,
		"/code-scanning/alerts/{number}":       g.sendAlert,
		"/issues":                              g.sendIssues,
		"/issues/{number}":                     g.sendIssue,
		"/issues/{number}/comments":            g.sendComments,
		"/issues/{number}/timeline":            g.sendTimeline,
		"/pulls":                               g.sendPulls,
		"/pulls/{number}":                      g.sendPull,
		"/pulls/{number}/reviews":              g.sendReviews,
		"/actions/runs/{run}/approvals":        g.sendApprovals,
		"/pulls/{number}/commits":              g.sendWritten,
		"/compare/{range}":                     g.sendComparison,
	} {
		mux.HandleFunc("GET /api/v3/repos/{owner}/{name}"+pattern, func(w http.ResponseWriter, r *http.Request) {
			handle(w, r, g.named(r.PathValue("owner")+"/"+r.PathValue("name")))
		})
		mux.HandleFunc("GET /api/v3/repositories/{id}"+pattern, func(w http.ResponseWriter, r *http.Request) {
			id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64) // 0 is nobody's
			handle(w, r, g.repos[id])
		})
	}
	for pattern, handle := range map[string]func(http.ResponseWriter, *http.Request, *hosted){
		"POST /issues": g.makeIssue, "PATCH /issues/{number}": g.editIssue, "POST /issues/{number}/comments": g.makeComment, "POST /labels": g.makeLabel,
		"POST /code-scanning/sarifs": g.takeSARIF, "PATCH /code-scanning/alerts/{number}": g.editAlert,
		"POST /git/blobs": g.makeBlob, "POST /git/trees": g.makeTree, "POST /git/commits": g.makeCommit, "POST /git/refs": g.makeRef,
		"PATCH /git/refs/heads/{branch...}": g.moveRef, "DELETE /git/refs/heads/{branch...}": g.dropRef,
		"POST /pulls": g.makePull, "PATCH /pulls/{number}": g.editPull, "POST /pulls/{number}/requested_reviewers": g.askReviewers,
	} {
		method, below, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" /api/v3/repos/{owner}/{name}"+below, func(w http.ResponseWriter, r *http.Request) {
			handle(w, r, g.named(r.PathValue("owner")+"/"+r.PathValue("name")))
		})
	}
	mux.HandleFunc("GET /api/v3/user/{id}", g.sendUser)
	mux.HandleFunc("GET /api/v3/users/{login}", g.sendAccount)
	mux.HandleFunc("GET /api/v3/orgs/{org}/teams/{slug}/members", g.sendMembers)
	mux.HandleFunc("GET /api/v3/orgs/{org}/{setting...}", g.sendOrgSetting)
	return mux
}

// API is what a job finds in GITHUB_API_URL.
func (g *GitHub) API() string { return g.URL + "/api/v3" }

// Asked lists the requests so far: "/repos/acme/web", with the query.
func (g *GitHub) Asked() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]string(nil), g.asked...)
}

// Host makes a repository, OWNER/NAME, of the account with that id; its default branch is main.
func (g *GitHub) Host(id int64, name string, owner int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.repos[id] = &hosted{id: id, owner: owner, name: name, defaultBranch: "main", branches: map[string]string{}, labels: map[string]bool{}, settings: settings{}}
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
		"id": run, "run_attempt": attempt, "head_sha": sha, "event": event, "triggering_actor": g.person(actor),
		"created_at": created.UTC().Format(time.RFC3339), "run_started_at": created.UTC().Format(time.RFC3339),
	}
}

// Team makes a team, "organisation/slug", of users.
func (g *GitHub) Team(name string, users ...string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.teams[name] = users
}

// User makes an account.
func (g *GitHub) User(id int64, login string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.users[id] = login
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

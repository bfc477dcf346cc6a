package lease_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// TestGitHubReach: a token that reaches more than the grant names isn't handed over, whoever says so, and is revoked.
func TestGitHubReach(t *testing.T) {
	const gone = "\n  the token isn't handed over; it is revoked (HOST answered 204)"
	const which = "the token reaches "
	const mend = ", which the grant doesn't name: have repositories in its trust policy be those of the grant" + gone
	web := githubLists(1, "acme/web")
	many := []string{"acme/a", "acme/b", "acme/c", "acme/d"}
	for _, tt := range []struct {
		name, told string // beside the token
		answers    []http.HandlerFunc
		want       string // "" is a credential
	}{
		{"nothing told", ``, []http.HandlerFunc{web}, ""},
		{"none reached", ``, []http.HandlerFunc{githubLists(0)}, ""},
		{"as granted", `,"permissions":{"contents":"read","metadata":"read","pull_requests":"write"},"repositories":[{"full_name":"ACME/web"}]`, []http.HandlerFunc{web}, ""},
		{"less", `,"permissions":{"pull_requests":"read"},"repositories":[]`, []http.HandlerFunc{web}, ""},
		{"names alone", `,"repositories":["web","acme/web"]`, []http.HandlerFunc{web}, ""},
		{
			"another repository", ``,
			[]http.HandlerFunc{githubLists(2, "acme/web", "acme/secrets")},
			which + `"acme/secrets"` + mend,
		},
		{"all of an organisation", ``, []http.HandlerFunc{githubLists(412, "acme/api", "acme/web")}, which + `"acme/api" and 410 more` + mend},
		{"all of it, the granted first", ``, []http.HandlerFunc{githubLists(2, "acme/web", "acme/web2")}, which + `"acme/web2"` + mend},
		{
			"more than are listed", ``,
			[]http.HandlerFunc{githubLists(3, "acme/web")},
			"the token reaches 3 repositories, and the grant names 1: have repositories in its trust policy be those of the grant" + gone,
		},
		{"none listed of many", ``, []http.HandlerFunc{githubLists(412)}, "the token reaches 412 repositories, and the grant names 1" + ""},
		{"another owner's", ``, []http.HandlerFunc{githubLists(1, "evil/web")}, which + `"evil/web"` + mend},
		{"by a longer name", ``, []http.HandlerFunc{githubLists(1, "acme/web-evil")}, which + `"acme/web-evil"` + mend},
		{"told of another", `,"repositories":[{"full_name":"acme/other"}]`, nil, which + `"acme/other"` + mend},
		{"told of many", `,"repositories":["acme/` + strings.Join(many, `","`) + `"]`, nil, which + `"acme/acme/a", "acme/b", "acme/c" and 1 more` + mend},
		{
			"told of more permissions", `,"permissions":{"contents":"write","administration":"write","metadata":"read"}`, nil,
			`the token may do "contents: write", "administration: write", which the grant doesn't say: have permissions in its trust policy be those of the grant` + gone,
		},
		{"the token among permissions", `,"permissions":{"TOKEN":"write"}`, nil, `the token may do "[redacted]: write", which`},
		{"the token among repositories", `,"repositories":["acme/TOKEN"]`, nil, `the token reaches "acme/[redacted]", which`},
		{"admin", `,"permissions":{"pull_requests":"admin"}`, nil, `the token may do "pull_requests: admin", which`},
		{"metadata by hand", `,"permissions":{"metadata":"write"}`, nil, `the token may do "metadata: write", which`},
		{"odd permission", `,"permissions":{"contents":["read"]}`, nil, `the token may do "contents: ", which`},
		{"permissions of another kind", `,"permissions":["contents"]`, nil, "the answer's permissions are an array, expected an object" + gone},
		{"null permissions", `,"permissions":null`, nil, "the answer's permissions are null, expected an object" + gone},
		{"repositories of another kind", `,"repositories":"all"`, nil, "the list of the token's repositories is a string, expected an array" + gone},
		{"a repository without a name", `,"repositories":[{"id":1}]`, nil, "one of the token's repositories is an object without a full_name" + gone},
		{"no list", ``, []http.HandlerFunc{says(200, `{"total_count":1}`)}, "the answer doesn't list the token's repositories: see that endpoint is GitHub's API"},
		{"no count", ``, []http.HandlerFunc{says(200, `{"total_count":"1","repositories":[]}`)}, "the answer doesn't say how many repositories the token reaches" + gone},
		{"a count below nothing", ``, []http.HandlerFunc{says(200, `{"total_count":-1,"repositories":[]}`)}, "the answer doesn't say how many repositories the token reaches" + gone},
		{"more than it counts", ``, []http.HandlerFunc{githubLists(0, "acme/web")}, "the answer lists 1 repositories and says that there are 0" + gone},
		{"fewer than it counts", ``, []http.HandlerFunc{githubLists(1)}, "the list of the token's repositories ends after 0 of 1" + gone},
		{"counted twice", ``, []http.HandlerFunc{says(200, `{"total_count":9,"total_count":1,"repositories":[{"full_name":"acme/web"}]}`)}, "and no JSON that is right"},
		{"forbidden", ``, slices.Repeat([]http.HandlerFunc{says(403, `{"message":"Resource not accessible by integration"}`)}, 4), "which repositories the token reaches isn't known: HOST answered 403: Resource not accessible by integration, in the last of 4 tries"},
		{"forbidden for another reason", ``, []http.HandlerFunc{says(403, `{"message":"no"}`)}, "which repositories the token reaches isn't known: HOST answered 403: no: see that endpoint"},
		{"its rights are known a moment later", ``, []http.HandlerFunc{says(403, `{"message":"Resource not accessible by integration"}`), web}, ""},
		{"another server", ``, []http.HandlerFunc{says(404, `<html>`)}, "which repositories the token reaches isn't known: HOST answered 404: see that endpoint is GitHub's API, which for GitHub Enterprise Server is https://HOST/api/v3"},
		{"known a moment later", ``, []http.HandlerFunc{says(401, `{"message":"Bad credentials"}`), web}, ""},
		{"a fault", ``, []http.HandlerFunc{says(502, ``), web}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			token := ghs()
			answers := append([]http.HandlerFunc{says(200, `{"token":"`+token+`"`+strings.ReplaceAll(tt.told, "TOKEN", token)+`}`)}, tt.answers...)
			f := serve(t, append(answers, says(204, ""))...)
			p, _ := provider(t, "github")
			g := githubGrant(f.URL)
			g.GitHub.Permissions = map[string]manifest.Access{"contents": manifest.Read, "pull-requests": manifest.Write}
			if tt.want == "" {
				if c, err := p.Exchange(t.Context(), request(t, g)); err != nil || c.Revocable != lease.ByToken {
					t.Errorf("%+v and %v", c, err)
				}
				return
			}
			err := failed(t, p, request(t, g), token)
			if want := strings.ReplaceAll(strings.ReplaceAll(tt.want, "https://HOST/", "https://\x00/"), "HOST", f.host()); !strings.Contains(err.Error(), strings.ReplaceAll(want, "\x00", "HOST")) {
				t.Errorf("%v, want %s in it", err, want)
			}
			if asked := f.asked(); asked[len(asked)-1] != "DELETE /installation/token" {
				t.Errorf("asked %v", asked)
			}
		})
	}
}

// TestGitHubPages: many repositories are read in pages that fit into an answer, and no page more than the grant has repositories.
func TestGitHubPages(t *testing.T) {
	var granted []string
	for i := range 65 {
		granted = append(granted, fmt.Sprintf("acme/r%d", i))
	}
	for name, last := range map[string]string{"as granted": "acme/r64", "the last is another": "acme/other"} {
		f := serve(t, says(200, `{"token":"`+ghs()+`"}`), githubLists(65, granted[:30]...), githubLists(65, granted[30:60]...),
			githubLists(65, append(granted[60:64:64], last)...), says(204, ""))
		p, _ := provider(t, "github")
		_, err := p.Exchange(t.Context(), request(t, githubGrant(f.URL, granted...)))
		if (err == nil) != (last == "acme/r64") {
			t.Errorf("%s: %v", name, err)
		}
		for i, want := range []string{"page=1&per_page=30", "page=2&per_page=30", "page=3&per_page=30"} {
			if s := f.seen[i+1]; s.path != "/installation/repositories" || s.query != want {
				t.Errorf("%s: asked %s?%s", name, s.path, s.query)
			}
		}
	}
}

// TestGitHubListedTwice: what is listed again, on the same page or the next, doesn't stand for a repository that isn't seen.
func TestGitHubListedTwice(t *testing.T) {
	for name, pages := range map[string][]http.HandlerFunc{
		"on a page":  {githubLists(2, "acme/a", "ACME/a"), githubLists(2)},
		"on another": {githubLists(2, "acme/a"), githubLists(2, "acme/a")},
	} {
		f := serve(t, slices.Concat([]http.HandlerFunc{says(200, `{"token":"`+ghs()+`"}`)}, pages, []http.HandlerFunc{says(204, "")})...)
		p, _ := provider(t, "github")
		err := failed(t, p, request(t, githubGrant(f.URL, "acme/a", "acme/b")))
		if !strings.Contains(err.Error(), "the list of the token's repositories ends after 1 of 2\n  the token isn't handed over; it is revoked") || len(f.asked()) != 4 {
			t.Errorf("%s: %v, asked %v", name, err, f.asked())
		}
	}
}

// TestGitHubSTS: github-sts, which speaks as octo-sts does, says for how long and what for, and refuses in other words
// (https://github.com/Depthmark/github-sts, its API's reference).
func TestGitHubSTS(t *testing.T) {
	token := ghs()
	f := serve(t, says(200, `{"token":"`+token+`","expires_in":1800,"scope":"acme/web","app":"default","identity":"deploy","permissions":{"contents":"read"}}`), githubLists(1, "acme/web"))
	p, _ := provider(t, "github")
	g := githubGrant(f.URL)
	g.GitHub.Permissions = map[string]manifest.Access{"contents": manifest.Read}
	if c, err := p.Exchange(t.Context(), request(t, g)); err != nil || c.NotAfter.Sub(c.Issued).Minutes() != 30 {
		t.Errorf("%+v and %v", c, err)
	}
	f = serve(t, says(403, `{"error":"forbidden","code":"policy_denied","trace_id":"abc-123"}`))
	if d := isDenied(t, failed(t, p, request(t, githubGrant(f.URL)))); d.Answer != f.host()+" answered 403: forbidden: policy_denied" {
		t.Errorf("%q", d.Answer)
	}
}

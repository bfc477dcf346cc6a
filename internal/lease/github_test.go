package lease_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// githubGrant is answered by one fake for both, the exchange and GitHub's API.
func githubGrant(url string, repositories ...string) *manifest.Grant {
	if repositories == nil {
		repositories = []string{"acme/web"}
	}
	return &manifest.Grant{GitHub: &manifest.GitHub{
		Exchange: url, Identity: "deploy", Repositories: repositories, HandOver: manifest.HandOver{Endpoint: url},
	}}
}

func ghs() string { return "gh" + "s_" + made(36) }

// githubLists answers which repositories a token reaches, as GitHub documents it, in short
// (https://docs.github.com/en/rest/apps/installations#list-repositories-accessible-to-the-app-installation).
func githubLists(total int, names ...string) http.HandlerFunc {
	var items []string
	for i, name := range names {
		items = append(items, fmt.Sprintf(`{"id":%d,"full_name":%q,"private":true,"permissions":{"admin":false,"push":false,"pull":true}}`, 1296269+i, name))
	}
	return says(200, fmt.Sprintf(`{"total_count":%d,"repository_selection":"selected","repositories":[%s]}`, total, strings.Join(items, ",")))
}

func TestGitHub(t *testing.T) {
	token := ghs()
	f := serve(t, says(429, `{"code":8,"message":"GitHub API rate limit exceeded","details":[]}`), says(200, `{"token":"`+token+`"}`), githubLists(2, "acme/web", "Acme/API"), says(204, ""))
	p, clock := provider(t, "github")
	g := githubGrant(f.URL, "acme/web", "acme/api")
	g.GitHub.Permissions = map[string]manifest.Access{"pull-requests": manifest.Write, "contents": manifest.Read}
	r := request(t, g)
	c, err := p.Exchange(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"*GITHUB_TOKEN=" + token, "*GH_TOKEN=" + token}, values(c)); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	sum := sha256.Sum256([]byte(token))
	if c.Handle != base64.StdEncoding.EncodeToString(sum[:]) || !c.NotAfter.Equal(clock.at.Add(time.Hour)) || c.Revocable != lease.ByToken {
		t.Errorf("%+v", c)
	}
	unseen(t, fmt.Sprintf("%v %+v %#v", c, c, *c), token)
	got, err := p.Revoke(t.Context(), c)
	if want := "revoked (" + f.host() + " answered 204)"; err != nil || got.String() != want {
		t.Errorf("%s and %v, want %s", got, err, want)
	}
	const wanted = "identity=deploy&permissions=contents%3Aread&permissions=pull_requests%3Awrite&repositories=acme%2Fapi&repositories=acme%2Fweb&scope=acme"
	for i, want := range []struct{ line, query, bearer string }{
		{"GET /sts/exchange", wanted, string(r.IDToken.Reveal())},
		{"GET /sts/exchange", wanted, string(r.IDToken.Reveal())},
		{"GET /installation/repositories", "page=1&per_page=3", token},
		{"DELETE /installation/token", "", token},
	} {
		s := f.seen[i]
		if s.method+" "+s.path != want.line || s.query != want.query || s.header.Get("Authorization") != "Bearer "+want.bearer {
			t.Errorf("sent %s %s?%s with %v", s.method, s.path, s.query, s.header)
		}
	}
}

func TestGitHubDenied(t *testing.T) {
	// The codes and texts are those of octo-sts' own source, pkg/octosts.
	for _, tt := range []struct {
		name, said string
		status     int
		try        string
	}{
		{"wrong audience", `trust policy: audience \"octo-sts.dev\" did not match any of [\"elsewhere\"]`, 403, "compare the claims with the trust policy, .github/chainguard/deploy.sts.yaml in acme/web"},
		{"expired token", "unable to verify bearer token", 401, "exchange the ID token as soon as it is fetched"},
		{"no policy", `unable to find trust policy for \"deploy\"`, 404, "add the trust policy .github/chainguard/deploy.sts.yaml in acme/web"},
		{"bad policy", "invalid issuer format", 400, "is an octo-sts-compatible exchange"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := serve(t, says(tt.status, `{"code":7,"message":"`+tt.said+`","details":[]}`))
			p, _ := provider(t, "github")
			err := failed(t, p, request(t, githubGrant(f.URL)))
			want := fmt.Sprintf("github: the exchange was denied: %s answered %d: %s\n  claim aud: received \"elsewhere\", expected \"127.0.0.1\"\n",
				f.host(), tt.status, strings.ReplaceAll(tt.said, `\"`, `"`))
			if d := isDenied(t, err); !strings.HasPrefix(err.Error(), want) || !strings.Contains(d.Try, tt.try) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestGitHubOdd(t *testing.T) {
	token := ghs()
	const gone = "\n  the token isn't handed over; it is revoked (HOST answered 204)"
	for _, tt := range []struct{ name, body, want string }{
		{"HTML", "<html>", "HOST answered 200, and no JSON that is right"},
		{"no token", `{"access_token":"` + token + `"}`, "the answer has no GITHUB_TOKEN"},
		{"token that is no string", `{"token":["` + token + `"]}`, "the answer has no GITHUB_TOKEN"},
		{"personal token", `{"token":"gh` + `p_` + token[4:] + `"}`, "HOST answered with something else than an installation token (ghs_…), which isn't handed over"},
		{"newline", `{"token":"` + token + `\nPATH=/tmp"}`, "GITHUB_TOKEN holds a line break"},
		{"unreadable end", `{"token":"` + token + `","expires_at":1}`, "the answer doesn't say in RFC 3339 when the token ends" + gone},
		{"unreadable length", `{"token":"` + token + `","expires_in":"1h"}`, "the answer doesn't say in seconds how long the token lives" + gone},
		{"too long in seconds", `{"token":"` + token + `","expires_in":86400}`, "it would live until 2026-11-29T12:00:00Z, longer than the 1h0m0s that the grant allows" + gone},
		{"too long", `{"token":"` + token + `","expires_at":"2026-11-29T12:00:00Z"}`, "it would live until 2026-11-29T12:00:00Z, longer than the 1h0m0s that the grant allows" + gone},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := serve(t, says(200, tt.body), says(204, ""))
			p, _ := provider(t, "github")
			err := failed(t, p, request(t, githubGrant(f.URL)), token, token[4:])
			if want := strings.ReplaceAll(tt.want, "HOST", f.host()); !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %s in it", err, want)
			}
		})
	}
}

func TestGitHubUnasked(t *testing.T) {
	unasked(t, "github", func(url string) *manifest.Grant { return githubGrant(url) }, map[string]func(*lease.Request){
		"say narrow: none in the grant": func(r *lease.Request) { r.Narrow = []byte("{}") },
		"repositories of several owners": func(r *lease.Request) {
			r.Grant.GitHub.Repositories = []string{"acme/web", "other/web"}
		},
		"the grant names no repository": func(r *lease.Request) { r.Grant.GitHub.Repositories = nil },
		"the endpoint \"http://ghe":     func(r *lease.Request) { r.Grant.GitHub.Endpoint = "http://ghe.example/api/v3" },
		"the endpoint \"http://sts":     func(r *lease.Request) { r.Grant.GitHub.Exchange = "http://sts.example" },
	})
}

func TestGitHubRevoke(t *testing.T) {
	const lives = "expire-only until 2026-11-28T12:30:00Z "
	unknown := says(401, `{"message":"Bad credentials","documentation_url":"x"}`)
	for _, tt := range []struct {
		name    string
		after   time.Duration
		answers []http.HandlerFunc
		want    string
		fails   bool
	}{
		{"ended", 5 * time.Second, []http.HandlerFunc{unknown}, "already-ended (HOST answered 401: Bad credentials)", false},
		{"not known yet", 0, []http.HandlerFunc{unknown, unknown, says(204, "")}, "revoked (HOST answered 204)", false},
		{"ended, and found out once it would be known", 4 * time.Second, []http.HandlerFunc{unknown}, "already-ended (HOST answered 401: Bad credentials)", false},
		{"perhaps not known yet", 0, []http.HandlerFunc{unknown}, lives + "(HOST answered 401: Bad credentials, in the last of 4 tries)", true},
		{"a 401 of something in between", 0, []http.HandlerFunc{says(401, `<html>`)}, lives + "(HOST answered 401)", false},
		{"no such path", 0, []http.HandlerFunc{says(404, `{"message":"Not Found"}`)}, lives + "(HOST answered 404: Not Found)", false},
		{"200 is no proof", 0, []http.HandlerFunc{says(200, `{}`)}, lives + "(HOST answered 200)", false},
		{"fault", 0, []http.HandlerFunc{says(502, ``)}, lives + "(HOST answered 502, in the last of 4 tries)", true},
	} {
		f := serve(t, append([]http.HandlerFunc{says(200, `{"token":"`+ghs()+`","expires_at":"2026-11-28T12:30:00Z"}`), githubLists(1, "acme/web")}, tt.answers...)...)
		p, clock := provider(t, "github")
		c, err := p.Exchange(t.Context(), request(t, githubGrant(f.URL)))
		if err != nil {
			t.Fatal(err)
		}
		clock.at = clock.at.Add(tt.after)
		got, err := p.Revoke(t.Context(), c)
		if want := strings.ReplaceAll(tt.want, "HOST", f.host()); got.String() != want || (err != nil) != tt.fails {
			t.Errorf("%s: %s and %v, want %s", tt.name, got, err, want)
		}
	}
}

func githubBehaviour() behaviour {
	return behaviour{
		provider: "github", grant: func(f *fake) *manifest.Grant { return githubGrant(f.URL) },
		token: ghs,
		steps: func(token string, ends time.Time) []http.HandlerFunc {
			return []http.HandlerFunc{says(200, `{"token":"`+token+`","expires_at":"`+ends.Format(time.RFC3339)+`"}`), githubLists(1, "acme/web")}
		},
		refusal: says(403, `{"code":7,"message":"trust policy: subject didn't match","details":[]}`), reason: "trust policy: subject didn't match",
		revoked: says(204, ""), gone: says(401, `{"message":"Bad credentials"}`),
	}
}

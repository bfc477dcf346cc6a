package github

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func objectAttacks() []attack {
	const sha = "77ad01b0aa0b1c2d3e4f5061728394a5b6c7d8e9"
	at := func(end, body string) func(p *place) {
		return func(p *place) { p.answers(strings.ReplaceAll(end, "TIP", p.web), says(200, body)) }
	}
	// blob answers for the manifest's content alone, whatever its id.
	blob := func(with http.HandlerFunc) func(p *place) {
		return func(p *place) {
			n := 0
			p.g.Answer = func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.Contains(r.URL.Path, "/git/blobs/") {
					return false
				}
				n++
				if n == 1 {
					with(w, r)
				}
				return n == 1
			}
		}
	}
	return []attack{
		{"ref of a pull request", at("/git/ref/heads/main", `{"ref":"refs/pull/1/head","object":{"type":"commit","sha":"`+sha+`"}}`), "expected the commit of that branch"},
		{"ref of a tag", at("/git/ref/heads/main", `{"ref":"refs/heads/main","object":{"type":"tag","sha":"`+sha+`"}}`), "expected the commit of that branch"},
		{"refs that begin so", at("/git/ref/heads/main", `[{"ref":"refs/heads/main2"}]`), "can't be read"},
		{"ref of a name", at("/git/ref/heads/main", `{"ref":"refs/heads/main","object":{"type":"commit","sha":"refs/heads/evil"}}`), "expected the commit of that branch"},
		{"another commit", at("/git/commits/TIP", `{"sha":"`+sha+`","tree":{"sha":"`+sha+`"}}`), "about commit"},
		{"a tree by name", at("/git/commits/TIP", `{"tree":{"sha":"main"}}`), "about commit"},
		{"another tree", func(p *place) {
			p.g.Answer = func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.Contains(r.URL.Path, "/git/trees/") {
					return false
				}
				says(200, `{"sha":"`+sha+`","tree":[]}`)(w, r)
				return true
			}
		}, "about the tree"},
		{"half a tree", func(p *place) {
			p.g.Answer = func(w http.ResponseWriter, r *http.Request) bool {
				_, id, found := strings.Cut(r.URL.Path, "/git/trees/")
				if found {
					says(200, `{"sha":"`+id+`","tree":[],"truncated":true}`)(w, r)
				}
				return found
			}
		}, "not the whole of it"},
		{"a name twice", func(p *place) {
			p.g.Answer = func(w http.ResponseWriter, r *http.Request) bool {
				_, id, found := strings.Cut(r.URL.Path, "/git/trees/")
				if found {
					e := `{"path":".github","mode":"040000","type":"tree","sha":"` + sha + `"}`
					says(200, `{"sha":"`+id+`","tree":[`+e+`,`+e+`]}`)(w, r)
				}
				return found
			}
		}, "isn't told as one object"},
		{"another content", blob(says(200, strings.Replace(rulesText, "ttl: 15m", "ttl: 12h", 1))), "isn't the content that this id names"},
		{"content of a link", blob(says(200, policyText)), "isn't the content that this id names"},
		{"no content", blob(says(200, "")), "isn't the content that this id names"},
		{"content without end", blob(func(w http.ResponseWriter, r *http.Request) { endless(w, r) }), "longer than is read"},
	}
}

func endless(w http.ResponseWriter, r *http.Request) {
	for r.Context().Err() == nil {
		if _, err := io.WriteString(w, strings.Repeat(" ", 1<<18)); err != nil {
			return
		}
	}
}

func serverAttacks(t *testing.T) []attack {
	t.Helper()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirect to another host was followed") }))
	t.Cleanup(elsewhere.Close)
	repository := func(with http.HandlerFunc) func(p *place) {
		return func(p *place) { p.answers("/repositories/987654", with) }
	}
	return []attack{
		{"redirect to another host", repository(says(301, "", "Location", elsewhere.URL)), "not followed"},
		{"answer of 1 GB and more", repository(endless), "longer than is read"},
		{"refusal of 1 GB and more", repository(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			endless(w, r)
		}), "404"},
		{"nonsense", repository(says(200, `{"id":`)), "can't be read"},
		{"nothing", repository(says(200, ``)), "can't be read"},
		{"a name that climbs", repository(says(200, `{"id":987654,"full_name":"acme/..","default_branch":"main","owner":{"id":4242}}`)), "is no repository"},
		{"a name of three", repository(says(200, `{"id":987654,"full_name":"acme/web/x","default_branch":"main","owner":{"id":4242}}`)), "is no repository"},
		{"no default branch", repository(says(200, `{"id":987654,"full_name":"acme/web","owner":{"id":4242}}`)), "is no branch"},
		{"unauthorised", repository(says(401, `{"message":"Bad credentials\n\u001b[2J"}`)), "the token is wrong or has expired"},
		{"forbidden", repository(says(403, `{"message":"Resource not accessible by integration"}`)), `let the token have "contents: read" on the job's repository`},
		{"out of order", repository(says(500, ``)), "run the job again"},
		{"over the limit", repository(says(403, `{}`, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "99999999999")), "rate limit"},
	}
}

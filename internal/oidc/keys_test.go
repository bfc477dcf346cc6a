package oidc_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/oidc"
)

// description is an issuer's OpenID configuration. ISSUER and HOST stand for the fake's.
func description(f **fake, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		text := strings.NewReplacer("ISSUER", (*f).URL, "HOST", (*f).host()).Replace(text)
		_, _ = w.Write([]byte(text))
	}
}

const goodDescription = `{"issuer":"ISSUER","jwks_uri":"ISSUER/keys?v=1","claims_supported":["sub"]}`

// issuer serves a description below path, and a set.
func issuer(t *testing.T, path, text string, set http.HandlerFunc) *fake {
	t.Helper()
	var f *fake
	mux := http.NewServeMux()
	mux.Handle(path+"/.well-known/openid-configuration", description(&f, text))
	mux.Handle("/keys", set)
	f = serve(t, mux.ServeHTTP)
	return f
}

func TestKeys(t *testing.T) {
	set := jwks(t)
	for _, path := range []string{"", "/", "/_services/token", "/a%2Fb"} {
		t.Run(path, func(t *testing.T) {
			text := strings.Replace(goodDescription, "ISSUER", "ISSUER"+path, 1)
			var f *fake
			f = serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/keys" {
					_, _ = w.Write([]byte(set))
					return
				}
				description(&f, text)(w, r)
			})
			_, raw, err := newSource("", newClock(), nil).Keys(t.Context(), f.URL+path)
			if err != nil || string(raw) != set {
				t.Fatalf("%q, %v", raw, err)
			}
			if got, want := f.seen[0].RequestURI, strings.TrimSuffix(path, "/")+"/.well-known/openid-configuration"; got != want {
				t.Errorf("asked for %s, want %s", got, want)
			}
			if got := f.seen[1].RequestURI; got != "/keys?v=1" {
				t.Errorf("then for %s", got)
			}
			for _, r := range f.seen {
				if r.Header.Get("Authorization") != "" {
					t.Error("an issuer was sent the job's token")
				}
			}
		})
	}
}

// TestKeysUnasked: an issuer that can't be one is asked nothing.
func TestKeysUnasked(t *testing.T) {
	for _, tt := range []struct{ issuer, want string }{
		{"", `fetch the keys of issuer "": names no host: expected https://HOST`},
		{"http://issuer.example", `fetch the keys of issuer "http://issuer.example": "http://issuer.example": expected https (http is for this machine alone)`},
		{"http://127.0.0.1.evil.example", `expected https`},
		{"https://user@issuer.example", "has a user or password in it"},
		{"https://issuer.example?x=1", `"https://issuer.example": expected no query`},
		{"https://issuer.example?", `"https://issuer.example": expected no query`},
		{"https://issuer.example#x", `"https://issuer.example": expected no fragment`},
		{"issuer.example", "names no host"},
		{"https://%zz", "not a URL"},
		{"javascript:alert(1)", "names no host"},
		{"http:" + strings.Repeat("x", 1000), strings.Repeat("x", 195) + `…"`},
	} {
		transport := roundTrip(func(r *http.Request) (*http.Response, error) {
			t.Errorf("%s was asked", r.URL)
			return nil, http.ErrNotSupported
		})
		s := newSource("", newClock(), func(o *oidc.Options) { o.Client = &http.Client{Transport: transport} })
		_, raw, err := s.Keys(t.Context(), tt.issuer)
		if err == nil || !strings.Contains(err.Error(), tt.want) || raw != nil {
			t.Errorf("%q: got %v, want %s", tt.issuer, err, tt.want)
		}
	}
}

// TestKeysUnfit: keys come from the issuer itself or not at all.
func TestKeysUnfit(t *testing.T) {
	set := jwks(t)
	elsewhere := serve(t, says(200, set))
	const ask = "ask HOST for its OpenID configuration: "
	const place = ": keys of another place aren't taken"
	for _, tt := range []struct{ name, description, want string }{
		{"another issuer", `{"issuer":"https://evil.example","jwks_uri":"ISSUER/keys"}`, ask + `it describes issuer "https://evil.example", expected "ISSUER" to the letter`},
		{"a slash more", `{"issuer":"ISSUER/","jwks_uri":"ISSUER/keys"}`, ask + `it describes issuer "ISSUER/", expected "ISSUER" to the letter`},
		{"no issuer", `{"jwks_uri":"ISSUER/keys"}`, ask + `it describes issuer "", expected`},
		{"issuer in a list", `{"issuer":["ISSUER"],"jwks_uri":"ISSUER/keys"}`, ask + `it describes issuer "", expected`},
		{"issuer twice", `{"issuer":"ISSUER","issuer":"ISSUER","jwks_uri":"ISSUER/keys"}`, ask + "answer:1:"},
		{"another port", `{"issuer":"ISSUER","jwks_uri":"` + elsewhere.URL + `/keys"}`, ask + `its keys (jwks_uri) are at "` + elsewhere.URL + `", expected "ISSUER"` + place},
		{"another host", `{"issuer":"ISSUER","jwks_uri":"https://evil.example/keys"}`, ask + `its keys (jwks_uri) are at "https://evil.example", expected "ISSUER"` + place},
		{"another name of the host", `{"issuer":"ISSUER","jwks_uri":"http://localhost/keys"}`, place},
		{"another scheme", `{"issuer":"ISSUER","jwks_uri":"https://HOST/keys"}`, place},
		{"plain http", `{"issuer":"ISSUER","jwks_uri":"http://evil.example/keys"}`, `(jwks_uri): "http://evil.example": expected https`},
		{"host as a user", `{"issuer":"ISSUER","jwks_uri":"ISSUER@evil.example/keys"}`, "(jwks_uri): "},
		{"a path alone", `{"issuer":"ISSUER","jwks_uri":"/keys"}`, "(jwks_uri): names no host"},
		{"no keys", `{"issuer":"ISSUER"}`, "(jwks_uri): names no host"},
		{"HTML", `<!DOCTYPE html>`, ask + "answer:1:1: expected a value"},
		{"a list", `[]`, ask + `it describes issuer ""`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := issuer(t, "", tt.description, says(200, set))
			_, raw, err := newSource("", newClock(), nil).Keys(t.Context(), f.URL)
			want := strings.NewReplacer("ISSUER", f.URL, "HOST", f.host()).Replace(tt.want)
			if err == nil || !strings.Contains(err.Error(), want) || raw != nil {
				t.Errorf("got  %v\nwant %s", err, want)
			}
			if f.asked() != 1 {
				t.Errorf("%d requests, want 1", f.asked())
			}
		})
	}
	if elsewhere.asked() > 0 {
		t.Error("keys of another place were asked for")
	}
}

// TestKeysPort: a port that is named and the same one unnamed are one place; other ports are others.
func TestKeysPort(t *testing.T) {
	set := jwks(t)
	for _, tt := range []struct {
		issuer, keys string
		taken        bool
	}{
		{"https://issuer.example", "https://issuer.example:443", true},
		{"https://issuer.example:443", "https://issuer.example", true},
		{"https://issuer.example", "https://ISSUER.example", true},
		{"http://localhost", "http://localhost:80", true},
		{"https://issuer.example", "https://issuer.example:80", false},
		{"https://issuer.example:8443", "https://issuer.example", false},
		{"https://localhost", "http://localhost:443", false},
		{"https://issuer.example", "https://issuer.example.", false},
	} {
		transport := roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/keys" {
				return newRecorder(says(200, set), r), nil
			}
			return newRecorder(says(200, `{"issuer":"`+tt.issuer+`","jwks_uri":"`+tt.keys+`/keys"}`), r), nil
		})
		s := newSource("", newClock(), func(o *oidc.Options) { o.Client = &http.Client{Transport: transport} })
		if _, _, err := s.Keys(t.Context(), tt.issuer); (err == nil) != tt.taken {
			t.Errorf("keys of %s at %s: %v", tt.issuer, tt.keys, err)
		}
	}
}

// newRecorder is what a handler answers to a request.
func newRecorder(h http.HandlerFunc, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h(w, r)
	return w.Result()
}

// TestKeysUnfitSet: a set that isn't fit isn't taken.
func TestKeysUnfitSet(t *testing.T) {
	set := jwks(t)
	elsewhere := serve(t, says(200, set))
	const ask = "ask HOST for its keys: "
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		want   string
	}{
		{"redirect", says(301, set, "Location", elsewhere.URL), ask + "it answered 301, a redirect, which isn't followed"},
		{"404", says(404, set), ask + "it answered 404: is it an issuer of ID tokens, and is its address complete?"},
		{"403", says(403, set), ask + "it answered 403: it hands its keys to anybody, so something between may have answered"},
		{"no set", says(200, `{}`), ask + `answer:1:1: expected a JWK Set: it has no "keys"`},
		{"a private key", says(200, strings.Replace(set, `"kty"`, `"d":"AQ","kty"`, 1)), ask + "answer:1:10: a symmetric or private key"},
		{"huge", says(200, set+strings.Repeat(" ", 1<<20)), ask + "it answered more than 1024 KiB"},
		{"endless", endless, ask + "it answered more than 1024 KiB"},
		{"slow", slow, ask + "no answer within 300ms; asked 4 times: try again later"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := issuer(t, "", goodDescription, tt.answer)
			var change func(*oidc.Options)
			if tt.name == "slow" {
				change = impatient
			}
			_, raw, err := newSource("", newClock(), change).Keys(t.Context(), f.URL)
			if got, want := fmt.Sprint(err), strings.ReplaceAll(tt.want, "HOST", f.host()); !strings.HasPrefix(got, want) || raw != nil {
				t.Errorf("got  %v\nwant %s", got, want)
			}
		})
	}
	if elsewhere.asked() > 0 {
		t.Error("a redirect was followed")
	}
}

// TestKeysRetry: both requests are repeated, each on its own.
func TestKeysRetry(t *testing.T) {
	set := jwks(t)
	f := issuer(t, "", goodDescription, inTurn(says(500, ""), says(200, set)))
	c := newClock()
	if _, _, err := newSource("", c, nil).Keys(t.Context(), f.URL); err != nil || len(c.slept) != 1 {
		t.Errorf("%v after %v", err, c.slept)
	}
}

// TestKeysOverTLS: a certificate that nobody vouches for is final, and one that the caller trusts is taken.
func TestKeysOverTLS(t *testing.T) {
	set := jwks(t)
	var server *httptest.Server
	server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/keys" {
			_, _ = w.Write([]byte(set))
			return
		}
		_, _ = w.Write([]byte(strings.ReplaceAll(goodDescription, "ISSUER", server.URL)))
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it would tell of the handshake that is meant to fail
	server.StartTLS()
	t.Cleanup(server.Close)
	c := newClock()
	_, _, err := newSource("", c, nil).Keys(t.Context(), server.URL)
	if err == nil || !strings.Contains(err.Error(), "its certificate can't be verified: x509: certificate signed by unknown authority") || len(c.slept) > 0 {
		t.Errorf("got %v after %v", err, c.slept)
	}
	s := newSource("", c, func(o *oidc.Options) { o.Client = server.Client() })
	if _, raw, err := s.Keys(t.Context(), server.URL); err != nil || string(raw) != set {
		t.Errorf("%q, %v", raw, err)
	}
}

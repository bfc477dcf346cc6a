//go:build e2e

package lease_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// zitadelFront stands before zitadel's server, which asks every client at its token endpoint for Basic authentication, and
// writes there what a public client says in its form. The revocation takes that as it is.
func zitadelFront(t *testing.T, z testservers.Zitadel) string {
	t.Helper()
	to, err := url.Parse(z.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		if err := r.In.ParseForm(); err != nil {
			t.Error(err)
		}
		text := r.In.PostForm.Encode()
		r.Out.Body, r.Out.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
		r.Out.SetBasicAuth(r.In.PostForm.Get("client_id"), "")
	}}
	front := httptest.NewServer(proxy)
	t.Cleanup(front.Close)
	return front.URL
}

// zitadelRequest is one for the server's own ID token of a user: it takes none of a CI platform's.
func zitadelRequest(t *testing.T, z testservers.Zitadel, token string) lease.Request {
	t.Helper()
	return realRequest(t, token, &manifest.Grant{OAuth: &manifest.OAuth{
		TokenURL: zitadelFront(t, z) + "/oauth/token", RevokeURL: z.URL + "/revoke", Audience: "web", Client: testservers.ZitadelPublic,
		Scope: &manifest.List{Items: []string{"openid", "address"}}, Resource: &manifest.List{None: true}, SubjectTokenType: manifest.SubjectIDToken,
	}})
}

// zitadelTakes reports whether the server takes a token.
func zitadelTakes(t *testing.T, z testservers.Zitadel, token string) bool {
	t.Helper()
	status, _ := z.Ask(t, http.MethodGet, "/userinfo", nil, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) })
	return status == http.StatusOK
}

// TestE2EOAuth exchanges at a real server of RFC 8693 and ends by its RFC 7009. It grants less scope than was asked for.
func TestE2EOAuth(t *testing.T) {
	z := testservers.StartZitadel(t)
	p := realProvider(t, "oauth")
	r := zitadelRequest(t, z, z.IDToken(t, testservers.ZitadelUser))
	before := time.Now()
	c := leased(t, p, r)
	token := value(t, c, "OAUTH_ACCESS_TOKEN")
	if lives := c.NotAfter.Sub(before); lives < 4*time.Minute || lives > 6*time.Minute || c.Revocable != lease.ByToken {
		t.Errorf("%+v", c)
	}
	if !zitadelTakes(t, z, token) {
		t.Error("the token doesn't work")
	}
	stub, err := c.Stub()
	if err != nil {
		t.Fatal(err)
	}
	if c, err = lease.ReadStub("stub", stub.Reveal()); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the server says the same to a token that it doesn't know
		if got, err := p.Revoke(t.Context(), c); err != nil || got.Outcome != lease.Revoked {
			t.Errorf("%s and %v", got, err)
		}
		if zitadelTakes(t, z, token) {
			t.Error("the token works after its revocation")
		}
	}
	r.TTL = 4 * time.Minute // the server issues for five
	if err := failed(t, p, r); !strings.Contains(err.Error(), "longer than the 4m0s that the grant allows") || !strings.Contains(err.Error(), "it is revoked") {
		t.Error(err)
	}
}

// TestE2EOAuthDenied: whom the server doesn't trust gets nothing, and is told the server's reason.
func TestE2EOAuthDenied(t *testing.T) {
	z := testservers.StartZitadel(t)
	p := realProvider(t, "oauth")
	own := z.IDToken(t, testservers.ZitadelUser)
	for name, tt := range map[string]struct {
		token  string
		change func(*manifest.OAuth)
		want   string
	}{
		"a job's token":     {testservers.StartIssuer(t, nil).Token("web", nil), func(*manifest.OAuth) {}, "answered 400: invalid_request: subject_token is invalid"},
		"of another type":   {own, func(g *manifest.OAuth) { g.SubjectTokenType = "" }, "answered 400: invalid_request: subject_token is invalid"},
		"not entitled":      {z.IDToken(t, testservers.ZitadelOther), func(*manifest.OAuth) {}, "user doesn't have impersonation permission"},
		"an unknown client": {own, func(g *manifest.OAuth) { g.Client = "absent" }, "let the client absent exchange tokens without a secret"},
		"no client":         {own, func(g *manifest.OAuth) { g.Client = "" }, "give the grant a client"},
	} {
		r := zitadelRequest(t, z, tt.token)
		tt.change(r.Grant.OAuth)
		if err := failed(t, p, r); !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

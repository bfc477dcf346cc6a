package lease_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/manifest"
)

func oauthGrant(url string) *manifest.Grant {
	return &manifest.Grant{OAuth: &manifest.OAuth{
		TokenURL: "https://as.acme.example/oauth2/token", RevokeURL: "https://as.acme.example/oauth2/revoke", Audience: "https://as.acme.example",
		Scope: &manifest.List{Items: []string{"deploy", "read"}}, Resource: &manifest.List{None: true}, Client: "ci-deploy",
		HandOver: manifest.HandOver{Endpoint: url},
	}}
}

// oauthAnswer is the example of RFC 8693, section 2.3, with other values.
func oauthAnswer(token string, lives time.Duration, more string) string {
	return fmt.Sprintf(`{"access_token":"%s","issued_token_type":"urn:ietf:params:oauth:token-type:access_token","token_type":"Bearer","expires_in":%d%s}`,
		token, int(lives.Seconds()), more)
}

// oauthRefusal is the example of RFC 8693, section 2.2.2.
func oauthRefusal(code string) string {
	return `{"error":"` + code + `","error_description":"Could not verify the subject token"}`
}

func TestOAuth(t *testing.T) {
	token := made(48)
	f := serve(t, says(200, oauthAnswer(token, 10*time.Minute, `,"scope":"read"`)), says(200, ""))
	p, _ := provider(t, "oauth")
	g := oauthGrant(f.URL)
	g.OAuth.Resource = &manifest.List{Items: []string{"https://a.acme.example/api", "https://b.acme.example/api"}}
	r := request(t, g)
	c, err := p.Exchange(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"*OAUTH_ACCESS_TOKEN=" + token}, values(c)); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	if !c.NotAfter.Equal(start.Add(10*time.Minute)) || c.Revocable != lease.ByToken || !strings.HasPrefix(c.Handle, "sha256:") {
		t.Errorf("%+v", c)
	}
	got, err := p.Revoke(t.Context(), c)
	if want := "revoked (" + f.host() + " answered 200, which RFC 7009 has for a token that had ended before as well)"; err != nil || got.String() != want {
		t.Errorf("%s and %v", got, err)
	}
	for i, want := range []struct {
		path string
		form url.Values
	}{
		{"/oauth2/token", url.Values{
			"grant_type": {"urn:ietf:params:oauth:grant-type:token-exchange"}, "client_id": {"ci-deploy"}, "scope": {"deploy read"},
			"resource":      {"https://a.acme.example/api", "https://b.acme.example/api"},
			"subject_token": {string(r.IDToken.Reveal())}, "subject_token_type": {"urn:ietf:params:oauth:token-type:jwt"},
			"requested_token_type": {"urn:ietf:params:oauth:token-type:access_token"},
		}},
		{"/oauth2/revoke", url.Values{"token": {token}, "token_type_hint": {"access_token"}, "client_id": {"ci-deploy"}}},
	} {
		s := f.seen[i]
		form, err := url.ParseQuery(s.body)
		if err != nil || s.method != "POST" || s.path != want.path || s.query != "" || s.header.Get("Content-Type") != "application/x-www-form-urlencoded" {
			t.Errorf("sent %s %s?%s with %v", s.method, s.path, s.query, s.header)
		}
		if diff := cmp.Diff(want.form, form); diff != "" {
			t.Errorf("form of %s (-want +got):\n%s", want.path, diff)
		}
	}
}

// TestOAuthPlain: a grant that says no more than it must, at the address that it names.
func TestOAuthPlain(t *testing.T) {
	f := serve(t, says(200, oauthAnswer(made(48), 10*time.Minute, `,"scope":"whatever the server gives"`)))
	p, clock := provider(t, "oauth")
	none := &manifest.List{None: true}
	r := request(t, &manifest.Grant{OAuth: &manifest.OAuth{
		TokenURL: f.URL + "/token", Audience: "a", Scope: none, Resource: none, SubjectTokenType: manifest.SubjectIDToken,
	}})
	c, err := p.Exchange(t.Context(), r)
	if err != nil || c.Revocable != lease.Never {
		t.Fatalf("%+v, %v", c, err)
	}
	form, err := url.ParseQuery(f.seen[0].body)
	if err != nil || f.seen[0].path != "/token" || form.Get("subject_token_type") != "urn:ietf:params:oauth:token-type:id_token" {
		t.Errorf("%s, %v, %v", f.seen[0].path, form, err)
	}
	for _, name := range []string{"client_id", "scope", "resource", "audience"} {
		if form.Has(name) {
			t.Errorf("%s is sent", name)
		}
	}
	got, err := p.Revoke(t.Context(), c)
	if want := "expire-only until 2026-11-28T12:10:00Z (not asked: the grant has no revoke-url)"; err != nil || got.String() != want || len(f.asked()) != 1 {
		t.Errorf("%s and %v", got, err)
	}
	clock.at = c.NotAfter
	if got, err := p.Revoke(t.Context(), c); err != nil || got.Outcome != lease.AlreadyEnded {
		t.Errorf("%s and %v", got, err)
	}
}

// TestOAuthEndless: what says no end, and can't be revoked, lives on: that nobody knows how long doesn't make it over.
func TestOAuthEndless(t *testing.T) {
	f := serve(t, says(200, `{"access_token":"`+made(48)+`","token_type":"Bearer"}`))
	p, _ := provider(t, "oauth")
	g := oauthGrant(f.URL)
	g.OAuth.RevokeURL = ""
	err := failed(t, p, request(t, g))
	const want = "it is expire-only, and nobody knows until when (not asked: the grant has no revoke-url)"
	if back := (*lease.GivenBackError)(nil); !errors.As(err, &back) || !strings.HasSuffix(err.Error(), want) || !back.Revocation.NotAfter.IsZero() {
		t.Error(err)
	}
}

// TestOAuthRefreshLeft: a refresh token that nobody can revoke outlives all that the answer says of the access token.
func TestOAuthRefreshLeft(t *testing.T) {
	refresh := made(40)
	f := serve(t, says(200, oauthAnswer(made(48), time.Minute, `,"refresh_token":"`+refresh+`"`)))
	p, _ := provider(t, "oauth")
	g := oauthGrant(f.URL)
	g.OAuth.RevokeURL = ""
	err := failed(t, p, request(t, g), refresh)
	if !strings.Contains(err.Error(), "the refresh token lives on, as the grant has no revoke-url: end it at the server") {
		t.Error(err)
	}
	if also := alsoGivenBack(t, err); also.Revocation.Outcome != lease.ExpireOnly || !also.Revocation.NotAfter.IsZero() || also.Credential.Revocable != lease.Never {
		t.Errorf("%+v", also)
	}
}

// alsoGivenBack is what an answer had beside the access token.
func alsoGivenBack(t *testing.T, err error) *lease.GivenBackError {
	t.Helper()
	back := (*lease.GivenBackError)(nil)
	if !errors.As(err, &back) || back.Also == nil {
		t.Fatalf("nothing else was given back: %v", err)
	}
	if back.Also.Credential.Provider != "oauth" || back.Also.Credential.Handle == back.Credential.Handle || !strings.HasPrefix(back.Also.Revocation.Answer, "of the refresh token: ") {
		t.Errorf("%+v beside %+v", back.Also, back)
	}
	return back.Also
}

// TestOAuthRefreshGivenBack: what the server says of the refresh token is told apart from what it says of the access token, also where
// there is none of the latter.
func TestOAuthRefreshGivenBack(t *testing.T) {
	token, refresh := made(48), made(40)
	for name, answer := range map[string]http.HandlerFunc{"revoked": says(200, ""), "expire-only": says(400, `{"error":"unsupported_token_type"}`)} {
		f := serve(t, says(200, oauthAnswer(token, time.Minute, `,"refresh_token":"`+refresh+`"`)), answer, says(200, ""))
		p, _ := provider(t, "oauth")
		err := failed(t, p, request(t, oauthGrant(f.URL)), token, refresh)
		if also := alsoGivenBack(t, err); string(also.Revocation.Outcome) != name || !strings.Contains(err.Error(), "the refresh token is "+name) {
			t.Errorf("%s: %+v, %v", name, also, err)
		}
	}
	f := serve(t, says(200, `{"refresh_token":"`+refresh+`"}`), says(200, ""))
	p, _ := provider(t, "oauth")
	err := failed(t, p, request(t, oauthGrant(f.URL)), refresh)
	back := (*lease.GivenBackError)(nil)
	if !errors.As(err, &back) || back.Revocation.Outcome != lease.Revoked || !strings.Contains(err.Error(), "the answer has no access token\n") || len(f.asked()) != 2 {
		t.Errorf("%v, after %v", err, f.asked())
	}
}

// TestOAuthHandle: a token that is a JWT is known by its id.
func TestOAuthHandle(t *testing.T) {
	b64 := base64.RawURLEncoding.EncodeToString
	jwt := func(payload string) string {
		return b64([]byte(`{"typ":"at+jwt"}`)) + "." + b64([]byte(payload)) + "." + made(86)
	}
	for _, tt := range []struct{ token, want string }{
		{jwt(`{"jti":"dbe39bf3a3ba4238"}`), "jti:dbe39bf3a3ba4238"},
		{jwt(`{"jti":"a\nb"}`), "sha256:"},
		{jwt(`{"jti":"` + made(200) + `"}`), "sha256:"},
		{jwt(`{"jti":"a","jti":"b"}`), "sha256:"},
		{jwt(`[]`), "sha256:"},
		{made(20) + ".." + made(20), "sha256:"},
	} {
		f := serve(t, says(200, oauthAnswer(tt.token, time.Minute, "")))
		p, _ := provider(t, "oauth")
		c, err := p.Exchange(t.Context(), request(t, oauthGrant(f.URL)))
		if err != nil || !strings.HasPrefix(c.Handle, tt.want) {
			t.Errorf("%+v, %v, want %s", c, err, tt.want)
		}
	}
}

// TestOAuthShort: of a token that could be found by trying, nothing is told that it could be tried on.
func TestOAuthShort(t *testing.T) {
	for n, want := range map[int]string{31: "lease:01JD9Z6Q4T8K", 32: "sha256:"} {
		f := serve(t, says(200, oauthAnswer(made(n), time.Minute, "")))
		p, _ := provider(t, "oauth")
		c, err := p.Exchange(t.Context(), request(t, oauthGrant(f.URL)))
		if err != nil || !strings.HasPrefix(c.Handle, want) {
			t.Errorf("%d characters: %+v, %v, want %s", n, c, err, want)
		}
	}
	f := serve(t, says(200, oauthAnswer(made(16), time.Minute, `,"refresh_token":"`+made(20)+`"`)), says(200, ""), says(200, ""))
	p, _ := provider(t, "oauth")
	if also := alsoGivenBack(t, failed(t, p, request(t, oauthGrant(f.URL)))); !strings.HasSuffix(also.Credential.Handle, ":refresh") {
		t.Errorf("%+v", also.Credential)
	}
}

func TestOAuthDenied(t *testing.T) {
	for code, try := range map[string]string{
		"invalid_request":        "compare the claims with what the server trusts",
		"invalid_grant":          "name it as subject-token-type",
		"invalid_client":         "let the client ci-deploy exchange tokens without a secret",
		"unauthorized_client":    "let the client ci-deploy",
		"invalid_scope":          "ask for no more scope",
		"invalid_target":         "ask for a resource that the server knows",
		"unsupported_grant_type": "see that token-url is of a server with token exchange",
		"teapot":                 "see that token-url is the server's token endpoint",
	} {
		f := serve(t, says(400, oauthRefusal(code)))
		p, _ := provider(t, "oauth")
		err := failed(t, p, request(t, oauthGrant(f.URL)))
		want := fmt.Sprintf("oauth: the exchange was denied: %s answered 400: %s: Could not verify the subject token\n  claim aud: received \"elsewhere\", expected \"https://as.acme.example\"\n", f.host(), code)
		if d := isDenied(t, err); !strings.HasPrefix(err.Error(), want) || !strings.Contains(d.Try, try) {
			t.Error(err)
		}
	}
}

func TestOAuthOdd(t *testing.T) {
	token, refresh := made(48), made(40)
	good := oauthAnswer(token, time.Minute, "")
	const gone = "\n  the token isn't handed over; it is revoked (HOST answered 200"
	for _, tt := range []struct{ name, body, want string }{
		{"HTML", "<html>", "no JSON that is right"},
		{"no token", `{"token":"x"}`, "the answer has no access token"},
		{"two tokens", strings.Replace(good, "{", `{"access_token":"x",`, 1), "no JSON that is right"},
		{"spaces", strings.Replace(good, token, token+" "+token, 1), "access token holds characters that no bearer token has" + gone},
		{"line break", strings.Replace(good, token, token+`\n`, 1), "access token holds a line break" + ""},
		{"ID token", strings.Replace(good, "token-type:access_token", "token-type:id_token", 1), "isn't an access token, for which it was asked, but urn:ietf:params:oauth:token-type:id_token" + gone},
		{"issued type that is no text", strings.Replace(good, `"urn:ietf:params:oauth:token-type:access_token"`, "[]", 1), "isn't an access token" + ""},
		{"bound to a key", strings.Replace(good, "Bearer", "DPoP", 1), `of the type "DPoP", and only Bearer can be handed over` + gone},
		{"no type", strings.Replace(good, `"token_type":"Bearer",`, "", 1), `of the type ""` + ""},
		{"no end", strings.Replace(good, "expires_in", "expires", 1), "doesn't say by expires_in when it ends: have the server say so" + gone},
		{"an end in words", strings.Replace(good, ":60", `:"60"`, 1), "doesn't say by expires_in" + ""},
		{"token as its issued type", strings.Replace(good, "urn:ietf:params:oauth:token-type:access_token", token, 1), "but [redacted]" + gone},
		{"token as its type", strings.Replace(good, "Bearer", token, 1), `of the type "[redacted]"` + ""},
		{"token as its scope", oauthAnswer(token, time.Minute, `,"scope":"`+token+`"`), "has the scope [redacted], for which it wasn't asked" + ""},
		{"no time", oauthAnswer(token, 0, ""), "doesn't say by expires_in" + ""},
		{"too long", oauthAnswer(token, time.Hour, ""), "would live for 1h0m0s, longer than the 15m0s that the grant allows: have the server issue this client's for 900 s at most" + gone},
		{"wider", oauthAnswer(token, time.Minute, `,"scope":"read admin"`), "has the scope admin, for which it wasn't asked: have the server grant this client no more than deploy read" + gone},
		{"scope in a list", oauthAnswer(token, time.Minute, `,"scope":["read"]`), "the answer's scope is no text" + gone},
		{"refresh token", oauthAnswer(token, time.Minute, `,"refresh_token":"`+refresh+`"`), "have the server issue none to this client\n  the refresh token is revoked" + gone},
	} {
		f := serve(t, says(200, tt.body), says(200, ""))
		p, _ := provider(t, "oauth")
		err := failed(t, p, request(t, oauthGrant(f.URL)), token, refresh)
		if want := strings.ReplaceAll(tt.want, "HOST", f.host()); !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s in it", tt.name, err, want)
		}
		if tt.name == "line break" && (len(f.seen) != 2 || !strings.Contains(f.seen[1].body, "token="+token+"%0A&")) {
			t.Errorf("what can't be handed over isn't given back: %v", f.asked())
		}
		if tt.name == "refresh token" {
			first, second := f.seen[1].body, f.seen[2].body
			if !strings.Contains(first, "token="+refresh+"&token_type_hint=refresh_token") || !strings.Contains(second, "token="+token+"&token_type_hint=access_token") {
				t.Errorf("revoked by %q and %q", first, second)
			}
		}
	}
}

func TestOAuthUnasked(t *testing.T) {
	unasked(t, "oauth", oauthGrant, map[string]func(*lease.Request){
		"say narrow: none in the grant":                        func(r *lease.Request) { r.Narrow = []byte("{}") },
		"token-url: \"http://as.example":                       func(r *lease.Request) { r.Grant.OAuth.TokenURL = "http://as.example/token" },
		"revoke-url: \"http://as.example":                      func(r *lease.Request) { r.Grant.OAuth.RevokeURL = "http://as.example/revoke" },
		"token-url: \"https://as.example\": expected no query": func(r *lease.Request) { r.Grant.OAuth.TokenURL = "https://as.example/token?tenant=a" },
		"token-url: the endpoint \"http":                       func(r *lease.Request) { r.Grant.OAuth.Endpoint = "http://elsewhere.example" },
		"isn't handed over":                                    func(r *lease.Request) { r.Grant.OAuth.Names = map[string]string{"TOKEN": "X"} },
	})
}

// TestOAuthRevoke by a stub: as another process ends it, with the client that it was issued to.
func TestOAuthRevoke(t *testing.T) {
	token := made(48)
	for _, tt := range []struct {
		answer http.HandlerFunc
		want   string
	}{
		{says(200, "null"), "revoked (HOST answered 200"},
		{says(400, `{"error":"unsupported_token_type"}`), "expire-only until 2026-11-28T12:10:00Z (HOST answered 400: unsupported_token_type)"},
		{says(401, `{"error":"invalid_client","error_description":"token was not issued for this client"}`), "expire-only until 2026-11-28T12:10:00Z (HOST answered 401: invalid_client: token was not"},
		{says(204, ""), "expire-only until 2026-11-28T12:10:00Z (HOST answered 204)"},
	} {
		f := serve(t, says(200, oauthAnswer(token, 10*time.Minute, "")), tt.answer)
		p, _ := provider(t, "oauth")
		c, err := p.Exchange(t.Context(), request(t, oauthGrant(f.URL)))
		if err != nil {
			t.Fatal(err)
		}
		stub, err := c.Stub()
		if err != nil {
			t.Fatal(err)
		}
		if c, err = lease.ReadStub("stub", stub.Reveal()); err != nil {
			t.Fatal(err)
		}
		got, err := p.Revoke(t.Context(), c)
		if want := strings.ReplaceAll(tt.want, "HOST", f.host()); err != nil || !strings.HasPrefix(got.String(), want) {
			t.Errorf("%s and %v, want %s", got, err, want)
		}
		if s := f.seen[1]; s.path != "/oauth2/revoke" || !strings.Contains(s.body, "client_id=ci-deploy") {
			t.Errorf("sent %s %s", s.path, s.body)
		}
	}
}

func oauthBehaviour() behaviour {
	return behaviour{
		provider: "oauth", grant: func(f *fake) *manifest.Grant { return oauthGrant(f.URL) }, token: func() string { return made(48) },
		steps: func(token string, ends time.Time) []http.HandlerFunc {
			return []http.HandlerFunc{says(200, oauthAnswer(token, ends.Sub(start), `,"scope":"deploy read"`))}
		},
		refusal: says(400, oauthRefusal("invalid_request")), reason: "invalid_request: Could not verify the subject token",
		revoked: says(200, ""),
	}
}

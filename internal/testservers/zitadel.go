package testservers

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Zitadel is the example server of zitadel's library for OpenID Connect: a real token exchange (RFC 8693) and a real
// revocation (RFC 7009). It takes tokens of its own making alone, and Basic authentication of every client.
type Zitadel struct{ URL string }

// The client and the users that the server is made with. Its public client has no secret; of its users the first alone may
// exchange tokens.
const (
	ZitadelPublic = "native"
	ZitadelUser   = "test-user@localhost"
	ZitadelOther  = "test-user2"

	zitadelBack = "http://localhost/auth/callback"
)

// StartZitadel starts the one that CURFEW_ZITADEL names.
func StartZitadel(tb testing.TB) Zitadel {
	tb.Helper()
	port := FreePort(tb)
	cmd := command(tb, "CURFEW_ZITADEL")
	cmd.Env = []string{"PORT=" + port, "REDIRECT_URI=" + zitadelBack}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	z := Zitadel{"http://localhost:" + port}
	await(tb, "zitadel's server", z.URL+"/.well-known/openid-configuration")
	return z
}

// IDToken logs a user in as a browser would, and returns the ID token.
func (z Zitadel) IDToken(tb testing.TB, user string) string {
	tb.Helper()
	login := z.sent(tb, http.MethodGet, "/auth?"+url.Values{
		"client_id": {"web"}, "redirect_uri": {zitadelBack}, "response_type": {"code"}, "scope": {"openid"},
	}.Encode(), nil)
	callback := z.sent(tb, http.MethodPost, "/login/username", url.Values{
		"id": {login.Query().Get("authRequestID")}, "username": {user}, "password": {"verysecure"},
	})
	back := z.sent(tb, http.MethodGet, callback.RequestURI(), nil)
	status, text := z.Ask(tb, http.MethodPost, "/oauth/token", url.Values{
		"grant_type": {"authorization_code"}, "code": {back.Query().Get("code")}, "redirect_uri": {zitadelBack},
	}, func(r *http.Request) { r.SetBasicAuth("web", "secret") })
	var said struct {
		IDToken string `json:"id_token"`
	}
	if err := json.Unmarshal(text, &said); err != nil || status != http.StatusOK || said.IDToken == "" {
		tb.Fatalf("no ID token: %d %s", status, text)
	}
	return said.IDToken
}

// sent is where the server sends a browser next.
func (z Zitadel) sent(tb testing.TB, method, path string, form url.Values) *url.URL {
	tb.Helper()
	resp := z.do(tb, method, path, form, func(*http.Request) {})
	defer resp.Body.Close() //nolint:errcheck // not read
	to, err := resp.Location()
	if err != nil {
		tb.Fatalf("%s %s: %s: %v", method, path, resp.Status, err)
	}
	return to
}

// Ask asks the server for something, and returns the status and the answer.
func (z Zitadel) Ask(tb testing.TB, method, path string, form url.Values, change func(*http.Request)) (int, []byte) {
	tb.Helper()
	resp := z.do(tb, method, path, form, change)
	defer resp.Body.Close() //nolint:errcheck // all that is wanted has been read
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return resp.StatusCode, text
}

func (z Zitadel) do(tb testing.TB, method, path string, form url.Values, change func(*http.Request)) *http.Response {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), method, z.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		tb.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	change(req)
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	return resp
}

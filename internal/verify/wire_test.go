package verify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/secret/planted"
	"github.com/curfew-ci/curfew/internal/verify"
)

// roundTrip is a transport that is one function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// newRecorder is what a handler answers to a request.
func newRecorder(h http.HandlerFunc, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h(w, r)
	return w.Result()
}

// TestUnfit: what is no answer is never taken for one.
func TestUnfit(t *testing.T) {
	elsewhere := serve(t, says(200, `{"login":"octocat"}`))
	tests := []struct {
		name   string
		answer http.HandlerFunc
		want   string
	}{
		// https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
		{"429", says(429, `{"message":"Bad credentials"}`, "Retry-After", "60"), "rate limited: HOST asks to wait for 60 s"},
		{"429 without a time", says(429, ``), "rate limited by HOST"},
		{"403 with nothing left", says(403, `{"message":"API rate limit exceeded for user ID 1."}`, "X-RateLimit-Remaining", "0"), "rate limited by HOST"},
		{"403 with a time", says(403, `{"message":"You have exceeded a secondary rate limit."}`, "Retry-After", "30"), "rate limited: HOST asks to wait for 30 s"},
		{"403 in words", says(403, `{"message":"You have exceeded a secondary rate limit."}`), "rate limited by HOST"},
		{"500", says(500, `{"message":"Bad credentials"}`), "HOST has a fault of its own (500)"},
		{"503", says(503, ``), "HOST has a fault of its own (503)"},
		{"404", says(404, `{}`), "HOST answered 404, which says neither"},
		{"huge body", says(200, `{"login":"octocat","bio":"`+strings.Repeat("x", 64<<10)+`"}`), "HOST answered more than 64 KiB"},
		{"huge header", says(200, `{"login":"octocat"}`, "X-Long", strings.Repeat("x", 100<<10)), "HOST can't be reached: net/http: server response headers exceeded 65536 bytes; aborted"},
		{
			"redirect", says(301, `{"login":"octocat"}`, "Location", elsewhere.URL+"/user?leak=1"),
			"HOST answered with a redirect to " + elsewhere.host() + ", which isn't followed",
		},
		{"redirect to itself", says(302, ``, "Location", "/elsewhere"), "HOST answered with a redirect to itself, which isn't followed"},
		{"redirect to nowhere", says(300, ``, "Location", "://"), "HOST answered with a redirect to an unreadable place, which isn't followed"},
		{"slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "no answer within 300ms"},
		{"slow body", func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte(`{"login":`))
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, "no answer within 300ms"},
		{"cut off", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "HOST can't be reached: EOF"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := serve(t, tt.answer)
			o := at("github", f)
			o.Timeout = time.Minute
			if strings.Contains(tt.want, "within 300ms") {
				o.Timeout = 300 * time.Millisecond
			}
			got := verifier(t, o).Verify(t.Context(), []verify.Candidate{candidate("github-pat", made(t, "github-pat"))})
			want := verify.Result{Status: verify.Unknown, Asked: f.host(), Reason: strings.ReplaceAll(tt.want, "HOST", f.host())}
			same(t, []verify.Result{want}, got)
		})
	}
	if len(elsewhere.seen) > 0 {
		t.Error("a redirect was followed")
	}
}

// TestHeaderOfClient: what is read of a header is bounded whoever's client asks.
func TestHeaderOfClient(t *testing.T) {
	f := serve(t, says(200, `{"login":"octocat"}`, "X-Long", strings.Repeat("x", 100<<10)))
	o := at("github", f)
	o.Client = &http.Client{Transport: &http.Transport{}}
	got := verifier(t, o).Verify(t.Context(), []verify.Candidate{candidate("github-pat", made(t, "github-pat"))})[0]
	if got.Status != verify.Unknown {
		t.Errorf("%s: %s", got.Status, got.Reason)
	}
}

// TestCookies: neither the caller's cookies nor its idea of redirects is used.
func TestCookies(t *testing.T) {
	f := serve(t, says(302, ``, "Location", "/again"))
	o := at("github", f)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	base, err := url.Parse(f.URL)
	if err != nil {
		t.Fatal(err)
	}
	jar.SetCookies(base, []*http.Cookie{{Name: "session", Value: "of the caller"}})
	o.Client = &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}
	verifier(t, o).Verify(t.Context(), []verify.Candidate{candidate("github-pat", made(t, "github-pat"))})
	if len(f.seen) != 1 || len(f.seen[0].Cookies()) != 0 {
		t.Errorf("%d requests, the first with %v; want 1 without cookies", len(f.seen), f.seen[0].Cookies())
	}
}

// TestEnoughIsEnough: after a host said that it had enough, it is asked no more in this call.
func TestEnoughIsEnough(t *testing.T) {
	f := serve(t, says(429, ``, "Retry-After", "5"))
	got := verifier(t, at("github", f)).Verify(t.Context(), []verify.Candidate{
		candidate("github-pat", made(t, "github-pat")), candidate("github-oauth", made(t, "github-oauth")),
	})
	same(t, []verify.Result{
		{Status: verify.Unknown, Asked: f.host(), Reason: "rate limited: " + f.host() + " asks to wait for 5 s"},
		{Status: verify.Unknown, Reason: "not asked: " + f.host() + " had rate limited an earlier question"},
	}, got)
	if len(f.seen) != 1 {
		t.Errorf("%d requests, want 1", len(f.seen))
	}
}

// TestPace: a host gets one request at a time, and not too many in a row.
func TestPace(t *testing.T) {
	var open, most atomic.Int32
	f := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		most.Store(max(most.Load(), open.Add(1)))
		time.Sleep(5 * time.Millisecond)
		open.Add(-1)
		_, _ = w.Write([]byte(`{"login":"octocat"}`))
	})
	o := verify.Options{Interval: 20 * time.Millisecond, Endpoints: map[string][]string{"github": {f.URL}, "npm": {f.URL}, "slack": {f.URL}}}
	start := time.Now()
	verifier(t, o).Verify(t.Context(), []verify.Candidate{
		candidate("github-pat", made(t, "github-pat")), candidate("npm-access-token", made(t, "npm-access-token")),
		candidate("slack-bot-token", made(t, "slack-bot-token")), candidate("github-oauth", made(t, "github-oauth")),
	})
	if took := time.Since(start); took < 80*time.Millisecond {
		t.Errorf("4 requests of 5 ms, 20 ms apart, took %s", took)
	}
	if most.Load() != 1 || len(f.seen) != 4 {
		t.Errorf("%d requests, %d at a time; want 4, 1 at a time", len(f.seen), most.Load())
	}
}

// TestOnce: a credential that was found twice is asked about once, and each find gets the answer.
func TestOnce(t *testing.T) {
	f := serve(t, says(200, `{"login":"octocat"}`, "X-OAuth-Scopes", "repo"))
	c := candidate("github-pat", made(t, "github-pat"))
	twice := c
	c.Index, twice.Index = 4, 9
	got := verifier(t, at("github", f)).Verify(t.Context(), []verify.Candidate{c, twice})
	want := verify.Result{Index: 4, Status: verify.Live, Subject: "user octocat", Scopes: []string{"repo"}, Asked: f.host()}
	again := want
	again.Index = 9
	same(t, []verify.Result{want, again}, got)
	if len(f.seen) != 1 {
		t.Errorf("%d requests, want 1", len(f.seen))
	}
}

// TestCancelled: what was not asked says so, and the rest stays.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	got := verifier(t, at("github", f)).Verify(ctx, []verify.Candidate{
		candidate("github-pat", made(t, "github-pat")), candidate("github-oauth", made(t, "github-oauth")),
	})
	same(t, []verify.Result{
		{Status: verify.Unknown, Asked: f.host(), Reason: "cancelled"},
		{Status: verify.Unknown, Reason: "not asked: cancelled"},
	}, got)
}

// TestBudget: all questions together end in time.
func TestBudget(t *testing.T) {
	f := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	o := at("github", f)
	o.Budget = time.Second
	got := verifier(t, o).Verify(t.Context(), []verify.Candidate{
		candidate("github-pat", made(t, "github-pat")), candidate("github-oauth", made(t, "github-oauth")),
	})
	same(t, []verify.Result{
		{Status: verify.Unknown, Asked: f.host(), Reason: "the 1s for all questions were over"},
		{Status: verify.Unknown, Reason: "not asked: the 1s for all questions were over"},
	}, got)
}

// TestUnreachable: errors of the network keep to what stays the same from run to run.
func TestUnreachable(t *testing.T) {
	token := made(t, "github-pat")
	tests := []struct {
		err  error
		want string
	}{
		{&net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{Port: 40123}, Err: errors.New("connection refused")}, "api.github.com can't be reached: connection refused"},
		{&net.DNSError{Err: "no such host", Server: "127.0.0.53:53"}, "the name api.github.com can't be resolved"},
		{fmt.Errorf("proxy says no to %s", token), "api.github.com can't be reached: proxy says no to [redacted]"},
	}
	for _, tt := range tests {
		client := &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, tt.err })}
		got := verifier(t, verify.Options{Client: client}).Verify(t.Context(), []verify.Candidate{candidate("github-pat", token)})
		same(t, []verify.Result{{Status: verify.Unknown, Asked: "api.github.com", Reason: tt.want}}, got)
	}
}

// TestUnsendable: a value that can't stand in a header isn't sent, and isn't quoted.
func TestUnsendable(t *testing.T) {
	f := serve(t, says(200, `{"login":"octocat"}`))
	got := verifier(t, at("github", f)).Verify(t.Context(), []verify.Candidate{candidate("github-pat", "ghp_one\r\nX-Two: three")})
	same(t, []verify.Result{{Status: verify.Unknown, Reason: "it holds characters that can't be sent"}}, got)
}

// TestHostile: a service that throws back all that it gets, at its worst, neither makes a result show a
// credential nor upsets a terminal.
func TestHostile(t *testing.T) {
	var secrets []planted.Secret
	var candidates []verify.Candidate
	endpoints := map[string][]string{}
	f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ") + r.Header.Get("Private-Token") + r.Header.Get("X-Vault-Token")
		half := token[:len(token)/2] + "***" + token[len(token)-8:]
		nasty := half + "\x1b[2J\u202e" + token + strings.Repeat("é", 500)
		w.Header()["X-Oauth-Scopes"] = []string{"repo, " + token + ",\u202e\u009bowned," + half}
		answer := map[string]any{
			"login": nasty, "username": nasty, "ok": true, "team_id": nasty, "user": nasty, "error": nasty,
			"active": true, "name": nasty, "scopes": []string{nasty, token},
			"data": map[string]any{"path": nasty, "policies": []string{nasty, half}, "display_name": token},
		}
		if r.Header.Get("Private-Token") != "" {
			answer["user_id"] = 1
		}
		_ = json.NewEncoder(w).Encode(answer)
	})
	for _, name := range []string{"github", "gitlab", "npm", "slack", "vault"} {
		endpoints[name] = []string{f.URL}
	}
	for _, s := range planted.All(11) {
		switch s.Detector {
		case "github-pat", "gitlab-pat", "npm-access-token", "slack-bot-token", "vault-service-token":
			secrets = append(secrets, s)
			candidates = append(candidates, candidate(s.Detector, s.Value))
		}
	}
	for i, r := range verifier(t, verify.Options{Endpoints: endpoints}).Verify(t.Context(), candidates) {
		out := fmt.Sprintf("%+v", r)
		for _, leak := range planted.Find([]byte(out), secrets...) {
			t.Errorf("shows %s", leak)
		}
		for n := 0; n+8 <= len(secrets[i].Value); n++ {
			if piece := secrets[i].Value[n : n+8]; strings.Contains(out, piece) {
				t.Errorf("%s: shows 8 characters of the value", secrets[i].Detector)
				break
			}
		}
		if strings.ContainsAny(out, "\x1b\u009b\u202e\r\n") {
			t.Errorf("%s: control characters in %q", secrets[i].Detector, out)
		}
		if r.Status != verify.Live || len([]rune(r.Subject)) > 201 {
			t.Errorf("%s: %s, subject of %d characters", secrets[i].Detector, r.Status, len([]rune(r.Subject)))
		}
	}
}

// TestEndpoints: no credential goes anywhere in the clear.
func TestEndpoints(t *testing.T) {
	tests := []struct{ name, url, want string }{
		{"github", "http://ghe.example.com", `endpoint for github: "http://ghe.example.com": expected https (http is for this machine alone)`},
		{"github", "http://127.0.0.1.example.com", `endpoint for github: "http://127.0.0.1.example.com": expected https (http is for this machine alone)`},
		{"github", "ftp://ghe.example.com", `endpoint for github: "ftp://ghe.example.com": expected https (http is for this machine alone)`},
		{"github", "ghe.example.com", `endpoint for github: names no host: expected https://HOST`},
		{"github", "https://me:pass@ghe.example.com", `endpoint for github: has a user or password in it: name the address alone`},
		{"github", "https://ghe.example.com/?a=b", `endpoint for github: "https://ghe.example.com": expected no query`},
		{"github", "https://ghe.exam ple.com/", `endpoint for github: not a URL`},
		{"hithub", "https://ghe.example.com", `endpoint for "hithub": no such provider; there are github, gitlab, aws, gcp, vault, npm, slack`},
		{"pypi", "https://pypi.example.com", `endpoint for "pypi": no such provider; there are github, gitlab, aws, gcp, vault, npm, slack`},
		{"github", "https://ghe.example.com/api/v3", ""},
		{"vault", "http://localhost:8200", ""},
		{"vault", "http://[::1]:8200", ""},
	}
	for _, tt := range tests {
		_, err := verify.New(verify.Options{Endpoints: map[string][]string{tt.name: {tt.url}}})
		if got := fmt.Sprint(err); got != tt.want && (err != nil || tt.want != "") {
			t.Errorf("%s: %s\nwant: %s", tt.url, got, tt.want)
		}
	}
}

package revoke_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/revoke"
	"github.com/curfew-ci/curfew/internal/secret/planted"
)

// kinds are the credentials that are ended here, and how.
func kinds() map[string]struct{ url, reason string } {
	return map[string]struct{ url, reason string }{
		"github-pat": {
			"POST https://api.github.com/credentials/revoke", "api.github.com answered 202; asked again, GitHub says: Bad credentials",
		},
		"github-fine-grained-pat": {
			"POST https://api.github.com/credentials/revoke", "api.github.com answered 202; asked again, GitHub says: Bad credentials",
		},
		"github-app-token": {
			"DELETE https://api.github.com/installation/token", "api.github.com answered 204; asked again, GitHub says: Bad credentials",
		},
		"gitlab-pat": {
			"DELETE https://gitlab.com/api/v4/personal_access_tokens/self", "gitlab.com answered 204; asked again, GitLab says that it was revoked",
		},
		"npm-access-token": {
			"DELETE https://registry.npmjs.org/-/npm/v1/tokens/token/...", "registry.npmjs.org answered 204; asked again, npm says: 401 Unauthorized",
		},
		"slack-bot-token": {"POST https://slack.com/api/auth.revoke", "slack.com answered 200; asked again, Slack says: token_revoked"},
		"vault-service-token": {
			"POST https://vault.example/v1/auth/token/revoke-self", "vault.example answered 204; asked again, the server says: invalid token",
		},
		"aws-access-token": {
			"POST https://iam.amazonaws.com/",
			"iam.amazonaws.com answered 200, which says that it is revoked; asked again: needs the secret key, which stands nowhere near",
		},
	}
}

// TestRevoke: what is told beforehand sends nothing, and is what is done then.
func TestRevoke(t *testing.T) {
	for detector, tt := range kinds() {
		t.Run(detector, func(t *testing.T) {
			n := newInternet(t, made(t, detector))
			c := candidate(detector, n.value)
			r := n.revoker()
			p, err := r.Plan(c)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Method + " " + p.URL; got != tt.url {
				t.Errorf("plan: %s, want %s", got, tt.url)
			}
			for _, s := range []string{p.Carries, p.Ends, p.Reversible, p.Told, p.Docs} {
				if s == "" {
					t.Errorf("the plan leaves something out: %+v", p)
				}
			}
			if len(n.asked) > 0 || !n.works {
				t.Fatalf("telling it sent %v", n.asked)
			}
			out, err := r.Revoke(t.Context(), c)
			if err != nil || out.Status != revoke.Done || out.Reason != tt.reason || n.works {
				t.Errorf("%+v, %v, works %t", out, err, n.works)
			}
			asked, request := strings.Join(n.asked, "\n"), strings.Replace(tt.url, "https://", "", 1)
			if before := "GET api.github.com/user\n"; !strings.HasPrefix(strings.TrimPrefix(asked, before), request) || strings.HasPrefix(asked, before) != strings.HasSuffix(tt.url, "/credentials/revoke") {
				t.Errorf("asked %v", n.asked)
			}
			if shown := planted.Find(fmt.Appendf(nil, "%+v %+v", p, out), planted.Secret{Detector: detector, Value: n.value}); len(shown) > 0 {
				t.Errorf("shows %v", shown)
			}
		})
	}
}

// TestAgain: what is dead already is said to be that where its service's own address says that it has ended. One that
// doesn't know it may never have: GitHub accepts tokens of Enterprise Servers, too, and does nothing.
func TestAgain(t *testing.T) {
	for detector, want := range map[string]revoke.Status{
		"gitlab-pat": revoke.Done, "slack-bot-token": revoke.Done,
		"github-pat": revoke.Unsure, "github-app-token": revoke.Unsure, "npm-access-token": revoke.Unsure, "vault-service-token": revoke.Unsure,
	} {
		n := newInternet(t, made(t, detector))
		n.works = false
		out, err := n.revoker().Revoke(t.Context(), candidate(detector, n.value))
		if err != nil || out.Status != want {
			t.Errorf("%s: %+v, %v", detector, out, err)
		}
	}
}

// TestHostile: a server that doesn't answer as documented makes nobody say that a credential is dead, and gets it shown
// nowhere; none that it leads to gets it.
func TestHostile(t *testing.T) {
	echo := func(w http.ResponseWriter, r *http.Request, status int) {
		all := r.URL.Path + " " + r.Header.Get("Authorization") + r.Header.Get("Private-Token") + r.Header.Get("X-Vault-Token")
		w.Header().Set("X-Echo", all)
		says(w, status, fmt.Sprintf(`{"ok":false,"error":%q,"errors":[%q],"message":%q}`, all, all, all))
	}
	hostile := map[string]struct {
		answer http.HandlerFunc
		want   revoke.Status
	}{
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "https://evil.example"+r.URL.Path)
			w.WriteHeader(http.StatusTemporaryRedirect)
		}, revoke.Unsure},
		"redirect to a name made of it": {func(w http.ResponseWriter, r *http.Request) {
			login := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ") + r.Header.Get("Private-Token") + r.Header.Get("X-Vault-Token")
			w.Header().Set("Location", "https://"+login[:min(len(login), 20)]+".evil.example/")
			w.WriteHeader(http.StatusFound)
		}, revoke.Unsure},
		"500":      {func(w http.ResponseWriter, _ *http.Request) { says(w, 500, "") }, revoke.Unsure},
		"slow":     {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, revoke.Unsure},
		"huge":     {func(w http.ResponseWriter, _ *http.Request) { says(w, 200, strings.Repeat("x", 1<<20)) }, revoke.Unsure},
		"echo 200": {func(w http.ResponseWriter, r *http.Request) { echo(w, r, 200) }, revoke.Unsure},
		"echo 400": {func(w http.ResponseWriter, r *http.Request) { echo(w, r, 400) }, revoke.Unsure},
		"page":     {func(w http.ResponseWriter, _ *http.Request) { says(w, 200, "<html>Sign in to the proxy</html>") }, revoke.Unsure},
	}
	hosts := map[string]string{
		"github-pat": "api.github.com", "gitlab-pat": "gitlab.com", "npm-access-token": "registry.npmjs.org", "slack-bot-token": "slack.com",
		"vault-service-token": "vault.example", "aws-access-token": "iam.amazonaws.com",
	}
	for detector, host := range hosts {
		for name, tt := range hostile {
			t.Run(detector+" "+name, func(t *testing.T) {
				n := newInternet(t, made(t, detector))
				n.hosts[host] = tt.answer
				o := n.options()
				o.Timeout = 50 * time.Millisecond
				r, err := revoke.New(o)
				if err != nil {
					t.Fatal(err)
				}
				out, err := r.Revoke(t.Context(), candidate(detector, n.value))
				if err != nil || out.Status != tt.want || !n.works {
					t.Errorf("%+v, %v", out, err)
				}
				text := fmt.Sprintf("%+v %#v", out, out)
				if shown := planted.Find([]byte(text), planted.Secret{Detector: detector, Value: n.value}); len(shown) > 0 {
					t.Errorf("shows %v: %s", shown, text)
				}
				for i := 0; i+8 <= len(n.value); i++ {
					if strings.Contains(text, n.value[i:i+8]) {
						t.Fatalf("shows a piece: %s", text)
					}
				}
			})
		}
	}
}

// TestStillWorks: a service that says that it did, and takes the credential still, isn't believed; one that only
// accepted it is asked for a while.
func TestStillWorks(t *testing.T) {
	for detector, tt := range map[string]struct {
		method string
		status int
		want   revoke.Status
	}{
		"gitlab-pat": {http.MethodDelete, 204, revoke.Failed},
		"github-pat": {http.MethodPost, 202, revoke.Unsure},
	} {
		n := newInternet(t, made(t, detector))
		for host, h := range n.hosts {
			n.hosts[host] = func(w http.ResponseWriter, r *http.Request) {
				if r.Method == tt.method {
					w.WriteHeader(tt.status)
					return
				}
				h(w, r)
			}
		}
		out, err := n.revoker().Revoke(t.Context(), candidate(detector, n.value))
		if err != nil || out.Status != tt.want || n.slept < 30*time.Second {
			t.Errorf("%s: %+v, %v, waited %s", detector, out, err, n.slept)
		}
	}
}

// TestLate: GitHub takes its time.
func TestLate(t *testing.T) {
	n := newInternet(t, made(t, "github-pat"))
	questions := 0
	n.hosts["api.github.com"] = func(w http.ResponseWriter, r *http.Request) {
		works := n.works
		if r.URL.Path == "/user" {
			questions++
			n.works = questions < 3
		}
		n.gitHub(w, r)
		if r.URL.Path != "/user" {
			n.works = works
		}
	}
	out, err := n.revoker().Revoke(t.Context(), candidate("github-pat", n.value))
	if err != nil || out.Status != revoke.Done || questions != 3 {
		t.Errorf("%+v, %v, %d questions", out, err, questions)
	}
}

// TestCalledOff: once the request is sent it is looked at to its end, whoever still wants it.
func TestCalledOff(t *testing.T) {
	n := newInternet(t, made(t, "gitlab-pat"))
	ctx, cancel := context.WithCancel(t.Context())
	n.hosts["gitlab.com"] = func(w http.ResponseWriter, r *http.Request) {
		cancel()
		n.gitLab(w, r)
	}
	out, err := n.revoker().Revoke(ctx, candidate("gitlab-pat", n.value))
	if err != nil || out.Status != revoke.Done || n.works {
		t.Errorf("%+v, %v", out, err)
	}
}

// TestCalledOffBefore: while it is only asked whether it works, nothing has been ended.
func TestCalledOffBefore(t *testing.T) {
	n := newInternet(t, made(t, "github-pat"))
	ctx, cancel := context.WithCancel(t.Context())
	n.hosts["api.github.com"] = func(w http.ResponseWriter, r *http.Request) {
		cancel()
		n.gitHub(w, r)
	}
	out, err := n.revoker().Revoke(ctx, candidate("github-pat", n.value))
	if err == nil || !strings.Contains(err.Error(), "nobody was asked to end it") || !n.works || len(n.asked) != 1 {
		t.Errorf("%+v, %v, asked %v", out, err, n.asked)
	}
}

// TestAWSSays: what AWS' refusals are called is told, and a key of another account isn't taken for one of one's own.
func TestAWSSays(t *testing.T) {
	n := newInternet(t, "AKIA"+strings.Repeat("Z", 16))
	c := candidate("aws-access-token", made(t, "aws-access-token"))
	out, err := n.revoker().Revoke(t.Context(), c)
	if err != nil || out.Status != revoke.Unsure || !strings.HasPrefix(out.Reason, "iam.amazonaws.com answered 404, NoSuchEntity, which is a refusal") {
		t.Errorf("%+v, %v", out, err)
	}
}

// TestNoWay: what has no API is said to have none, with the reason, and nothing is sent.
func TestNoWay(t *testing.T) {
	for _, tt := range []struct{ detector, value, want string }{
		{"pypi-upload-token", made(t, "pypi-upload-token"), "PyPI has no API"},
		{"aws-secret-access-key", strings.Repeat("k", 40), "name the finding of the id"},
		{"aws-access-token", "ASIA" + strings.Repeat("K", 16), "can't be ended one by one"},
		{"vault-batch-token", "hvb." + strings.Repeat("k", 90), "ends with its time"},
		{"vault-root-token", "hvr." + strings.Repeat("k", 90), "no API is known"},
		{"generic-api-key", strings.Repeat("k", 32), "no API is known here that ends what generic-api-key finds"},
		{"github-pat", "not-a-token-of-github", "no API is known"},
	} {
		n := newInternet(t, tt.value)
		var none *revoke.NoWayError
		_, err := n.revoker().Plan(candidate(tt.detector, tt.value))
		if !errors.As(err, &none) || !strings.Contains(none.Why, tt.want) {
			t.Errorf("%s: %v", tt.detector, err)
		}
		if _, err := n.revoker().Revoke(t.Context(), candidate(tt.detector, tt.value)); err == nil || len(n.asked) > 0 {
			t.Errorf("%s: %v, asked %v", tt.detector, err, n.asked)
		}
	}
}

// TestUnfit: nothing is sent to an address that isn't fit for it, nor without what it needs.
func TestUnfit(t *testing.T) {
	for _, endpoints := range []map[string]string{
		{"vault": "http://vault.example"},
		{"vault": "https://user:pass@vault.example"},
		{"vault": "https://vault.example?x=y"},
		{"pypi": "https://pypi.example"},
		{"nonsense": "https://a.example"},
	} {
		if _, err := revoke.New(revoke.Options{Endpoints: endpoints, Now: time.Now}); err == nil {
			t.Errorf("%v: taken", endpoints)
		}
	}
	n := newInternet(t, made(t, "vault-service-token"))
	o := n.options()
	o.Endpoints = nil
	r, err := revoke.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Revoke(t.Context(), candidate("vault-service-token", n.value)); err == nil || !strings.Contains(err.Error(), "name the server") {
		t.Error(err)
	}
	n.value = made(t, "aws-access-token")
	o.AWS = revoke.AWSKeys{}
	if r, err = revoke.New(o); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Revoke(t.Context(), candidate("aws-access-token", n.value)); err == nil || !strings.Contains(err.Error(), "AWS_ACCESS_KEY_ID") {
		t.Error(err)
	}
	n.value = made(t, "github-pat")
	o.Endpoints = map[string]string{"github": "https://ghe.example/api/v3"}
	if r, err = revoke.New(o); err != nil {
		t.Fatal(err)
	}
	var none *revoke.NoWayError
	if _, err := r.Plan(candidate("github-pat", n.value)); !errors.As(err, &none) {
		t.Errorf("an Enterprise Server: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := n.revoker().Revoke(ctx, candidate("github-pat", n.value)); err == nil {
		t.Error("sent after it was called off")
	}
	if diff := cmp.Diff([]string(nil), n.asked); diff != "" {
		t.Error(diff)
	}
}

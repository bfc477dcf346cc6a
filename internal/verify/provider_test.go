package verify_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/verify"
)

// TestProviders holds every provider against fakes of it. Where each answer is documented stands before it.
func TestProviders(t *testing.T) {
	classic, fine, app := made(t, "github-pat"), made(t, "github-fine-grained-pat"), made(t, "github-app-token")
	gitlab, npm, slack, vault := made(t, "gitlab-pat"), made(t, "npm-access-token"), made(t, "slack-bot-token"), made(t, "vault-service-token")
	const noScopes = "GitHub doesn't say what tokens of this kind may do"
	tests := []struct {
		name, provider, detector, value string
		answer                          http.HandlerFunc
		path                            string            // that was asked
		sent                            map[string]string // headers and fields of the form
		want                            verify.Result     // without Asked
	}{
		// https://docs.github.com/en/rest/users/users#get-the-authenticated-user and, for the headers,
		// https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps
		{
			"GitHub, classic", "github", "github-pat", classic,
			says(200, `{"login":"octocat","id":1,"type":"User"}`, "X-OAuth-Scopes", "workflow, repo", "github-authentication-token-expiration", "2026-12-31 22:30:00 UTC"),
			"GET /user",
			map[string]string{"Authorization": "Bearer " + classic},
			verify.Result{Status: verify.Live, Subject: "user octocat", Scopes: []string{"repo", "workflow"}, Expires: time.Date(2026, 12, 31, 22, 30, 0, 0, time.UTC)},
		},
		{
			"GitHub, classic without scopes", "github", "github-pat", classic,
			says(200, `{"login":"octocat"}`, "X-OAuth-Scopes", ""),
			"GET /user", nil,
			verify.Result{Status: verify.Live, Subject: "user octocat"},
		},
		{
			"GitHub, fine-grained", "github", "github-fine-grained-pat", fine,
			says(200, `{"login":"octocat"}`, "github-authentication-token-expiration", "2026-12-31 23:30:00 +0100"),
			"GET /user", nil,
			verify.Result{Status: verify.Live, Subject: "user octocat", Expires: time.Date(2026, 12, 31, 22, 30, 0, 0, time.UTC), Reason: noScopes},
		},
		// https://docs.github.com/en/rest/apps/installations#list-repositories-accessible-to-the-app-installation
		{
			"GitHub, installation", "github", "github-app-token", app,
			says(200, `{"total_count":12,"repositories":[{"full_name":"acme/web","owner":{"login":"acme"}}]}`),
			"GET /installation/repositories?per_page=1",
			map[string]string{"Authorization": "Bearer " + app},
			verify.Result{Status: verify.Live, Subject: "an app's installation at acme, repositories: 12", Reason: noScopes},
		},
		{
			"GitHub, dead", "github", "github-pat", classic,
			says(401, `{"message":"Bad credentials","documentation_url":"https://docs.github.com/rest","status":"401"}`),
			"GET /user", nil,
			verify.Result{Status: verify.Dead, Reason: "GitHub says: Bad credentials", Stranger: true},
		},
		{
			"GitHub, 401 of something before it", "github", "github-pat", classic, says(401, `<h1>Log in to the guest network</h1>`),
			"GET /user", nil,
			verify.Result{Status: verify.Unknown, Reason: "HOST answered 401, which says neither"},
		},
		{
			"GitHub, 200 of something before it", "github", "github-pat", classic, says(200, `<h1>Log in to the guest network</h1>`),
			"GET /user", nil,
			verify.Result{Status: verify.Unknown, Reason: "HOST answered 200, which says neither"},
		},
		{
			"GitHub, suspended", "github", "github-pat", classic, says(403, `{"message":"Sorry. Your account was suspended"}`),
			"GET /user", nil,
			verify.Result{Status: verify.Unknown, Reason: "HOST answered 403, which says neither"},
		},
		// https://docs.gitlab.com/api/personal_access_tokens/#get-details-on-a-personal-access-token
		{
			"GitLab", "gitlab", "gitlab-pat", gitlab,
			says(200, `{"id":4,"name":"ci","revoked":false,"scopes":["read_api","api"],"user_id":24,"active":true,"expires_at":"2027-01-31"}`),
			"GET /api/v4/personal_access_tokens/self",
			map[string]string{"Private-Token": gitlab},
			verify.Result{Status: verify.Live, Subject: `user 24, token "ci"`, Scopes: []string{"api", "read_api"}, Expires: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)},
		},
		{
			"GitLab, may not ask", "gitlab", "gitlab-pat", gitlab,
			says(403, `{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api"}`),
			"GET /api/v4/personal_access_tokens/self", nil,
			verify.Result{Status: verify.Live, Subject: "a token of HOST", Reason: "its scopes don't let it ask what they are"},
		},
		// https://gitlab.com/gitlab-org/gitlab/-/blob/master/lib/api/api_guard.rb
		{
			"GitLab, expired", "gitlab", "gitlab-pat", gitlab,
			says(401, `{"error":"invalid_token","error_description":"Token is expired. You can either do re-authorization or token refresh."}`),
			"GET /api/v4/personal_access_tokens/self", nil,
			verify.Result{Status: verify.Dead, Reason: "GitLab says that it is expired"},
		},
		{
			"GitLab, revoked", "gitlab", "gitlab-pat", gitlab,
			says(401, `{"error":"invalid_token","error_description":"Token was revoked. You have to re-authorize from the user."}`),
			"GET /api/v4/personal_access_tokens/self", nil,
			verify.Result{Status: verify.Dead, Reason: "GitLab says that it was revoked"},
		},
		{
			"GitLab, not known to the server that the user named", "gitlab", "gitlab-pat", gitlab, says(401, `{"message":"401 Unauthorized"}`),
			"GET /api/v4/personal_access_tokens/self", nil,
			verify.Result{Status: verify.Dead, Reason: "GitLab says: 401 Unauthorized", Stranger: true},
		},
		{
			"GitLab, impersonation switched off", "gitlab", "gitlab-pat", gitlab,
			says(401, `{"error":"invalid_token","error_description":"Token is an impersonation token but impersonation was disabled."}`),
			"GET /api/v4/personal_access_tokens/self", nil,
			verify.Result{Status: verify.Unknown, Reason: "HOST answered 401, which says neither"},
		},
		// https://docs.npmjs.com/cli/commands/npm-whoami
		{
			"npm", "npm", "npm-access-token", npm, says(200, `{"username":"robot"}`),
			"GET /-/whoami",
			map[string]string{"Authorization": "Bearer " + npm},
			verify.Result{Status: verify.Live, Subject: "user robot", Reason: "npm doesn't say what tokens of this kind may do"},
		},
		{
			"npm, a mirror that takes anything", "npm", "npm-access-token", npm, says(200, `{}`),
			"GET /-/whoami", nil,
			verify.Result{Status: verify.Unknown, Reason: "HOST answered 200, which says neither"},
		},
		{
			"npm, dead", "npm", "npm-access-token", npm, says(401, `{}`),
			"GET /-/whoami", nil,
			verify.Result{Status: verify.Dead, Reason: "npm says: 401 Unauthorized", Stranger: true},
		},
		{
			"npm, 401 of something before it", "npm", "npm-access-token", npm, says(401, `<h1>Log in to the guest network</h1>`),
			"GET /-/whoami", nil,
			verify.Result{Status: verify.Unknown, Reason: "HOST answered 401, which says neither"},
		},
		// https://api.slack.com/methods/auth.test
		{
			"Slack", "slack", "slack-bot-token", slack,
			says(200, `{"ok":true,"url":"https://acme.slack.com/","team":"Acme","user":"bot","team_id":"T0G9PQBBK","user_id":"W23456789"}`, "X-OAuth-Scopes", "identify,chat:write"),
			"POST /api/auth.test",
			map[string]string{"Authorization": "Bearer " + slack},
			verify.Result{Status: verify.Live, Subject: "user bot (W23456789) of Acme (T0G9PQBBK)", Scopes: []string{"chat:write", "identify"}},
		},
		{
			"Slack, revoked", "slack", "slack-bot-token", slack, says(200, `{"ok":false,"error":"token_revoked"}`),
			"POST /api/auth.test", nil,
			verify.Result{Status: verify.Dead, Reason: "Slack says: token_revoked"},
		},
		{
			"Slack, expired", "slack", "slack-bot-token", slack, says(200, `{"ok":false,"error":"token_expired"}`),
			"POST /api/auth.test", nil,
			verify.Result{Status: verify.Dead, Reason: "Slack says: token_expired"},
		},
		{
			"Slack, invalid or the wrong address", "slack", "slack-bot-token", slack, says(200, `{"ok":false,"error":"invalid_auth"}`),
			"POST /api/auth.test", nil,
			verify.Result{Status: verify.Unknown, Reason: "Slack says invalid_auth: not a token of Slack's, or not allowed from this address"},
		},
		{
			"Slack, a fault of its own", "slack", "slack-bot-token", slack, says(200, `{"ok":false,"error":"fatal_error"}`),
			"POST /api/auth.test", nil,
			verify.Result{Status: verify.Unknown, Reason: "Slack says: fatal_error"},
		},
		// https://developer.hashicorp.com/vault/api-docs/auth/token#lookup-a-token-self
		{
			"Vault", "vault", "vault-service-token", vault,
			says(200, `{"data":{"display_name":"jwt-deploy","path":"auth/jwt/login","policies":["default","deploy"],"identity_policies":["team"],"expire_time":"2026-11-24T13:00:00.5Z"}}`),
			"GET /v1/auth/token/lookup-self",
			map[string]string{"X-Vault-Token": vault},
			verify.Result{
				Status: verify.Live, Subject: "jwt-deploy, by auth/jwt/login", Scopes: []string{"policy default", "policy deploy", "policy team"},
				Expires: time.Date(2026, 11, 24, 13, 0, 0, 5e8, time.UTC),
			},
		},
		{
			"Vault, sealed", "vault", "vault-service-token", vault, says(503, `{"errors":["Vault is sealed"]}`),
			"GET /v1/auth/token/lookup-self", nil,
			verify.Result{Status: verify.Unknown, Reason: "HOST has a fault of its own (503)"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := serve(t, tt.answer)
			got := verifier(t, at(tt.provider, f)).Verify(t.Context(), []verify.Candidate{candidate(tt.detector, tt.value)})
			tt.want.Asked = f.host()
			tt.want.Reason = strings.ReplaceAll(tt.want.Reason, "HOST", f.host())
			tt.want.Subject = strings.ReplaceAll(tt.want.Subject, "HOST", f.host())
			same(t, []verify.Result{tt.want}, got)
			if len(f.seen) != 1 {
				t.Fatalf("%d requests, want 1", len(f.seen))
			}
			if asked := f.seen[0].Method + " " + f.seen[0].URL.String(); asked != tt.path {
				t.Errorf("asked %s, want %s", asked, tt.path)
			}
			if agent := f.seen[0].UserAgent(); agent != "curfew" {
				t.Errorf("User-Agent %q", agent)
			}
			if tt.sent != nil {
				if diff := cmp.Diff(tt.sent, headers(f.seen[0], keysOf(tt.sent)...)); diff != "" {
					t.Errorf("headers (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// TestSeveralEndpoints: a credential is dead only where all endpoints disown it, and whichever knows it
// decides.
func TestSeveralEndpoints(t *testing.T) {
	bad := says(401, `{"message":"Bad credentials"}`)
	user := says(200, `{"login":"octocat"}`, "X-OAuth-Scopes", "repo")
	tests := []struct {
		name          string
		first, second http.HandlerFunc
		want          verify.Status
		asked         int
	}{
		{"the first takes it", user, bad, verify.Live, 1},
		{"the second takes it", bad, user, verify.Live, 2},
		{"both disown it", bad, bad, verify.Dead, 2},
		{"the first has a fault", says(500, ""), bad, verify.Unknown, 2},
		{"the second has a fault", bad, says(500, ""), verify.Unknown, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			one, two := serve(t, tt.first), serve(t, tt.second)
			v := verifier(t, verify.Options{Endpoints: map[string][]string{"github": {one.URL, two.URL}}})
			got := v.Verify(t.Context(), []verify.Candidate{candidate("github-pat", made(t, "github-pat"))})[0]
			if got.Status != tt.want {
				t.Errorf("%s, want %s", got.Status, tt.want)
			}
			if want := []string{one.host(), one.host() + ", " + two.host()}[tt.asked-1]; got.Asked != want {
				t.Errorf("asked %q, want %q", got.Asked, want)
			}
		})
	}
}

// TestSelfHosted: gitlab.com not knowing a token says nothing while any other GitLab could have issued it.
func TestSelfHosted(t *testing.T) {
	client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.URL.Host != "gitlab.com" {
			t.Errorf("asked %s", r.URL.Host)
		}
		w := newRecorder(says(401, `{"message":"401 Unauthorized"}`), r)
		return w, nil
	})}
	got := verifier(t, verify.Options{Client: client}).Verify(t.Context(), []verify.Candidate{candidate("gitlab-pat", made(t, "gitlab-pat"))})
	same(t, []verify.Result{{
		Status: verify.Unknown, Asked: "gitlab.com", Reason: "gitlab.com doesn't know it; if another server issued it, name that",
	}}, got)
}

// TestNowhereToAsk: without an address or a service nothing is sent.
func TestNowhereToAsk(t *testing.T) {
	client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		t.Errorf("asked %s", r.URL.Host)
		return nil, http.ErrHandlerTimeout
	})}
	got := verifier(t, verify.Options{Client: client}).Verify(t.Context(), []verify.Candidate{
		{Index: 3, Detector: "vault-service-token", Value: candidate("", made(t, "vault-service-token")).Value},
		{Index: 1, Detector: "generic-api-key", Value: candidate("", made(t, "generic-api-key")).Value},
		{Index: 2, Detector: "aws-access-token", Value: candidate("", made(t, "aws-access-token")).Value},
	})
	same(t, []verify.Result{
		{Index: 3, Status: verify.Unknown, Reason: "vault has no address of its own: name the server"},
		{Index: 1, Status: verify.Unknown, Reason: "no service is known that could be asked about generic-api-key"},
		{Index: 2, Status: verify.Unknown, Reason: "needs the secret key, which stands nowhere near"},
	}, got)
}

// TestDetectorsExist: every detector that can be asked about is one that finds something.
func TestDetectorsExist(t *testing.T) {
	table, err := os.ReadFile("../secret/kinds.tsv")
	if err != nil {
		t.Fatal(err)
	}
	exists := map[string]bool{}
	for line := range strings.Lines(string(table)) {
		id, _, _ := strings.Cut(line, "\t")
		exists[id] = true
	}
	for _, id := range detectorsOf(t, verifier(t, verify.Options{Recipes: ourRecipes(t)})) {
		if !exists[id] {
			t.Errorf("no detector is named %s", id)
		}
	}
}

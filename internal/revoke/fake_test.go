package revoke_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/revoke"
	"github.com/curfew-ci/curfew/internal/secret/planted"
	"github.com/curfew-ci/curfew/internal/testservers/openapi"
	"github.com/curfew-ci/curfew/internal/verify"
)

// now is the time of all tests.
var now = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// internet is a made-up one, whose services are fakes of ours: each answers as its documentation says, knows one credential,
// and none is the real one. GitHub's is held to GitHub's own description. (A real Vault is asked by the tests of cli.)
type internet struct {
	t     *testing.T
	mu    sync.Mutex
	hosts map[string]http.HandlerFunc
	asked []string // "METHOD HOST/PATH", without the credential
	value string   // the credential
	works bool
	slept time.Duration
	spec  *openapi.Spec
}

func newInternet(t *testing.T, value string) *internet {
	t.Helper()
	spec, err := openapi.Load() // before anything is waited for
	if err != nil {
		t.Fatal(err)
	}
	n := &internet{t: t, value: value, works: true, spec: spec}
	n.hosts = map[string]http.HandlerFunc{
		"api.github.com": n.gitHub, "gitlab.com": n.gitLab, "registry.npmjs.org": n.npm, "slack.com": n.slack,
		"vault.example": n.vault, "iam.amazonaws.com": n.iam,
	}
	return n
}

// RoundTrip leads every host to its fake.
func (n *internet) RoundTrip(r *http.Request) (*http.Response, error) {
	n.mu.Lock()
	n.asked = append(n.asked, r.Method+" "+r.URL.Host+strings.ReplaceAll(r.URL.EscapedPath(), n.value, "..."))
	h := n.hosts[r.URL.Host]
	n.mu.Unlock()
	if h == nil {
		n.t.Errorf("%s was asked", r.URL.Host)
		h = http.NotFound
	}
	w := httptest.NewRecorder()
	done := make(chan struct{})
	go func() { h(w, r); close(done) }()
	select {
	case <-done:
		return w.Result(), nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

func (n *internet) sleep(ctx context.Context, d time.Duration) error {
	n.slept += d
	return ctx.Err()
}

func (n *internet) options() revoke.Options {
	return revoke.Options{
		Client: &http.Client{Transport: n}, Now: func() time.Time { return now }, Sleep: n.sleep, Timeout: time.Second,
		Endpoints: map[string]string{"vault": "https://vault.example"},
		AWS:       revoke.AWSKeys{ID: "AKIA" + "OWNKEYOWNKEYOWNK", Secret: redact.New([]byte("own-" + strings.Repeat("secret-", 4)))},
	}
}

func (n *internet) revoker() *revoke.Revoker {
	n.t.Helper()
	r, err := revoke.New(n.options())
	if err != nil {
		n.t.Fatal(err)
	}
	return r
}

func says(w http.ResponseWriter, status int, body string) {
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// bearer reports whether a request's login is the credential, and it works.
func (n *internet) bearer(r *http.Request) bool {
	return n.works && r.Header.Get("Authorization") == "Bearer "+n.value
}

func (n *internet) gitHub(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet { // what verify asks is verify's to hold to
		n.gitHubAnswer(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		n.t.Error(err)
	}
	call, err := n.spec.Match(r, r.URL.EscapedPath(), body)
	if err != nil {
		n.t.Errorf("a request that isn't as GitHub describes it: %v", err)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	rec := httptest.NewRecorder()
	rec.Header().Set("Content-Type", "application/json")
	n.gitHubAnswer(rec, r)
	if err := call.CheckAnswer(r.Context(), rec.Code, rec.Header(), rec.Body.Bytes()); err != nil {
		n.t.Error(err)
	}
	w.WriteHeader(rec.Code)
	_, _ = w.Write(rec.Body.Bytes())
}

func (n *internet) gitHubAnswer(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodPost && r.URL.Path == "/credentials/revoke":
		var body struct{ Credentials []string }
		switch {
		case r.Header.Get("Authorization") != "":
			says(w, 403, `{"message":"Forbidden"}`)
		case json.NewDecoder(r.Body).Decode(&body) != nil || len(body.Credentials) != 1:
			says(w, 422, `{"message":"Validation Failed"}`)
		default:
			n.works = n.works && body.Credentials[0] != n.value
			says(w, 202, `{}`)
		}
	case !n.bearer(r):
		says(w, 401, `{"message":"Bad credentials"}`)
	case r.Method == http.MethodDelete && r.URL.Path == "/installation/token":
		n.works = false
		w.WriteHeader(http.StatusNoContent)
	case r.URL.Path == "/installation/repositories":
		says(w, 200, `{"total_count":1,"repositories":[]}`)
	case r.URL.Path == "/user":
		says(w, 200, `{"login":"octocat"}`)
	default:
		says(w, 404, `{"message":"Not Found"}`)
	}
}

func (n *internet) gitLab(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path != "/api/v4/personal_access_tokens/self":
		says(w, 404, `{"error":"404 Not Found"}`)
	case r.Header.Get("Private-Token") != n.value:
		says(w, 401, `{"message":"401 Unauthorized"}`)
	case !n.works:
		says(w, 401, `{"error":"invalid_token","error_description":"Token was revoked. You have to re-authorize from the user."}`)
	case r.Method == http.MethodDelete:
		n.works = false
		w.WriteHeader(http.StatusNoContent)
	default:
		says(w, 200, `{"active":true,"user_id":7,"name":"ci","scopes":["api"]}`)
	}
}

func (n *internet) npm(w http.ResponseWriter, r *http.Request) {
	switch {
	case !n.bearer(r):
		says(w, 401, `{"error":"Unauthorized"}`)
	case r.Method == http.MethodDelete && r.URL.Path == "/-/npm/v1/tokens/token/"+n.value:
		n.works = false
		w.WriteHeader(http.StatusNoContent)
	default:
		says(w, 200, `{"username":"octocat"}`)
	}
}

func (n *internet) slack(w http.ResponseWriter, r *http.Request) {
	switch {
	case !n.bearer(r):
		says(w, 200, `{"ok":false,"error":"token_revoked"}`)
	case r.URL.Path == "/api/auth.revoke":
		n.works = false
		says(w, 200, `{"ok":true,"revoked":true}`)
	default:
		says(w, 200, `{"ok":true,"team":"acme","team_id":"T1","user":"bot","user_id":"U1"}`)
	}
}

func (n *internet) vault(w http.ResponseWriter, r *http.Request) {
	switch {
	case !n.works || r.Header.Get("X-Vault-Token") != n.value:
		says(w, 403, `{"errors":["permission denied","invalid token"]}`)
	case r.Method == http.MethodPost && r.URL.Path == "/v1/auth/token/revoke-self":
		n.works = false
		w.WriteHeader(http.StatusNoContent)
	default:
		says(w, 200, `{"data":{"display_name":"token","path":"auth/token/create","policies":["default"]}}`)
	}
}

func (n *internet) iam(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	auth := r.Header.Get("Authorization")
	switch {
	case !strings.Contains(auth, "Credential=AKIA"+"OWNKEYOWNKEYOWNK/20261128/us-east-1/iam/aws4_request"):
		says(w, 403, `<ErrorResponse><Error><Code>InvalidClientTokenId</Code></Error></ErrorResponse>`)
	case r.Form.Get("AccessKeyId") != n.value:
		says(w, 404, `<ErrorResponse><Error><Code>NoSuchEntity</Code></Error></ErrorResponse>`)
	case r.Form.Get("Action") == "GetAccessKeyLastUsed":
		says(w, 200, `<GetAccessKeyLastUsedResponse><GetAccessKeyLastUsedResult><UserName>ci</UserName></GetAccessKeyLastUsedResult></GetAccessKeyLastUsedResponse>`)
	case r.Form.Get("Action") == "UpdateAccessKey" && r.Form.Get("UserName") == "ci" && r.Form.Get("Status") == "Inactive":
		n.works = false
		says(w, 200, `<UpdateAccessKeyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ResponseMetadata/></UpdateAccessKeyResponse>`)
	default:
		says(w, 400, `<ErrorResponse><Error><Code>ValidationError</Code></Error></ErrorResponse>`)
	}
}

// made is a made-up credential of a kind.
func made(t *testing.T, detector string) string {
	t.Helper()
	for _, s := range planted.All(11) {
		if s.Detector == detector {
			return s.Value
		}
	}
	t.Fatalf("no %s is planted", detector)
	return ""
}

// candidate is one of a detector's finds.
func candidate(detector, value string) verify.Candidate {
	return verify.Candidate{Detector: detector, Value: redact.New([]byte(value))}
}

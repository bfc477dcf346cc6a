package lease_test

import (
	"cmp"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

// grantsAt are grants of each provider at an address.
func grantsAt(address string) map[string]*manifest.Grant {
	at := manifest.HandOver{Endpoint: address}
	return map[string]*manifest.Grant{
		"vault":  {Vault: &manifest.Vault{Address: "https://vault.acme.example", Mount: "jwt", Role: "deploy", Namespace: "web", HandOver: at}},
		"aws":    {AWS: &manifest.AWS{Role: "arn:aws:iam::123456789012:role/a", Audience: "sts.amazonaws.com", Region: "eu-west-1", HandOver: at}},
		"gcp":    {GCP: &manifest.GCP{Provider: gcpPool, ServiceAccount: gcpAccount, HandOver: at}},
		"azure":  {Azure: &manifest.Azure{Tenant: azureTenant, Client: azureClient, HandOver: at}},
		"github": {GitHub: &manifest.GitHub{Exchange: cmp.Or(address, "https://octo.acme.example"), HandOver: manifest.HandOver{Endpoint: "https://ghe.acme.example/api/v3"}}},
		"oauth":  {OAuth: &manifest.OAuth{TokenURL: "https://as.acme.example/token", HandOver: at}},
		"npm":    {NPM: &manifest.Registry{HandOver: at}},
		"pypi":   {PyPI: &manifest.Registry{HandOver: at}},
		"crates": {Crates: &manifest.Registry{HandOver: at}},
	}
}

// TestReach asks without a credential; any answer will do but one of a Vault that can't log anybody in.
func TestReach(t *testing.T) {
	clock := &clock{at: start}
	o := lease.Options{Now: clock.now, Sleep: clock.sleep}
	for _, tt := range []struct {
		provider string
		answer   http.HandlerFunc
		says     string
		fails    bool
	}{
		{"vault", says(200, `{"initialized":true,"sealed":false,"standby":true,"version":"1.20.0"}`), "answered 200, version 1.20.0", false},
		{"vault", says(200, `{"initialized":true,"sealed":true}`), "is sealed", true},
		{"vault", says(200, `{"initialized":false,"sealed":true}`), "isn't initialised", true},
		{"vault", says(200, `{}`), "isn't initialised", true},
		{"vault", says(404, "no such page"), "see that this is the address of Vault", true},
		{"vault", says(302, "", "Location", "https://login.acme.example/?next=x"), "redirect to login.acme.example", true},
		{"aws", says(302, "", "Location", "https://aws.amazon.com/iam"), "answered 302", false},
		{"aws", says(400, "<ErrorResponse/>"), "answered 400", false},
		{"github", says(404, ""), "answered 404", false},
		{"gcp", says(404, "<html>"), "answered 404", false},
		{"azure", says(200, `{"issuer":"x"}`), "answered 200", false},
		{"azure", azureRefusal(400, "invalid_tenant", "90002", "Tenant isn't found."), "AADSTS90002: Tenant isn't found. to the question for the tenant: see that " + azureTenant + " is the tenant's id", true},
		{"azure", says(404, ""), "answered 404 to the question for the tenant", true},
		{"github", says(500, ""), "answered 500", false},
		{"oauth", says(405, ""), "answered 405", false},
		{"npm", says(200, "{}"), "answered 200", false},
		{"pypi", says(200, "<html>"), "answered 200", false},
		{"crates", says(403, ""), "answered 403", false},
	} {
		f := serve(t, tt.answer)
		said, err := lease.Reach(t.Context(), grantsAt(f.URL)[tt.provider], nil, o)
		if err != nil {
			said = err.Error()
		}
		if (err != nil) != tt.fails || !strings.Contains(said, tt.says) {
			t.Errorf("%s: %q, %v, want %q", tt.provider, said, err, tt.says)
		}
		if len(f.seen) != 1 || f.seen[0].method != http.MethodGet || f.seen[0].body != "" {
			t.Errorf("%s: asked %v", tt.provider, f.asked())
		}
		for _, name := range []string{"Authorization", "X-Vault-Token", "X-Vault-Namespace"} {
			if f.seen[0].header.Get(name) != "" {
				t.Errorf("%s: sent %s", tt.provider, name)
			}
		}
	}
	for address, want := range map[string]string{
		"http://127.0.0.1:1": "can't be reached", "http://vault.acme.example": "expected https", "https://u:p@acme.example": "user or password",
	} {
		for name, g := range grantsAt(address) {
			if said, err := lease.Reach(t.Context(), g, nil, o); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "u:p") {
				t.Errorf("%s %s: %q %v", name, address, said, err)
			}
		}
	}
	if _, err := lease.Reach(t.Context(), &manifest.Grant{}, nil, o); err == nil {
		t.Error("a grant of no provider is reached")
	}
}

// TestEndpoint is where a lease would ask.
func TestEndpoint(t *testing.T) {
	for name, want := range map[string]string{
		"vault": "https://vault.acme.example", "aws": "https://sts.eu-west-1.amazonaws.com", "github": "https://octo.acme.example",
		"oauth": "https://as.acme.example/token", "npm": "https://registry.npmjs.org", "pypi": "https://pypi.org", "crates": "https://crates.io",
	} {
		if got, err := lease.Endpoint(grantsAt("")[name]); err != nil || got != want {
			t.Errorf("%s: %q %v", name, got, err)
		}
		if got, err := lease.Endpoint(grantsAt("https://elsewhere.example")[name]); err != nil || got != "https://elsewhere.example" {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
}

// TestVaultRole reads a role by the token that it is given, and shows that token nowhere.
func TestVaultRole(t *testing.T) {
	token := "hvs." + made(90)
	clock := &clock{at: start}
	for _, tt := range []struct {
		answer http.HandlerFunc
		want   string
		is     error
		says   string
	}{
		{says(200, `{"request_id":"1","data": {"bound_claims": {"a": ["b"]}, "token_ttl": 900},"auth":null}`), `{"bound_claims": {"a": ["b"]}, "token_ttl": 900}`, nil, ""},
		{says(403, errorsOf("permission denied "+token)), "", lease.ErrNotAllowed, "permission denied"},
		{says(404, errorsOf()), "", lease.ErrNoRole, "answered 404"},
		{says(400, errorsOf("no handler for route")), "", nil, "no handler"},
		{says(200, `{"data":{"a":1,"a":2}}`), "", nil, "no JSON that is right"},
		{says(200, `{"data":[]}`), "", nil, "holds no role"},
		{says(200, `{"data":null}`), "", nil, "holds no role"},
		{says(302, "", "Location", "https://evil.example/?t="+token), "", nil, "redirect"},
	} {
		f := serve(t, tt.answer)
		got, err := lease.VaultRole(t.Context(), grantsAt(f.URL)["vault"].Vault, redact.New([]byte(token)), lease.Options{Now: clock.now, Sleep: clock.sleep})
		switch {
		case tt.want != "":
			if err != nil || string(got) != tt.want {
				t.Errorf("%s, %v", got, err)
			}
		case err == nil || tt.is != nil && !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.says):
			t.Errorf("%v, want %v: %s", err, tt.is, tt.says)
		default:
			unseen(t, err.Error(), token)
		}
		if s := f.seen[0]; s.path != "/v1/auth/jwt/role/deploy" || s.header.Get("X-Vault-Token") != token || s.header.Get("X-Vault-Namespace") != "web" {
			t.Errorf("%s %v", s.path, s.header)
		}
	}
}

package trust

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/identity"
)

var holdNow = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

// meant is the token of the job that the golden manifest's deploy means.
func meant(audience string) map[string]any {
	return map[string]any{
		"iss": github, "aud": audience, "sub": "repo:acme/payments-api:environment:production%3A eu", "environment": "production: eu",
		"event_name": "push", "job_workflow_ref": "acme/payments-api/.github/workflows/deploy.yml@refs/heads/main",
		"repository": "acme/payments-api", "repository_id": "987654", "repository_owner_id": "4242",
	}
}

func claimsOf(t *testing.T, token map[string]any) identity.Claims {
	t.Helper()
	src, err := json.Marshal(token)
	if err != nil {
		t.Fatal(err)
	}
	c, err := identity.ParseClaims("claims.json", src)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func rendered(t testing.TB, grant string) Document {
	t.Helper()
	docs, gaps := Render(parse(t, sample(t)), nil, Options{Grant: grant})
	if len(docs) != 1 {
		t.Fatal(describe(gaps))
	}
	return docs[0]
}

// TestRefusals names each claim for which a document turns a token away, and no other.
func TestRefusals(t *testing.T) {
	const vault, sts = "https://vault.acme.example", "sts.amazonaws.com"
	for _, tt := range []struct {
		name, grant string
		change      map[string]any // nil takes the claim away
		want        []Difference
	}{
		{"let in", "deploy/kv", map[string]any{"aud": vault}, nil},
		{"an audience as a list", "deploy/kv", map[string]any{"aud": []string{vault}}, nil},
		{"two audiences", "deploy/kv", map[string]any{"aud": []string{vault, "x"}}, []Difference{
			{"bound_audiences", `["` + vault + `", "x"]`, `"` + vault + `"`},
		}},
		{"another audience", "deploy/kv", map[string]any{"aud": "vault"}, []Difference{{"bound_audiences", `"vault"`, `"` + vault + `"`}}},
		{"no environment", "deploy/kv", map[string]any{"aud": vault, "environment": nil}, []Difference{
			{"bound_claims.environment", "absent", `"production: eu"`},
		}},
		{"another event and project", "deploy/kv", map[string]any{"aud": vault, "event_name": "issue_comment", "repository_id": "1"}, []Difference{
			{"bound_claims.event_name", `"issue_comment"`, `"push" or "schedule" or "workflow_dispatch" or "release"`},
			{"bound_claims.repository_id", `"1"`, `"987654"`},
		}},
		{"let in by AWS", "deploy/prod", map[string]any{"aud": sts}, nil},
		{"another subject", "deploy/prod", map[string]any{"aud": sts, "sub": "repo:acme/payments-api:ref:refs/heads/main"}, []Difference{{
			"token.actions.githubusercontent.com:sub", `"repo:acme/payments-api:ref:refs/heads/main"`, `"repo:acme/payments-api:environment:production%3A eu"`,
		}}},
		{"another issuer", "deploy/prod", map[string]any{"aud": sts, "iss": "https://evil.example"}, []Difference{
			{"Principal.Federated", `"https://evil.example"`, `"` + github + `"`},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			token := meant("")
			maps.Copy(token, tt.change)
			maps.DeleteFunc(token, func(_ string, v any) bool { return v == nil })
			if diff := cmp.Diff(tt.want, rendered(t, tt.grant).Refusals(claimsOf(t, token), holdNow)); diff != "" {
				t.Error(diff)
			}
		})
	}
	late := rendered(t, "deploy/prod").Refusals(claimsOf(t, meant(sts)), holdNow.AddDate(9, 0, 0))
	if len(late) != 1 || late[0].What != "aws:CurrentTime" {
		t.Errorf("after the end: %v", late)
	}
}

// TestDeployed compares a role with the one that is deployed, as Vault answers it.
func TestDeployed(t *testing.T) {
	d := rendered(t, "deploy/kv")
	for _, tt := range []struct {
		name, old, by string
		want          []Difference
	}{
		{"the same", "", "", nil},
		{"what Vault adds", "{", `{"allowed_redirect_uris": null, "max_age": 0, "oidc_scopes": [], "verbose_oidc_logging": false,`, nil},
		{"one value as it was written", `["production: eu"]`, `"production: eu"`, nil},
		{"another order", `["push","schedule","workflow_dispatch","release"]`, `["release","push","schedule","workflow_dispatch"]`, nil},
		{"never written", `"token_period":0`, `"token_period":null`, nil},
		{"a pattern", `"bound_claims_type":"string"`, `"bound_claims_type":"glob"`, []Difference{{"bound_claims_type", `"glob"`, `"string"`}}},
		{"a claim that isn't bound", `"environment":["production: eu"],`, "", []Difference{{"bound_claims.environment", "absent", `["production: eu"]`}}},
		{"one more value", `["987654"]`, `["987654","1"]`, []Difference{{"bound_claims.repository_id", `["1", "987654"]`, `["987654"]`}}},
		{"no claims", `"bound_claims":{`, `"bound_claims":null,"x":{`, nil}, // below
		{"a longer life", `"token_ttl":900`, `"token_ttl":9000`, []Difference{{"token_ttl", "9000", "900"}}},
		{"another policy", `"curfew/deploy/kv"`, `"curfew/deploy/kv","root"`, []Difference{{"token_policies", `["curfew/deploy/kv", "root"]`, `["curfew/deploy/kv"]`}}},
		{"a parameter that isn't rendered", "{", `{"token_bound_cidrs":["10.0.0.0/8"],`, []Difference{
			{"token_bound_cidrs", `["10.0.0.0/8"]`, "nothing: the rendered role doesn't have it"},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			role := string(compact(d.body.data()))
			if !strings.Contains(role, tt.old) {
				t.Fatalf("%s isn't in %s", tt.old, role)
			}
			compared, err := d.Deployed([]byte(strings.Replace(role, tt.old, tt.by, 1)))
			if err != nil {
				t.Fatal(err)
			}
			got := compared.Differences
			if tt.name == "no claims" {
				if len(got) != 8 {
					t.Errorf("%v", got)
				}
				return
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	for _, odd := range []string{"", "null", "[]", "3", "{} {}", "{", `{"bound_claims": 3}x`} {
		if got, err := d.Deployed([]byte(odd)); err == nil {
			t.Errorf("%q is taken for a role: %v", odd, got)
		}
	}
	if _, err := rendered(t, "deploy/prod").Deployed([]byte("{}")); err == nil {
		t.Error("an object without statements is taken for a trust policy")
	}
}

// FuzzDeployed: whatever a server answers, nothing but the role as it is rendered is taken for it.
func FuzzDeployed(f *testing.F) {
	d := rendered(f, "deploy/kv")
	f.Add(string(d.JSON()))
	f.Add(`{"bound_claims": {"a": [1, null, {"b": []}]}, "token_ttl": "900"}`)
	f.Add(`{"bound_claims": "x", "bound_audiences": {}}`)
	f.Fuzz(func(t *testing.T, role string) {
		compared, err := d.Deployed([]byte(role))
		if err != nil {
			return
		}
		got := compared.Differences
		var has map[string]any
		if err := json.Unmarshal([]byte(role), &has); err != nil {
			t.Fatalf("%q is taken, and isn't JSON", role)
		}
		same := has["bound_claims_type"] == "string" && has["role_type"] == "jwt"
		if len(got) == 0 && !same {
			t.Errorf("no difference in %s", role)
		}
		for _, g := range got {
			if g.Received == g.Expected {
				t.Errorf("%+v", g)
			}
		}
	})
}

//go:build e2e

package trust

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// vaultServer is a real Vault.
type vaultServer struct{ testservers.Vault }

// answer is what Vault says to a login.
type answer struct {
	status int
	Errors []string
	Auth   struct {
		Token    string            `json:"client_token"`
		Policies []string          `json:"policies"`
		Metadata map[string]string `json:"metadata"`
		Seconds  int               `json:"lease_duration"`
		Type     string            `json:"token_type"`
	}
}

// call posts to Vault.
func (v vaultServer) call(t *testing.T, token, path string, body any) answer {
	t.Helper()
	src, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	status, text := v.Ask(t, token, http.MethodPost, path, string(src))
	a := answer{status: status}
	if len(text) > 0 && json.Unmarshal(text, &a) != nil {
		t.Fatalf("%s: %s", path, text)
	}
	return a
}

// configure does something as root, which must succeed.
func (v vaultServer) configure(t *testing.T, path string, body any) {
	t.Helper()
	if a := v.call(t, v.Root, path, body); a.status >= 300 {
		t.Fatalf("%s: %d %+v", path, a.status, a)
	}
}

// sign makes a JWT of claims, by RS256.
func sign(t *testing.T, key *rsa.PrivateKey, claims token) string {
	t.Helper()
	all := map[string]any{"iat": time.Now().Unix(), "exp": time.Now().Add(5 * time.Minute).Unix(), "jti": "9d5f"}
	for name, value := range claims {
		all[name] = value
	}
	src, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString(src)
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// TestE2EVaultRole loads rendered roles into a real Vault, which then lets in exactly whom Decide allows.
func TestE2EVaultRole(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	server := vaultServer{testservers.StartVault(t)}
	server.configure(t, "sys/auth/jwt", map[string]any{"type": "jwt"})
	server.configure(t, "auth/jwt/config", map[string]any{
		"jwt_validation_pubkeys": []string{string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))},
	})
	const named = `repository: acme/app, repository_id: "987", job_workflow_ref: acme/app/.github/workflows/d.yml@refs/heads/main`
	for name, claims := range map[string]string{
		"environment": named + `, repository_owner_id: "4242", environment: "prod: eu"`,
		"events":      named + `, ref: [refs/heads/main, refs/tags/main], event_name: [push, issue_comment]`,
		"subject":     named + `, sub: "repo:acme@4242/app@987:environment:prod"`,
		"subjects":    named + `, sub: ["repo:acme/app:environment:prod", "repo:acme@4242/app@987:environment:prod"]`,
		"star":        named + `, environment: "*"`,
	} {
		t.Run(name, func(t *testing.T) {
			m := parse(t, manifestWith("{ "+claims+" }"))
			docs, gaps := Render(m, nil, Options{Grant: "deploy/vault"})
			if len(docs) != 1 {
				t.Fatal(describe(gaps))
			}
			server.configure(t, docs[0].Target, map[string]any{ // what stood there before
				"role_type": "jwt", "user_claim": "/sub", "user_claim_json_pointer": true, "bound_subject": "x", "bound_claims_type": "glob",
				"bound_claims": map[string]string{"other": "*"}, "token_period": "72h", "token_num_uses": 7, "groups_claim": "actor", "token_policies": "root",
				"expiration_leeway": 86400,
			})
			server.configure(t, docs[0].Target, json.RawMessage(docs[0].JSON()))
			server.compare(t, m, key)
		})
	}
}

// compare logs in with tokens of all kinds.
func (v vaultServer) compare(t *testing.T, m *manifest.Manifest, key *rsa.PrivateKey) {
	t.Helper()
	now := time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)
	var right token
	denied := 0
	for _, tok := range tokens(github) {
		allow := manifest.Decide(m, nil, manifest.Question{Claims: tok.claims(t), Grant: "deploy/vault"}, manifest.Facts{}, now).Allow
		if denied++; !allow && denied%23 != 0 {
			continue // each login is a signature, and most tokens differ from the right ones in everything
		}
		a := v.call(t, "", "auth/jwt/login", map[string]string{"role": "deploy", "jwt": sign(t, key, tok)})
		if (a.Auth.Token != "") != allow {
			t.Fatalf("Decide says %v, Vault %d of %v", allow, a.status, tok)
		}
		if allow {
			right = tok
		}
	}
	if right == nil {
		t.Fatal("no token is let in")
	}
	v.near(t, key, right)
	a := v.call(t, "", "auth/jwt/login", map[string]string{"role": "deploy", "jwt": sign(t, key, right)})
	if a.Auth.Seconds != 3600 || a.Auth.Type != "service" || a.Auth.Metadata["oidc_jti"] != "9d5f" || a.Auth.Metadata["repository"] != "acme/app" {
		t.Errorf("%+v", a.Auth)
	}
	if diff := cmp.Diff([]string{"curfew/deploy/vault", "default"}, slices.Sorted(slices.Values(a.Auth.Policies))); diff != "" {
		t.Error(diff)
	}
	if again := v.call(t, a.Auth.Token, "auth/token/renew-self", map[string]string{"increment": "48h"}); again.Auth.Seconds > 3600 {
		t.Errorf("renewed to %d s", again.Auth.Seconds)
	}
	if r := v.call(t, a.Auth.Token, "auth/token/revoke-self", nil); r.status != http.StatusNoContent {
		t.Errorf("a token can't revoke itself: %d", r.status)
	}
}

// near logs in with tokens that differ from a right one in one claim.
func (v vaultServer) near(t *testing.T, key *rsa.PrivateKey, right token) {
	t.Helper()
	for claim, value := range map[string]string{
		"iss": "https://evil.example", "aud": "https://vault.example/", "repository_id": "9870", "repository": "acme/App",
		"job_workflow_ref": "acme/app/.github/workflows/d.yml@refs/heads/main2",
	} {
		for _, wrong := range []string{value, ""} {
			tok := maps.Clone(right)
			tok[claim] = wrong
			if wrong == "" {
				delete(tok, claim)
			}
			a := v.call(t, "", "auth/jwt/login", map[string]string{"role": "deploy", "jwt": sign(t, key, tok)})
			if a.Auth.Token != "" {
				t.Errorf("Vault lets in %s %q", claim, wrong)
			}
		}
	}
}

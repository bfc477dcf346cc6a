//go:build e2e

package lease_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// realProvider has the real clock.
func realProvider(t *testing.T, name string) lease.Provider {
	t.Helper()
	p, err := lease.For(name, lease.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// realRequest is a request with an ID token of an issuer's.
func realRequest(t *testing.T, token string, g *manifest.Grant) lease.Request {
	t.Helper()
	claims, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	c, err := identity.ParseClaims("claims", claims)
	if err != nil {
		t.Fatal(err)
	}
	return lease.Request{
		Grant: g, IDToken: redact.New([]byte(token)), TTL: 15 * time.Minute, Claims: c,
		Session:  lease.Session{Run: "12055500123", Attempt: "1", Lease: "01JD9Z6Q4T8K"},
		Expected: map[string]manifest.Match{"repository_id": manifest.Literal("987654")},
	}
}

// leased exchanges what must succeed.
func leased(t *testing.T, p lease.Provider, r lease.Request) *lease.Credential {
	t.Helper()
	c, err := p.Exchange(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// value is what a credential hands over under a name.
func value(t *testing.T, c *lease.Credential, name string) string {
	t.Helper()
	for _, v := range c.Values {
		if v.Name == name {
			return string(v.Value.Reveal())
		}
	}
	t.Fatalf("no %s is handed over", name)
	return ""
}

// vaultWorld is a real Vault that trusts an issuer, with roles for what is to be tested.
type vaultWorld struct {
	testservers.Vault
	issuer *testservers.Issuer
	audit  string
}

func newVaultWorld(t *testing.T) vaultWorld {
	t.Helper()
	w := vaultWorld{testservers.StartVault(t), testservers.StartIssuer(t, nil), filepath.Join(t.TempDir(), "audit.log")}
	w.Call(t, "PUT", "sys/audit/file", fmt.Sprintf(`{"type":"file","options":{"file_path":%q}}`, w.audit))
	w.Call(t, "POST", "sys/mounts/secret", `{"type":"kv","options":{"version":"2"}}`)
	w.Call(t, "POST", "sys/mounts/kv1", `{"type":"kv","options":{"version":"1"}}`)
	w.Call(t, "PUT", "kv1/deploy", `{"value":"first-version"}`)
	for _, path := range []string{"secret/data/deploy", "secret/data/other"} {
		w.write(t, path, `{"data":{"user":"deploy","password":"second-version"}}`)
	}
	w.Call(t, "PUT", "sys/policies/acl/deploy", `{"policy":"path \"secret/data/deploy\" { capabilities = [\"read\"] }\npath \"kv1/deploy\" { capabilities = [\"read\"] }"}`)
	w.Call(t, "POST", "sys/auth/jwt", `{"type":"jwt"}`)
	w.Call(t, "PUT", "auth/jwt/config", fmt.Sprintf(`{"jwks_url":%q,"bound_issuer":%q}`, w.issuer.URL+"/keys", w.issuer.URL))
	for role, more := range map[string]string{
		"deploy": `"token_ttl":"10m","token_max_ttl":"15m"`, "long": `"token_ttl":"1h"`,
		"batch": `"token_ttl":"10m","token_type":"batch"`, "bare": `"token_ttl":"10m","token_no_default_policy":true`,
	} {
		w.Call(t, "PUT", "auth/jwt/role/"+role, `{"role_type":"jwt","user_claim":"sub","bound_audiences":["vault"],"bound_claims":{"repository_id":"987654"},`+
			`"claim_mappings":{"jti":"oidc_jti","repository":"repository","run_id":"run_id"},"token_policies":["deploy"],`+more+`}`)
	}
	return w
}

// write writes a secret as soon as the store is ready: the second version makes itself ready after it is mounted.
func (w vaultWorld) write(t *testing.T, path, body string) {
	t.Helper()
	for range 100 {
		if status, _ := w.Ask(t, w.Root, "PUT", path, body); status < 300 {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("%s can't be written", path)
}

func (w vaultWorld) request(t *testing.T, role string, change map[string]any) lease.Request {
	t.Helper()
	return realRequest(t, w.issuer.Token("vault", change), &manifest.Grant{
		Vault: &manifest.Vault{Address: w.URL, Mount: "jwt", Role: role, Audience: "vault"},
	})
}

// lives reports whether a token works, by the status of a question about itself.
func (w vaultWorld) lives(t *testing.T, token string) bool {
	t.Helper()
	status, _ := w.Ask(t, w.Root, "POST", "auth/token/lookup", fmt.Sprintf(`{"token":%q}`, token))
	return status == http.StatusOK
}

// TestE2EVault leads a token of a real Vault from login to its end.
func TestE2EVault(t *testing.T) {
	w := newVaultWorld(t)
	p := realProvider(t, "vault")
	r := w.request(t, "deploy", nil)
	r.Grant.Vault.Read = map[string]string{"secret/data/deploy#password": "DB_PASSWORD", "kv1/deploy": "FIRST"}
	began := time.Now()
	c := leased(t, p, r)
	token := value(t, c, "VAULT_TOKEN")
	if value(t, c, "DB_PASSWORD") != "second-version" || value(t, c, "FIRST") != "first-version" || value(t, c, "VAULT_ADDR") != w.URL {
		t.Errorf("handed over %q", values(c))
	}
	if in := c.NotAfter.Sub(began); in < 10*time.Minute || in > 10*time.Minute+time.Minute || c.Revocable != lease.ByToken || !c.Renewable {
		t.Errorf("%+v, which ends in %s", c, in)
	}
	if status, body := w.Ask(t, w.Root, "POST", "auth/token/lookup-accessor", fmt.Sprintf(`{"accessor":%q}`, c.Handle)); status != http.StatusOK {
		t.Errorf("Vault doesn't know the handle: %d %s", status, body)
	}
	for path, want := range map[string]int{"secret/data/deploy": http.StatusOK, "secret/data/other": http.StatusForbidden} {
		if status, body := w.Ask(t, token, "GET", path, ""); status != want {
			t.Errorf("%s: %d %s, want %d", path, status, body, want)
		}
	}
	kept, err := c.Stub()
	if err != nil {
		t.Fatal(err)
	}
	again, err := lease.ReadStub("lease.json", kept.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []lease.Outcome{lease.Revoked, lease.AlreadyEnded} {
		if got, err := p.Revoke(t.Context(), again); err != nil || got.Outcome != want {
			t.Errorf("%s and %v, want %s", got, err, want)
		}
	}
	if status, _ := w.Ask(t, token, "GET", "secret/data/deploy", ""); status != http.StatusForbidden || w.lives(t, token) {
		t.Errorf("the token outlived its end: %d", status)
	}
	w.audited(t, r, token)
}

// audited reads in Vault's own audit that it was this job's token that logged in, read and ended itself.
func (w vaultWorld) audited(t *testing.T, r lease.Request, token string) {
	t.Helper()
	text, err := os.ReadFile(w.audit)
	if err != nil {
		t.Fatal(err)
	}
	unseen(t, string(text), token, string(r.IDToken.Reveal()))
	jti, _ := r.Claims.Text("jti")
	seen := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		var entry struct {
			Type    string
			Auth    struct{ Metadata map[string]string }
			Request struct{ Path string }
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		if m := entry.Auth.Metadata; entry.Type == "response" && m["oidc_jti"] == jti && m["run_id"] == "12055500123" && m["repository"] == "acme/web" {
			seen[entry.Request.Path] = true
		}
	}
	for _, path := range []string{"auth/jwt/login", "secret/data/deploy", "auth/token/revoke-self"} {
		if !seen[path] {
			t.Errorf("the audit doesn't show %s by the token of %s", path, jti)
		}
	}
}

// TestE2EVaultDenied: what a real Vault refuses comes with its words and the claims.
func TestE2EVaultDenied(t *testing.T) {
	w := newVaultWorld(t)
	p := realProvider(t, "vault")
	forged := w.request(t, "deploy", nil)
	forged.IDToken = redact.New([]byte(w.issuer.Forged("vault", nil)))
	for _, tt := range []struct {
		name            string
		r               lease.Request
		said, claim, do string
	}{
		{"audience", w.request(t, "deploy", map[string]any{"aud": "elsewhere"}), "invalid audience", `aud: received "elsewhere", expected "vault"`, "let bound_audiences of the role deploy at auth/jwt hold"},
		{"claim", w.request(t, "deploy", map[string]any{"repository_id": "1"}), "repository_id", `repository_id: received "1", expected "987654"`, "compare the claims with bound_subject, bound_claims"},
		{"expired", w.request(t, "deploy", map[string]any{"exp": time.Now().Add(-time.Hour).Unix(), "nbf": time.Now().Add(-2 * time.Hour).Unix(), "iat": time.Now().Add(-2 * time.Hour).Unix()}), "expired", `aud: received "vault", expected "vault"`, "exchange the ID token as soon as it is fetched"},
		{"role", w.request(t, "none", nil), `role "none" could not be found`, `aud: received "vault", expected "vault"`, "create the role none at auth/jwt"},
		{"signature", forged, "error validating token: ", `aud: received "vault", expected "vault"`, "compare the claims"},
	} {
		d := isDenied(t, failed(t, p, tt.r))
		if !strings.Contains(d.Answer, tt.said) || !strings.Contains(strings.Join(d.Claims, "\n"), tt.claim) || !strings.Contains(d.Try, tt.do) {
			t.Errorf("%s: %v", tt.name, d)
		}
	}
	wrong := w.request(t, "deploy", nil)
	wrong.Grant.Vault.Mount = "other"
	if d := isDenied(t, failed(t, p, wrong)); !strings.Contains(d.Try, "see that auth/other is a JWT auth mount") {
		t.Error(d)
	}
}

// TestE2EVaultRefused: what isn't handed over doesn't live on in a real Vault.
func TestE2EVaultRefused(t *testing.T) {
	w := newVaultWorld(t)
	p := realProvider(t, "vault")
	forbidden := w.request(t, "deploy", nil)
	forbidden.Grant.Vault.Read = map[string]string{"secret/data/other#user": "OTHER"}
	unversioned := w.request(t, "deploy", nil)
	unversioned.Grant.Vault.Read = map[string]string{"kv1/deploy#other": "OTHER"}
	for _, tt := range []struct {
		r    lease.Request
		want string
	}{
		{w.request(t, "long", nil), "the token would live for 1h0m0s, longer than the 15m0s that the grant allows: set token_ttl and token_max_ttl of the role long to 900 s"},
		{forbidden, "let a policy of the role grant read on it"},
		{unversioned, `the secret has no key "other"`},
	} {
		err := failed(t, p, tt.r)
		if !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "\n  the token isn't handed over; it is revoked (") {
			t.Errorf("%v, want %s in it", err, tt.want)
		}
	}
	_, body := w.Ask(t, w.Root, "LIST", "auth/token/accessors", "")
	var said struct{ Data struct{ Keys []string } }
	if err := json.Unmarshal(body, &said); err != nil || len(said.Data.Keys) != 1 {
		t.Errorf("beside root's there are tokens: %s", body)
	}
}

// TestE2EVaultExpireOnly: tokens that can't be revoked aren't called revoked, and live.
func TestE2EVaultExpireOnly(t *testing.T) {
	w := newVaultWorld(t)
	p := realProvider(t, "vault")
	for role, want := range map[string]string{
		"bare":  "answered 403: 1 error occurred: * permission denied; it may have ended; where token_no_default_policy is set, the role needs a policy that grants update on auth/token/revoke-self)",
		"batch": "(not asked: a batch token can't be revoked)",
	} {
		c := leased(t, p, w.request(t, role, nil))
		got, err := p.Revoke(t.Context(), c)
		if err != nil || got.Outcome != lease.ExpireOnly || !strings.HasSuffix(got.String(), want) {
			t.Errorf("%s: %s and %v, want %s", role, got, err, want)
		}
		if !w.lives(t, value(t, c, "VAULT_TOKEN")) {
			t.Errorf("%s: the token doesn't live", role)
		}
		text, err := os.ReadFile(w.audit)
		if role == "batch" && (err != nil || !strings.Contains(string(text), `"id":"`+strings.TrimPrefix(c.Handle, "request:")+`"`)) {
			t.Errorf("Vault's audit doesn't know %s", c.Handle)
		}
	}
}

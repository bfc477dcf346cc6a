package verify_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/verify"
)

// pemOf is a private key in PKCS #8.
func pemOf(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// rsaKey makes a key; small, so that it is quick.
func rsaKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// keyFile is a service account's key file and the candidate that Pair makes of it.
func keyFile(t *testing.T, key any) verify.Candidate {
	t.Helper()
	value := strings.ReplaceAll(pemOf(t, key), "\n", `\n`)
	text := `{
  "type": "service_account",
  "private_key_id": "0123456789abcdef0123456789abcdef01234567",
  "private_key": "` + value + `",
  "client_email": "ci@acme-prod.iam.gserviceaccount.com",
  "token_uri": "https://attacker.example/token"
}`
	start := strings.Index(text, value)
	return verify.Pair([]byte(text), []verify.Found{{
		Detector: "gcp-service-account-key", Value: redact.New([]byte(value)), Start: start, End: start + len(value),
	}})[0]
}

// TestServiceAccount: Google's answers are those of
// https://developers.google.com/identity/protocols/oauth2/service-account#error-codes.
func TestServiceAccount(t *testing.T) {
	key := rsaKey(t)
	tests := []struct {
		name   string
		answer http.HandlerFunc
		want   verify.Result
	}{
		{
			"live", says(200, `{"access_token":"ya29.made-up","expires_in":3599,"token_type":"Bearer"}`),
			verify.Result{Status: verify.Live, Subject: "service account ci@acme-prod.iam.gserviceaccount.com", Reason: "Google doesn't say here what an account may do"},
		},
		{
			"key deleted", says(400, `{"error":"invalid_grant","error_description":"Invalid JWT Signature."}`),
			verify.Result{Status: verify.Dead, Reason: "Google says: Invalid JWT Signature."},
		},
		{
			"account deleted", says(400, `{"error":"invalid_grant","error_description":"Invalid grant: account not found"}`),
			verify.Result{Status: verify.Dead, Reason: "Google says: Invalid grant: account not found"},
		},
		{
			"a wrong clock", says(400, `{"error":"invalid_grant","error_description":"Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe."}`),
			verify.Result{Status: verify.Unknown, Reason: "Google says: invalid_grant (Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.)"},
		},
		{"something else", says(200, `<html>`), verify.Result{Status: verify.Unknown, Reason: "HOST answered 200, which says neither"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := serve(t, tt.answer)
			got := verifier(t, at("gcp", f)).Verify(t.Context(), []verify.Candidate{keyFile(t, key)})
			tt.want.Asked, tt.want.Reason = f.host(), strings.ReplaceAll(tt.want.Reason, "HOST", f.host())
			same(t, []verify.Result{tt.want}, got)
			if f.seen[0].URL.String() != "/token" || f.form[0]["grant_type"] != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
				t.Errorf("asked %s with %v", f.seen[0].URL, f.form[0])
			}
			checkJWT(t, key, f.form[0]["assertion"], f.URL)
		})
	}
}

// checkJWT holds the assertion to RFC 7523 and to the least that is needed.
func checkJWT(t *testing.T, key *rsa.PrivateKey, jwt, base string) {
	t.Helper()
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		t.Fatalf("%d parts", len(parts))
	}
	var decoded [3][]byte
	for i := range parts {
		var err error
		if decoded[i], err = base64.RawURLEncoding.DecodeString(parts[i]); err != nil {
			t.Fatal(err)
		}
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], decoded[2]); err != nil {
		t.Error(err)
	}
	var header, claims map[string]any
	if json.Unmarshal(decoded[0], &header) != nil || json.Unmarshal(decoded[1], &claims) != nil {
		t.Fatal("no JSON")
	}
	if diff := cmp.Diff(map[string]any{"alg": "RS256", "typ": "JWT", "kid": "0123456789abcdef0123456789abcdef01234567"}, header); diff != "" {
		t.Error(diff)
	}
	want := map[string]any{
		"iss": "ci@acme-prod.iam.gserviceaccount.com", "aud": base + "/token", "scope": "https://www.googleapis.com/auth/userinfo.email",
		"iat": float64(now.Unix()), "exp": float64(now.Unix() + 300),
	}
	if diff := cmp.Diff(want, claims); diff != "" {
		t.Error(diff)
	}
}

// TestServiceAccountUnfit: a key that can't be used is sent nowhere.
func TestServiceAccountUnfit(t *testing.T) {
	f := serve(t, says(200, `{"access_token":"x"}`))
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	whole := keyFile(t, rsaKey(t))
	alone, cut, spoilt := whole, whole, whole
	alone.Near.ClientEmail = ""
	cut.Value = redact.New(whole.Value.Reveal()[:300])
	spoilt.Value = redact.New([]byte(strings.Replace(string(whole.Value.Reveal()), `\nMII`, `\nMAA`, 1)))
	tests := []struct {
		ask  verify.Candidate
		want string
	}{
		{alone, "needs client_email, which stands nowhere near"},
		{cut, "the private key isn't whole"},
		{spoilt, "the private key can't be read"},
		{keyFile(t, curve), "the private key isn't an RSA key, as Google's are"},
	}
	for _, tt := range tests {
		got := verifier(t, at("gcp", f)).Verify(t.Context(), []verify.Candidate{tt.ask})
		same(t, []verify.Result{{Status: verify.Unknown, Reason: tt.want}}, got)
	}
	if len(f.seen) > 0 {
		t.Errorf("%d requests, want none", len(f.seen))
	}
}

// TestGoogleToken: https://developers.google.com/identity/protocols/oauth2 on tokeninfo.
func TestGoogleToken(t *testing.T) {
	token := made(t, "google-oauth-access-token")
	tests := []struct {
		name   string
		answer http.HandlerFunc
		want   verify.Result
	}{
		{
			"live", says(200, `{"azp":"123.apps.googleusercontent.com","aud":"123","scope":"openid https://www.googleapis.com/auth/cloud-platform","exp":"1795525200","expires_in":"3600","email":"ci@acme.example"}`),
			verify.Result{
				Status: verify.Live, Subject: "account ci@acme.example", Scopes: []string{"https://www.googleapis.com/auth/cloud-platform", "openid"},
				Expires: time.Unix(1795525200, 0).UTC(),
			},
		},
		{"without an address", says(200, `{"azp":"123","scope":"a","exp":"1795525200"}`), verify.Result{Status: verify.Live, Subject: "client 123", Scopes: []string{"a"}, Expires: time.Unix(1795525200, 0).UTC()}},
		{"dead", says(400, `{"error":"invalid_token","error_description":"Invalid Value"}`), verify.Result{Status: verify.Dead, Reason: "Google says: invalid token"}},
		{"another fault", says(400, `{"error":"invalid_request"}`), verify.Result{Status: verify.Unknown, Reason: "HOST answered 400, which says neither"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := serve(t, tt.answer)
			got := verifier(t, at("gcp", f)).Verify(t.Context(), []verify.Candidate{candidate("google-oauth-access-token", token)})
			tt.want.Asked, tt.want.Reason = f.host(), strings.ReplaceAll(tt.want.Reason, "HOST", f.host())
			same(t, []verify.Result{tt.want}, got)
			if r := f.seen[0]; r.URL.String() != "/tokeninfo" || r.Method != http.MethodPost || f.form[0]["access_token"] != token {
				t.Errorf("asked %s %s", r.Method, r.URL)
			}
		})
	}
}

// TestServiceAccountOfAnother: the account of another key file near by isn't the key's.
func TestServiceAccountOfAnother(t *testing.T) {
	value := strings.ReplaceAll(pemOf(t, rsaKey(t)), "\n", `\n`)
	text := `[{"client_email": "other@acme-prod.iam.gserviceaccount.com"}, {"private_key": "` + value + `"}]`
	start := strings.Index(text, value)
	got := verify.Pair([]byte(text), []verify.Found{{
		Detector: "gcp-service-account-key", Value: redact.New([]byte(value)), Start: start, End: start + len(value),
	}})
	if email := got[0].Near.ClientEmail; email != "" {
		t.Errorf("taken for the key's account: %s", email)
	}
}

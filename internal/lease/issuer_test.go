//go:build e2e

package lease_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// issuer is a small OIDC issuer of the test's own, which stands for a CI platform's: discovery, keys, and ID
// tokens with what claims a test likes (OpenID Connect Discovery 1.0, RFC 7517). The servers that trust it are
// real.
type issuer struct {
	*httptest.Server
	key   *rsa.PrivateKey
	other *rsa.PrivateKey // that it doesn't publish
}

func startIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{key: newKey(t), other: newKey(t)}
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		said := map[string]any{
			"issuer": i.URL, "jwks_uri": i.URL + "/keys", "authorization_endpoint": i.URL + "/authorize", "token_endpoint": i.URL + "/token",
			"response_types_supported": []string{"id_token"}, "subject_types_supported": []string{"public"},
			"id_token_signing_alg_values_supported": []string{"RS256"},
		}
		if r.URL.Path == "/keys" {
			said = map[string]any{"keys": []any{map[string]string{
				"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "a", "n": b64(i.key.N.Bytes()), "e": b64(big.NewInt(int64(i.key.E)).Bytes()),
			}}}
		}
		_ = json.NewEncoder(w).Encode(said)
	}))
	t.Cleanup(i.Close)
	return i
}

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// claimsFor are those of a job's token, for an audience; change may be nil.
func (i *issuer) claimsFor(audience string, change map[string]any) []byte {
	now := time.Now()
	said := map[string]any{
		"iss": i.URL, "aud": audience, "sub": "repo:acme/web:environment:production", "jti": "jti-" + made(12),
		"iat": now.Unix(), "nbf": now.Add(-5 * time.Minute).Unix(), "exp": now.Add(5 * time.Minute).Unix(),
		"repository": "acme/web", "repository_id": "987654", "run_id": "12055500123",
	}
	for name, v := range change {
		said[name] = v
	}
	text, _ := json.Marshal(said) // of strings and numbers alone
	return text
}

// sign makes a token of claims, by RS256.
func (i *issuer) sign(t *testing.T, key *rsa.PrivateKey, claims []byte) string {
	t.Helper()
	text := b64([]byte(`{"alg":"RS256","kid":"a","typ":"JWT"}`)) + "." + b64(claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + b64(signature)
}

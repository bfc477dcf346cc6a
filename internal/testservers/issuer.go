package testservers

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Issuer is a small OIDC issuer of the tests' own that stands for a CI platform: discovery, keys, and the
// endpoint from which a job fetches its ID tokens (OpenID Connect Discovery 1.0, RFC 7517, and what GitHub documents for
// ACTIONS_ID_TOKEN_REQUEST_URL). It is a fake of the platform; the servers that trust it are real.
type Issuer struct {
	*httptest.Server
	RequestToken string        // what a job shows to be given ID tokens
	Lives        time.Duration // an ID token; 5 minutes unless it is changed before it is asked for
	Ends         time.Time     // all ID tokens, as where a platform gives a job one; the zero time lets each live for Lives

	mu    sync.Mutex
	first int               // the kid of the oldest of its keys
	keys  []*rsa.PrivateKey // that it publishes; the last one signs
	other *rsa.PrivateKey   // that it doesn't publish
}

// StartIssuer starts one, whose jobs have claims beside those of JobClaims.
func StartIssuer(tb testing.TB, claims map[string]any) *Issuer {
	tb.Helper()
	i := newIssuer(tb, claims)
	i.Start()
	return i
}

// StartIssuerTLS starts one that speaks TLS, and returns its certificate in PEM, for those that trust no other.
func StartIssuerTLS(tb testing.TB, claims map[string]any) (*Issuer, []byte) {
	tb.Helper()
	i := newIssuer(tb, claims)
	i.StartTLS()
	return i, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.Certificate().Raw})
}

func newIssuer(tb testing.TB, claims map[string]any) *Issuer {
	tb.Helper()
	i := &Issuer{keys: []*rsa.PrivateKey{newKey(tb)}, other: newKey(tb), RequestToken: "request-" + rand.Text(), Lives: 5 * time.Minute}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		sendJSON(w, map[string]any{
			"issuer": i.URL, "jwks_uri": i.URL + "/keys", "authorization_endpoint": i.URL + "/authorize", "token_endpoint": i.URL + "/token",
			"response_types_supported": []string{"id_token"}, "subject_types_supported": []string{"public"},
			"id_token_signing_alg_values_supported": []string{"RS256"},
		})
	})
	mux.HandleFunc("GET /keys", i.sendKeys)
	mux.HandleFunc("GET /job", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+i.RequestToken {
			http.Error(w, "who asks?", http.StatusUnauthorized)
			return
		}
		sendJSON(w, map[string]any{"value": i.Token(r.URL.Query().Get("audience"), claims)})
	})
	i.Server = httptest.NewUnstartedServer(mux)
	tb.Cleanup(i.Close)
	return i
}

func (i *Issuer) sendKeys(w http.ResponseWriter, _ *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	all := []any{}
	for n, key := range i.keys {
		all = append(all, map[string]string{
			"kty": "RSA", "use": "sig", "alg": "RS256", "kid": strconv.Itoa(i.first + n), "n": b64(key.N.Bytes()), "e": b64(big.NewInt(int64(key.E)).Bytes()),
		})
	}
	sendJSON(w, map[string]any{"keys": all})
}

// Rotate has it sign by a new key, which it publishes beside those that it has, as issuers do for a while.
func (i *Issuer) Rotate(tb testing.TB) {
	tb.Helper()
	key := newKey(tb)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = append(i.keys, key)
}

// Retire takes back all keys but the newest.
func (i *Issuer) Retire() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.first += len(i.keys) - 1
	i.keys = i.keys[len(i.keys)-1:]
}

// RequestURL is what a job finds in ACTIONS_ID_TOKEN_REQUEST_URL.
func (i *Issuer) RequestURL() string { return i.URL + "/job?api-version=2.0" }

// JobClaims are those of a deploy job's token, as GitHub documents them, without issuer, audience and times.
func JobClaims() map[string]any {
	const workflow = "acme/web/.github/workflows/deploy.yml@refs/heads/main"
	return map[string]any{
		"sub": "repo:acme/web:environment:production", "environment": "production", "event_name": "push",
		"repository": "acme/web", "repository_id": "987654", "repository_owner": "acme", "repository_owner_id": "4242",
		"repository_visibility": "private", "ref": "refs/heads/main", "ref_type": "branch", "ref_protected": "true",
		"sha": "9f2c41e09f2c41e09f2c41e09f2c41e09f2c41e0", "actor": "alice", "actor_id": "1001",
		"workflow": "deploy", "workflow_ref": workflow, "job_workflow_ref": workflow, "workflow_sha": "9f2c41e09f2c41e09f2c41e09f2c41e09f2c41e0",
		"job_workflow_sha": "9f2c41e09f2c41e09f2c41e09f2c41e09f2c41e0", "runner_environment": "github-hosted",
		"run_id": "12055500123", "run_number": "42", "run_attempt": "1", "check_run_id": "33344455566",
	}
}

// Token is an ID token for an audience, with claims that replace or take away (nil) those of JobClaims.
func (i *Issuer) Token(audience string, claims map[string]any) string {
	i.mu.Lock()
	newest := len(i.keys) - 1
	key, kid := i.keys[newest], i.first+newest
	i.mu.Unlock()
	return i.sign(key, kid, audience, claims)
}

// Forged is a Token that a key signed which the issuer doesn't publish.
func (i *Issuer) Forged(audience string, claims map[string]any) string {
	return i.sign(i.other, i.first, audience, claims)
}

// sign makes a token by RS256.
func (i *Issuer) sign(key *rsa.PrivateKey, kid int, audience string, change map[string]any) string {
	now := time.Now()
	ends := i.Ends
	if ends.IsZero() {
		ends = now.Add(i.Lives)
	}
	said := JobClaims()
	maps.Copy(said, map[string]any{
		"iss": i.URL, "aud": audience, "jti": rand.Text(),
		"iat": now.Unix(), "nbf": now.Add(-5 * time.Minute).Unix(), "exp": ends.Unix(),
	})
	maps.Copy(said, change)
	maps.DeleteFunc(said, func(_ string, v any) bool { return v == nil })
	claims, err := json.Marshal(said)
	if err != nil {
		panic(fmt.Sprint("claims: ", err)) // of the test's own making
	}
	text := b64(fmt.Appendf(nil, `{"alg":"RS256","kid":"%d","typ":"JWT"}`, kid)) + "." + b64(claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(fmt.Sprint("sign: ", err))
	}
	return text + "." + b64(signature)
}

func newKey(tb testing.TB) *rsa.PrivateKey {
	tb.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

func sendJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // who hung up doesn't wait for it
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

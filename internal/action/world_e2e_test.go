//go:build e2e

package action_test

import (
	"crypto/rand"
	"crypto/sha1" // by which MinIO names its role
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// Repositories of the fake GitHub, and the organisation's id.
const (
	webRepo = 987654
	orgRepo = 555001
	acme    = 4242
)

// password is what Vault holds.
const password = "second-version-of-it"

// world is what all jobs share: a real Vault, a real STS and S3, which trust a fake of the platform's issuer, a fake of
// GitHub's API, and a copy of the action whose table names a binary that is in the tool cache.
type world struct {
	vault   testservers.Vault
	cloud   testservers.MinIO
	root    [2]string // the cloud's key
	role    string
	hub     *testservers.GitHub
	issuer  *testservers.Issuer
	act     string
	binary  string
	action  string
	tools   string
	rules   map[string]string // the manifest's repository
	orgFile string

	mu      sync.Mutex
	reading func(token string) // is called before Vault is asked by way of its second address for what a lease reads
}

// newWorld starts all of it.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{act: os.Getenv("CURFEW_ACT"), action: t.TempDir(), tools: filepath.Join(t.TempDir(), "tools")}
	if w.act == "" {
		t.Fatal("CURFEW_ACT doesn't name the runner: run make e2e")
	}
	w.binary = filepath.Join(t.TempDir(), "curfew")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", w.binary, "../../cmd/curfew")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build curfew: %v\n%s", err, out)
	}
	testservers.InstallAction(t, "../..", w.action, w.tools, w.binary)
	w.issuer = testservers.StartIssuer(t, map[string]any{"run_id": "1", "run_number": "1"})
	w.startVault(t)
	w.startCloud(t)
	w.startHub(t)
	return w
}

func (w *world) startVault(t *testing.T) {
	t.Helper()
	w.vault = testservers.StartVault(t)
	w.vault.Call(t, "POST", "sys/mounts/secret", `{"type":"kv","options":{"version":"1"}}`)
	w.vault.Call(t, "PUT", "secret/data/deploy", fmt.Sprintf(`{"password":%q}`, password))
	w.vault.Call(t, "PUT", "secret/data/hostile", `{"value":"x\nINJECTED=1\nEOF\n::set-output name=injected::1"}`)
	w.vault.Call(t, "PUT", "sys/policies/acl/deploy", `{"policy":"path \"secret/data/*\" { capabilities = [\"read\"] }"}`)
	w.vault.Call(t, "POST", "sys/auth/jwt", `{"type":"jwt"}`)
	w.vault.Call(t, "PUT", "auth/jwt/config", fmt.Sprintf(`{"jwks_url":%q,"bound_issuer":%q}`, w.issuer.URL+"/keys", w.issuer.URL))
	w.vault.Call(t, "PUT", "auth/jwt/role/deploy", `{"role_type":"jwt","user_claim":"sub","bound_audiences":["vault"],"bound_claims":{"repository_id":"987654"},`+
		`"claim_mappings":{"jti":"oidc_jti","run_id":"run_id"},"token_policies":["deploy"],"token_ttl":"25m","token_explicit_max_ttl":"25m"}`)
}

// before is a proxy before a server, that calls look with each request and goes on where that says so.
func before(t *testing.T, server string, look func(http.ResponseWriter, *http.Request) bool) string {
	t.Helper()
	to, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if look(rw, r) {
			proxy.ServeHTTP(rw, r)
		}
	}))
	t.Cleanup(front.Close)
	return front.URL
}

// secondAddress is another one of Vault's, where reading is called.
func (w *world) secondAddress(t *testing.T) string {
	t.Helper()
	return before(t, w.vault.URL, func(_ http.ResponseWriter, r *http.Request) bool {
		w.mu.Lock()
		reading := w.reading
		w.mu.Unlock()
		if reading != nil && strings.HasPrefix(r.URL.Path, "/v1/secret/") {
			reading(r.Header.Get("X-Vault-Token"))
		}
		return true
	})
}

// storePolicy is what a job's role may do, in the organisation's store as docs/ledger.md lists it, and in a bucket.
const storePolicy = `{"Version": "2012-10-17", "Statement": [
	{"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::acme-curfew/ledger/slots/*", "arn:aws:s3:::acme-curfew/ledger/inbox/*"]},
	{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::acme-curfew/ledger/slots/*", "arn:aws:s3:::acme-curfew/ledger/attested/*"]},
	{"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": ["arn:aws:s3:::acme-curfew"], "Condition": {"StringLike": {"s3:prefix": ["ledger/slots/*", "ledger/attested/*"]}}},
	{"Effect": "Allow", "Action": ["s3:*"], "Resource": ["arn:aws:s3:::releases/*", "arn:aws:s3:::backups/*"]}
]}`

func (w *world) startCloud(t *testing.T) {
	t.Helper()
	w.root = [2]string{"root-" + rand.Text(), rand.Text()}
	w.cloud = testservers.StartMinIO(t, "MINIO_ROOT_USER="+w.root[0], "MINIO_ROOT_PASSWORD="+w.root[1],
		"MINIO_IDENTITY_OPENID_CONFIG_URL="+w.issuer.URL+"/.well-known/openid-configuration",
		"MINIO_IDENTITY_OPENID_CLIENT_ID=sts.amazonaws.com", "MINIO_IDENTITY_OPENID_ROLE_POLICY=of-jobs",
		"MINIO_IDENTITY_OPENID_CONFIG_URL_COLLECTOR="+w.issuer.URL+"/.well-known/openid-configuration",
		"MINIO_IDENTITY_OPENID_CLIENT_ID_COLLECTOR="+collectorAudience, "MINIO_IDENTITY_OPENID_ROLE_POLICY_COLLECTOR=of-collector")
	w.role = roleOf("sts.amazonaws.com")
	for _, q := range [][2]string{
		{"/minio/admin/v3/add-canned-policy?name=of-jobs", storePolicy},
		{"/minio/admin/v3/add-canned-policy?name=of-collector", collectorPolicy},
		{"/acme-curfew", ""},
		{"/releases", ""},
		{"/backups", ""},
	} {
		if status, said := w.asRoot(t, http.MethodPut, q[0], q[1]); status != http.StatusOK {
			t.Fatalf("%s: %d %s", q[0], status, said)
		}
	}
}

// roleOf is what MinIO calls the role of those whose tokens are for an audience.
func roleOf(audience string) string {
	sum := sha1.Sum([]byte(audience))
	return "arn:minio:iam:::role/" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// asRoot sends one signed request to the cloud.
func (w *world) asRoot(t *testing.T, method, target, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, w.cloud.URL+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	now, sum := time.Now(), sha256.Sum256([]byte(body))
	req.Header.Set("X-Amz-Date", now.UTC().Format(courier.AmzDate))
	req.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
	signer := courier.SigV4{KeyID: w.root[0], Secret: w.root[1], Region: "us-east-1", Service: "s3"}
	req.Header.Set("Authorization", signer.SignQuery(method, req.URL.Host, req.URL.Path, req.URL.RawQuery, req.Header, []byte(body), now))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // all that is wanted has been read
	said, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(said)
}

// dead expects that a token was one of Vault's, and that Vault doesn't know it any longer.
func (j *job) dead(token string) {
	j.Helper()
	if !strings.HasPrefix(token, "hvs.") {
		j.Errorf("no token of Vault's: %q", token)
		return
	}
	status, text := j.w.vault.Ask(j, j.w.vault.Root, "POST", "auth/token/lookup", fmt.Sprintf(`{"token":%q}`, token))
	if status == http.StatusOK || !strings.Contains(string(text), "bad token") {
		j.Errorf("Vault knows the token: %d %s", status, text)
	}
}

//go:build e2e

package cli_test

import (
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// bucket is a real STS and S3, and what its administrator may do.
type bucket struct {
	testservers.MinIO
	user, password string
}

// ask sends one request as the administrator.
func (b *bucket) ask(t testing.TB, method, path, query, body string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, b.URL+path+"?"+query, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	now, sum := time.Now(), sha256.Sum256([]byte(body))
	req.Header.Set("X-Amz-Date", now.UTC().Format(courier.AmzDate))
	req.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
	signer := courier.SigV4{KeyID: b.user, Secret: b.password, Region: "us-east-1", Service: "s3"}
	req.Header.Set("Authorization", signer.SignQuery(method, req.URL.Host, path, query, req.Header, []byte(body), now))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // all that is wanted has been read
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s %v", path, resp.StatusCode, text, err)
	}
	return string(text)
}

// store gives the site's organisation a ledger store, whose role may do what a policy of MinIO's says.
func (s *site) store(policy string) *bucket {
	s.t.Helper()
	const audience = "store.acme.example"
	b := &bucket{user: "root-" + rand.Text(), password: rand.Text()}
	b.MinIO = testservers.StartMinIO(s.t, "MINIO_ROOT_USER="+b.user, "MINIO_ROOT_PASSWORD="+b.password,
		"MINIO_IDENTITY_OPENID_CONFIG_URL="+s.issuer.URL+"/.well-known/openid-configuration",
		"MINIO_IDENTITY_OPENID_CLIENT_ID="+audience, "MINIO_IDENTITY_OPENID_ROLE_POLICY=curfew-job")
	b.ask(s.t, http.MethodPut, "/acme-curfew", "", "")
	b.ask(s.t, http.MethodPut, "/minio/admin/v3/add-canned-policy", "name=curfew-job", policy)
	sum := sha1.Sum([]byte(audience))
	s.file("org/curfew/org.yml", strings.ReplaceAll(siteOrg, "ISSUER", s.issuer.URL)+"ledger:\n  store: s3://acme-curfew/ledger\n"+
		"  role: arn:minio:iam:::role/"+base64.RawURLEncoding.EncodeToString(sum[:])+"\n  audience: "+audience+"\n  region: us-east-1\n"+
		"  endpoint: "+b.URL+"\n  collector: acme/.github/.github/workflows/collect.yml@refs/heads/main\n")
	return b
}

// TestE2EDoctorStore leases the role of a real store only where it is asked to, reads there, and writes nothing.
func TestE2EDoctorStore(t *testing.T) {
	const may = `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject"], "Resource": ["arn:aws:s3:::acme-curfew/ledger/*"]},
		{"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": ["arn:aws:s3:::acme-curfew"]}]}`
	s := newSite(t)
	s.deploy(nil)
	s.operator(s.URL)
	b := s.store(may)
	got, text := s.examined(0, "--grant", "deploy/vault")
	if got["store"] != "not-checked" || got["decision deploy/vault"] != "not-checked" || !strings.Contains(text, "curfew doctor --store") {
		t.Errorf("%v\n%s", got, text)
	}
	got, text = s.examined(0, "--grant", "deploy/vault", "--store")
	if got["store"] != "ok" || got["decision deploy/vault"] != "ok" {
		t.Errorf("%v\n%s", got, text)
	}
	if list := b.ask(t, http.MethodGet, "/acme-curfew", "list-type=2", ""); strings.Contains(list, "<Key>") {
		t.Errorf("something was written: %s", list)
	}
	b.ask(t, http.MethodPut, "/minio/admin/v3/add-canned-policy", "name=curfew-job", strings.Replace(may, "s3:ListBucket", "s3:GetBucketLocation", 1))
	got, text = s.examined(1, "--grant", "deploy/vault", "--store")
	if got["store"] != "wrong" || got["provider deploy/vault"] != "ok" || !strings.Contains(text, "s3://acme-curfew/ledger can't be read: ") {
		t.Errorf("%v\n%s", got, text)
	}
}

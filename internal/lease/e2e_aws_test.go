//go:build e2e

package lease_test

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// stsAudience is what the STS of these tests is called to the issuer.
const stsAudience = "sts.amazonaws.com"

// stsWorld is a real STS and S3 that trusts an issuer, with two buckets.
type stsWorld struct {
	testservers.MinIO
	issuer *testservers.Issuer
	root   courier.SigV4
}

// newSTSWorld starts one whose role for the issuer has a policy.
func newSTSWorld(t *testing.T, policy string) stsWorld {
	t.Helper()
	i := testservers.StartIssuer(t, nil)
	root, password := "root"+made(8), made(32)
	w := stsWorld{testservers.StartMinIO(t,
		"MINIO_ROOT_USER="+root, "MINIO_ROOT_PASSWORD="+password,
		"MINIO_IDENTITY_OPENID_CONFIG_URL="+i.URL+"/.well-known/openid-configuration",
		"MINIO_IDENTITY_OPENID_CLIENT_ID="+stsAudience, "MINIO_IDENTITY_OPENID_ROLE_POLICY="+policy,
	), i, courier.SigV4{KeyID: root, Secret: password}}
	for _, bucket := range []string{"/releases", "/backups"} {
		if status, body := w.s3(t, w.root, "", "PUT", bucket, ""); status != http.StatusOK {
			t.Fatalf("create %s: %d %s", bucket, status, body)
		}
	}
	return w
}

// s3 asks the S3 for something, signed as its reference says:
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html.
func (w stsWorld) s3(t *testing.T, signer courier.SigV4, token, method, path, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, w.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	now, sum := time.Now(), sha256.Sum256([]byte(body))
	req.Header.Set("X-Amz-Date", now.UTC().Format(courier.AmzDate))
	req.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
	if token != "" {
		req.Header.Set("X-Amz-Security-Token", token)
	}
	signer.Region, signer.Service = "us-east-1", "s3"
	req.Header.Set("Authorization", signer.Sign(method, req.URL.Host, path, req.Header, []byte(body), now))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // all that is wanted has been read
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// put puts an object with a credential, and returns the status.
func (w stsWorld) put(t *testing.T, c *lease.Credential, path string) int {
	t.Helper()
	signer := courier.SigV4{KeyID: value(t, c, "AWS_ACCESS_KEY_ID"), Secret: value(t, c, "AWS_SECRET_ACCESS_KEY")}
	status, body := w.s3(t, signer, value(t, c, "AWS_SESSION_TOKEN"), "PUT", path, "content")
	if status != http.StatusOK && !strings.Contains(body, "<Code>AccessDenied</Code>") {
		t.Errorf("put %s: %d %s", path, status, body)
	}
	return status
}

// grant is one of MinIO's role for the issuer, whose name is a digest of the client's id.
func (w stsWorld) grant() *manifest.Grant {
	sum := sha1.Sum([]byte(stsAudience))
	return &manifest.Grant{AWS: &manifest.AWS{
		Role: "arn:minio:iam:::role/" + base64.RawURLEncoding.EncodeToString(sum[:]), Audience: stsAudience, Region: "us-east-1",
		HandOver: manifest.HandOver{Endpoint: w.URL},
	}}
}

func (w stsWorld) request(t *testing.T, change map[string]any) lease.Request {
	t.Helper()
	return realRequest(t, w.issuer.Token(stsAudience, change), w.grant())
}

// TestE2ESTS leases of a real STS, and tries on a real S3 what the lease is good for.
func TestE2ESTS(t *testing.T) {
	w := newSTSWorld(t, "readwrite")
	p := realProvider(t, "aws")
	began := time.Now()
	whole := leased(t, p, w.request(t, nil))
	if in := whole.NotAfter.Sub(began); in < 15*time.Minute-2*time.Second || in > 15*time.Minute+time.Minute {
		t.Errorf("ends in %s", in)
	}
	if want := sessionEnd(t, value(t, whole, "AWS_SESSION_TOKEN")); whole.NotAfter.Unix() != want {
		t.Errorf("ends at %s, the session itself at %s", whole.NotAfter, time.Unix(want, 0))
	}
	r := w.request(t, nil)
	r.Narrow = []byte(`{
		"Version": "2012-10-17",
		"Statement": [{ "Effect": "Allow", "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::releases/*"] }]
	}`)
	narrow := leased(t, p, r)
	for _, tt := range []struct {
		c      *lease.Credential
		path   string
		status int
	}{
		{whole, "/releases/a", http.StatusOK},
		{whole, "/backups/a", http.StatusOK},
		{narrow, "/releases/b", http.StatusOK},
		{narrow, "/backups/b", http.StatusForbidden},
	} {
		if got := w.put(t, tt.c, tt.path); got != tt.status {
			t.Errorf("put %s: %d, want %d", tt.path, got, tt.status)
		}
	}
	got, err := p.Revoke(t.Context(), narrow)
	if err != nil || got.Outcome != lease.ExpireOnly || !got.NotAfter.Equal(narrow.NotAfter) {
		t.Errorf("%s and %v", got, err)
	}
	if w.put(t, narrow, "/releases/c") != http.StatusOK {
		t.Error("a session that expires only has ended")
	}
}

// sessionEnd is when MinIO's session token, a JWT, says that it ends.
func sessionEnd(t *testing.T, token string) int64 {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatal("the session token is no JWT")
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	var said struct{ Exp int64 }
	if err != nil || json.Unmarshal(text, &said) != nil {
		t.Fatal("the session token is no JWT")
	}
	return said.Exp
}

// TestE2ESTSDenied: a real STS refuses what isn't its issuer's token for it, and what can't be had isn't asked.
func TestE2ESTSDenied(t *testing.T) {
	w := newSTSWorld(t, "readwrite")
	p := realProvider(t, "aws")
	ago := func(d time.Duration) int64 { return time.Now().Add(-d).Unix() }
	forged := w.request(t, nil)
	forged.IDToken = redact.New([]byte(w.issuer.Forged(stsAudience, nil)))
	policy := w.request(t, nil)
	policy.Narrow = []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Perhaps"}]}`)
	for _, tt := range []struct {
		name        string
		r           lease.Request
		said, claim string
	}{
		{"audience", w.request(t, map[string]any{"aud": "elsewhere"}), "InvalidParameterValue: STS JWT Token has `azp` claim invalid", `aud: received "elsewhere", expected "sts.amazonaws.com"`},
		{"signature", forged, "InvalidParameterValue: crypto/rsa: verification error", `aud: received "sts.amazonaws.com"`},
		{"expired", w.request(t, map[string]any{"exp": ago(time.Hour), "nbf": ago(2 * time.Hour), "iat": ago(2 * time.Hour)}), "InvalidParameterValue: Token is expired", `repository_id: received "987654", expected "987654"`},
		{"policy", policy, "InvalidParameterValue: invalid Effect Perhaps", `aud: received "sts.amazonaws.com"`},
	} {
		d := isDenied(t, failed(t, p, tt.r))
		if !strings.Contains(d.Answer, tt.said) || !strings.Contains(strings.Join(d.Claims, "\n"), tt.claim) || !strings.Contains(d.Try, "MinIO says this of") {
			t.Errorf("%s: %v", tt.name, d)
		}
	}
	short := w.request(t, nil)
	short.TTL = 5 * time.Minute
	if err := failed(t, p, short); !strings.Contains(err.Error(), "STS issues none of less than 15m0s") {
		t.Error(err)
	}
}

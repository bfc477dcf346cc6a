//go:build e2e

package cli_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// stsAudience is what the STS of these tests is called to the issuer.
const stsAudience = "sts.amazonaws.com"

// cloud is a real STS and S3 that trusts a site's issuer.
type cloud struct {
	testservers.MinIO
	root keys
	role string
}

// keys are what a request to an S3 is signed by.
type keys struct{ id, secret, session string }

// newCloud starts one, with buckets, whose role for the site's jobs has a policy.
func (s *site) newCloud(policy string, buckets ...string) *cloud {
	s.t.Helper()
	c := &cloud{root: keys{id: "root-" + rand.Text(), secret: rand.Text()}}
	c.MinIO = testservers.StartMinIO(s.t,
		"MINIO_ROOT_USER="+c.root.id, "MINIO_ROOT_PASSWORD="+c.root.secret,
		"MINIO_IDENTITY_OPENID_CONFIG_URL="+s.issuer.URL+"/.well-known/openid-configuration",
		"MINIO_IDENTITY_OPENID_CLIENT_ID="+stsAudience, "MINIO_IDENTITY_OPENID_ROLE_POLICY=of-jobs",
	)
	sum := sha1.Sum([]byte(stsAudience)) // by which MinIO names its role
	c.role = "arn:minio:iam:::role/" + base64.RawURLEncoding.EncodeToString(sum[:])
	for _, q := range append([]string{"/minio/admin/v3/add-canned-policy?name=of-jobs"}, buckets...) {
		body := policy
		if !strings.HasPrefix(q, "/minio/") {
			q, body = "/"+q, ""
		}
		if status, said, err := ask(s.t.Context(), c.URL, c.root, http.MethodPut, q, body); err != nil || status != http.StatusOK {
			s.t.Fatalf("%s: %d %s %v", q, status, said, err)
		}
	}
	return c
}

// ask sends one signed request to an S3.
func ask(ctx context.Context, server string, k keys, method, target, body string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, method, server+target, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	now, sum := time.Now(), sha256.Sum256([]byte(body))
	req.Header.Set("X-Amz-Date", now.UTC().Format(courier.AmzDate))
	req.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
	if k.session != "" {
		req.Header.Set("X-Amz-Security-Token", k.session)
	}
	signer := courier.SigV4{KeyID: k.id, Secret: k.secret, Region: "us-east-1", Service: "s3"}
	req.Header.Set("Authorization", signer.SignQuery(method, req.URL.Host, req.URL.Path, req.URL.RawQuery, req.Header, []byte(body), now))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close() //nolint:errcheck // all that is wanted has been read
	said, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(said), err
}

// has reports whether an object is there, and what it holds.
func (c *cloud) has(t testing.TB, path string) (string, bool) {
	t.Helper()
	status, said, err := ask(t.Context(), c.URL, c.root, http.MethodGet, path, "")
	if err != nil {
		t.Fatal(err)
	}
	return said, status == http.StatusOK
}

// TestPutter is no test where it isn't told so: it is the command that exec runs in others. It puts objects with the
// credential that it finds as AWS' tools do, and says what the server answered.
func TestPutter(t *testing.T) {
	server := os.Getenv("PUT_AT")
	if server == "" {
		t.Skip("it is a command of other tests")
	}
	k, err := found()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(os.Getenv("PUT_SESSION"), []byte(k.session), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range strings.Fields(os.Getenv("PUT_PATHS")) {
		status, said, err := ask(t.Context(), server, k, http.MethodPut, path, "by a lease")
		if err != nil || status != http.StatusOK && !strings.Contains(said, "<Code>AccessDenied</Code>") {
			t.Errorf("%s: %d %s %v", path, status, said, err)
		}
		fmt.Printf("put %s: %d\n", path, status)
	}
}

// found is the credential of the environment, or else of the process that the configuration names:
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html.
func found() (keys, error) {
	if id := os.Getenv("AWS_ACCESS_KEY_ID"); id != "" {
		return keys{id, os.Getenv("AWS_SECRET_ACCESS_KEY"), os.Getenv("AWS_SESSION_TOKEN")}, nil
	}
	config, err := os.ReadFile(os.Getenv("AWS_CONFIG_FILE"))
	if err != nil {
		return keys{}, err
	}
	_, process, _ := strings.Cut(string(config), "\ncredential_process = ")
	process, _, _ = strings.Cut(process, "\n")
	text, err := exec.Command("sh", "-c", process).Output()
	if err != nil {
		return keys{}, err
	}
	var said struct {
		Version                                                int
		AccessKeyId, SecretAccessKey, SessionToken, Expiration string //nolint:revive // AWS' names
	}
	err = json.Unmarshal(text, &said)
	if end, wrong := time.Parse(time.RFC3339, said.Expiration); err == nil && (wrong != nil || said.Version != 1 || time.Until(end) < 10*time.Minute) {
		err = fmt.Errorf("version %d, until %q", said.Version, said.Expiration)
	}
	return keys{said.AccessKeyId, said.SecretAccessKey, said.SessionToken}, err
}

const cloudGrants = `      releases:
        aws: { role: "ROLE", audience: sts.amazonaws.com, region: us-east-1, endpoint: "MINIO" }
        ttl: 15m
        narrow: policies/releases.json
        when: always
      files:
        aws: { role: "ROLE", audience: sts.amazonaws.com, region: us-east-1, endpoint: "MINIO", as: file }
        ttl: 15m
        narrow: policies/releases.json
        when: always
`

// newCloudSite is a site whose manifest grants what a cloud's role may, narrowed to one bucket of two.
func newCloudSite(t *testing.T) (*site, *cloud) {
	t.Helper()
	s := newSite(t)
	c := s.newCloud(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:*"], "Resource": ["arn:aws:s3:::*"]}]}`, "releases", "backups")
	grants := strings.NewReplacer("ROLE", c.role, "MINIO", c.URL).Replace(cloudGrants)
	begin, _, _ := strings.Cut(siteManifest, "      vault:\n")
	s.file(".github/curfew.yml", strings.Replace(begin, "narrow: none, ", "", 1)+grants)
	s.file("policies/releases.json", `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::releases/*"]}]}`)
	return s, c
}

// TestE2EExecCloud leases from a real STS for a command that puts objects into a real S3: the session policy holds there, the
// end is the server's, and nobody calls revoked what can't be.
func TestE2EExecCloud(t *testing.T) {
	s, c := newCloudSite(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, grant := range []string{"releases", "files"} {
		s.temp = t.TempDir()
		session := filepath.Join(t.TempDir(), "session")
		s.env = append(s.env, "RUNNER_TEMP="+s.temp, "PUT_AT="+c.URL, "PUT_SESSION="+session, "PUT_PATHS=/releases/"+grant+" /backups/"+grant)
		code, out, errs := s.run("exec", "--grant", "deploy/"+grant, "--", self, "-test.run", "^TestPutter$")
		if code != 0 || !strings.Contains(out, "put /releases/"+grant+": 200\nput /backups/"+grant+": 403\n") {
			t.Errorf("%s: exit status %d\n%s%s", grant, code, out, errs)
		}
		if content, ok := c.has(t, "/releases/"+grant); !ok || content != "by a lease" {
			t.Errorf("%s: the object holds %q", grant, content)
		}
		if _, ok := c.has(t, "/backups/"+grant); ok {
			t.Errorf("%s: the session policy doesn't hold", grant)
		}
		all := s.records()
		if types(all) != "intent issued expire-only" {
			t.Fatalf("%s: records %s\n%s", grant, types(all), errs)
		}
		token, err := os.ReadFile(session)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range all[1:] {
			if end := sessionEnd(t, string(token)); !r.Credential.NotAfter.Equal(end) || r.Credential.Revocable != ledger.NotRevocable || r.Credential.Handle == "" {
				t.Errorf("%s: recorded %+v, the session says %v", r.Type, r.Credential, end)
			}
		}
		if end := all[1].Credential.NotAfter.Format(time.RFC3339); !strings.Contains(errs, "expire-only until "+end) || strings.Contains(errs, "revoked") {
			t.Errorf("%s: it ends at %s, and is said to be\n%s", grant, end, errs)
		}
		if bytes.Contains(token, []byte{'\n'}) || strings.Contains(out+errs, string(token)) {
			t.Errorf("the session's token is told")
		}
		s.sealed(1)
		s.clean()
	}
}

// sessionEnd is when a session's token, a JWT at MinIO, says that it ends.
func sessionEnd(t *testing.T, token string) time.Time {
	t.Helper()
	var said struct{ Exp int64 }
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatal("the session's token is no JWT")
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(text, &said) != nil {
		t.Fatal("the session's token is no JWT")
	}
	return time.Unix(said.Exp, 0).UTC()
}

// TestE2ELeaseCloud: a later step has the session, and revoke says that nothing but time ends it.
func TestE2ELeaseCloud(t *testing.T) {
	s, c := newCloudSite(t)
	code, _, errs := s.run("lease", "--grant", "deploy/releases")
	if code != 0 {
		t.Fatalf("exit status %d\n%s", code, errs)
	}
	handed, err := os.ReadFile(filepath.Join(s.temp, "env"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := runnerReads(string(handed))
	if err != nil || len(got) != 5 {
		t.Fatalf("%d variables, %v", len(got), err)
	}
	k := keys{got["AWS_ACCESS_KEY_ID"], got["AWS_SECRET_ACCESS_KEY"], got["AWS_SESSION_TOKEN"]}
	if status, said, err := ask(t.Context(), c.URL, k, http.MethodPut, "/releases/later", "x"); status != http.StatusOK {
		t.Errorf("%d %s %v", status, said, err)
	}
	code, out, errs := s.run("revoke", "--all")
	if code != 0 || !strings.Contains(out, "expire-only until") || strings.Contains(out+errs, "revoked") {
		t.Errorf("exit status %d\n%s%s", code, out, errs)
	}
	if code, out, errs = s.run("exec", "--grant", "deploy/releases", "--ttl", "5m", "--", "sh", "-c", "echo it ran"); code != 125 || out != "" || !strings.Contains(errs, "15m") {
		t.Errorf("less than STS issues: exit status %d\n%s%s", code, out, errs)
	}
	s.sealed(3)
}

// TestE2EExecAWSTool has AWS' own tool use what is handed over, both ways.
func TestE2EExecAWSTool(t *testing.T) {
	tool := os.Getenv("CURFEW_AWS")
	if tool == "" {
		t.Skip("SKIPPED: CURFEW_AWS names no aws: run make e2e")
	}
	version, err := exec.CommandContext(t.Context(), tool, "--version").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, version)
	}
	s, c := newCloudSite(t)
	s.file("content", "by aws")
	for _, grant := range []string{"releases", "files"} {
		s.env = append(s.env, "AWS_ENDPOINT_URL="+c.URL, "AWS_EC2_METADATA_DISABLED=true")
		for bucket, want := range map[string]bool{"releases": true, "backups": false} {
			code, out, errs := s.run("exec", "--grant", "deploy/"+grant, "--", tool, "s3api", "put-object", "--bucket", bucket, "--key", "aws-"+grant, "--body", "content")
			if (code == 0) != want || !want && !strings.Contains(errs, "AccessDenied") {
				t.Errorf("%s: %s to %s: exit status %d\n%s%s", version, grant, bucket, code, out, errs)
			}
		}
		if content, ok := c.has(t, "/releases/aws-"+grant); !ok || content != "by aws" {
			t.Errorf("%s: the object holds %q", grant, content)
		}
	}
	s.clean()
}

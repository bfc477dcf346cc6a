//go:build e2e

package lease_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
)

// entitledSubject is the subject of testservers.JobClaims.
const entitledSubject = "repo:acme/web:environment:production"

// TestE2EHostileJobSTS: a job that isn't the entitled one gets a session of a real STS with which it may put nothing,
// where the cloud asks for the subject. A role that asks for nothing lets the same job put.
//
// MinIO isn't AWS: its role has no trust policy, and whoever has a token of the issuer's for the client gets a session.
// A policy with a condition on jwt:sub stands for the trust policy here. So this shows that a condition on the
// subject, which STS takes from the token, holds against jobs with other claims; not that what curfew renders for AWS is
// read by AWS as meant. AWS would refuse the session itself.
func TestE2EHostileJobSTS(t *testing.T) {
	p := realProvider(t, "aws") // it decides nothing: what it asks of STS is what every client does
	jobs := []struct {
		name, subject string
		status        int
	}{
		{"entitled", entitledSubject, http.StatusOK},
		{"another environment", "repo:acme/web:environment:staging", http.StatusForbidden},
		{"another branch", "repo:acme/web:ref:refs/heads/wip", http.StatusForbidden},
		{"pull request", "repo:acme/web:pull_request", http.StatusForbidden},
		{"fork", "repo:evil/web:environment:production", http.StatusForbidden},
		{"a name that goes on", entitledSubject + "-2", http.StatusForbidden},
		{"a name in capitals", strings.ToUpper(entitledSubject), http.StatusForbidden},
	}
	exact, careless := newSTSWorld(t, "entitled"), newSTSWorld(t, "readwrite")
	exact.addPolicy(t, "entitled", fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:PutObject"],
		"Resource":["arn:aws:s3:::releases/*"],"Condition":{"StringEquals":{"jwt:sub":%q}}}]}`, entitledSubject))
	for _, job := range jobs {
		change := map[string]any{"sub": job.subject}
		if got := exact.put(t, leased(t, p, exact.request(t, change)), "/releases/a"); got != job.status {
			t.Errorf("%s: where the subject counts, put is answered %d, want %d", job.name, got, job.status)
		}
		if got := careless.put(t, leased(t, p, careless.request(t, change)), "/releases/a"); got != http.StatusOK {
			t.Errorf("%s: where nothing counts, put is answered %d", job.name, got)
		}
	}
	r := exact.request(t, nil)
	if first, second := leased(t, p, r), leased(t, p, r); first.Handle == second.Handle || exact.put(t, second, "/releases/a") != http.StatusOK {
		t.Error("an ID token isn't taken twice any more: say so in docs/threat-model.md")
	}
	if got := exact.put(t, leased(t, p, r), "/backups/a"); got != http.StatusForbidden {
		t.Errorf("the entitled job puts where the role may not: %d", got)
	}
}

// addPolicy tells MinIO a policy, by the API that its own client uses:
// https://pkg.go.dev/github.com/minio/madmin-go/v3#AdminClient.AddCannedPolicy.
func (w stsWorld) addPolicy(t *testing.T, name, policy string) {
	t.Helper()
	const path = "/minio/admin/v3/add-canned-policy"
	query := "name=" + name
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, w.URL+path+"?"+query, strings.NewReader(policy))
	if err != nil {
		t.Fatal(err)
	}
	now, sum := time.Now(), sha256.Sum256([]byte(policy))
	req.Header.Set("X-Amz-Date", now.UTC().Format(courier.AmzDate))
	req.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
	signer := w.root
	signer.Region, signer.Service = "us-east-1", "s3"
	req.Header.Set("Authorization", signer.SignQuery(http.MethodPut, req.URL.Host, path, query, req.Header, []byte(policy), now))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // all that is wanted has been read
	if text, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("add the policy %s: %d %s, %v", name, resp.StatusCode, text, err)
	}
}

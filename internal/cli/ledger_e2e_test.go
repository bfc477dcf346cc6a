//go:build e2e

package cli_test

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/cli"
	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// TestE2ELedger collects from one bucket into another by a job's own token, as a policy says, and proves what is there.
func TestE2ELedger(t *testing.T) {
	const user, password = "root-of-the-tests", "made-up-for-the-tests"
	m, issuer := testservers.StartMinIO(t, "MINIO_ROOT_USER="+user, "MINIO_ROOT_PASSWORD="+password), testservers.StartIssuer(t, nil)
	makeBucket(t, m.URL, "acme-curfew", user, password)
	jobs, policy := filepath.Join(t.TempDir(), "jobs"), filepath.Join(t.TempDir(), "org.yml")
	w, done, err := writeJob(jobs, 1, time.Now(), jobRecords("ASIAXXXXXXXXXXXXXX7Q"))
	if err == nil {
		err = w.Seal(t.Context(), rand.NewChaCha8([32]byte{}), tokensAt(issuer, time.Now(), nil))
	}
	if err != nil || done() != nil {
		t.Fatal(err)
	}
	upload(t, m.URL, jobs, user, password)
	text := `{version: 1, organization: {name: acme, id: "4242"}, issuers: ["` + issuer.URL + `"], ledger: {store: "s3://acme-curfew/ledger", region: us-east-1, endpoint: "` + m.URL +
		`", role: "arn:aws:iam::123456789012:role/curfew-ledger", audience: sts.amazonaws.com, collector: ` + testservers.JobClaims()["job_workflow_ref"].(string) + `}}`
	if err := os.WriteFile(policy, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{
		"AWS_ACCESS_KEY_ID": user, "AWS_SECRET_ACCESS_KEY": password,
		"ACTIONS_ID_TOKEN_REQUEST_URL": issuer.RequestURL(), "ACTIONS_ID_TOKEN_REQUEST_TOKEN": issuer.RequestToken,
	}
	run := func(want int, wantOut string, args ...string) {
		t.Helper()
		code, out, errs := ledgerRun(t, env, time.Now, append(args, "--org-policy", policy)...)
		if code != want || !strings.Contains(out+errs, wantOut) {
			t.Errorf("%q: exit status %d, want %d and %q:\n%s%s", args, code, want, wantOut, out, errs)
		}
	}
	run(cli.ExitClean, "not collected yet", "show", "--store", "s3://acme-curfew/ledger/inbox")
	run(cli.ExitFindings, "holds no log", "verify")
	run(cli.ExitClean, "1 file taken, 0 refused, 3 records added: acme-curfew/ledger has 3", "collect")
	run(cli.ExitClean, "0 files taken (1 before), 0 refused, 0 records added", "collect", "--inbox", "s3://acme-curfew/ledger/inbox/")
	run(cli.ExitClean, "proven: acme-curfew/ledger has 3 records", "verify")
	run(cli.ExitClean, "proven: acme-curfew/ledger has 3 records", "verify", "--archived-keys")
	run(cli.ExitClean, "ASIAXXXXXXXXXXXXXX7Q", "show", "--type", "lease.issued")
	run(cli.ExitClean, `"type":"lease.issued"`, "export", "--identity", "deploy")
	run(cli.ExitUsage, "S3 bucket: expected a name", "show", "--store", "s3://..")
	run(cli.ExitUnfinished, "answered 404 NoSuchBucket", "verify", "--store", "s3://acme-nowhere/ledger")
	env["AWS_SECRET_ACCESS_KEY"] = "another"
	for _, verb := range []string{"verify", "show", "export"} {
		run(cli.ExitUnfinished, "answered 403 SignatureDoesNotMatch", verb)
	}
	run(cli.ExitUnfinished, "answered 403 SignatureDoesNotMatch", "collect", "--inbox", jobs)
}

// makeBucket makes a bucket.
func makeBucket(t *testing.T, endpoint, bucket, user, password string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, endpoint+"/"+bucket, nil)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now()
	req.Header = http.Header{
		"X-Amz-Date":           {at.UTC().Format(courier.AmzDate)},
		"X-Amz-Content-Sha256": {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}, // of nothing
	}
	signer := courier.SigV4{KeyID: user, Secret: password, Region: "us-east-1", Service: "s3"}
	req.Header.Set("Authorization", signer.Sign(http.MethodPut, req.URL.Host, "/"+bucket, req.Header, nil, at))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was read
	if said, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("make the bucket: %d %s", resp.StatusCode, said)
	}
}

// upload puts a folder's files where jobs deposit theirs.
func upload(t *testing.T, endpoint, dir, user, password string) {
	t.Helper()
	s, err := ledger.NewS3(ledger.S3Options{
		Endpoint: endpoint, Region: "us-east-1", Bucket: "acme-curfew", Prefix: "ledger/inbox/", Now: time.Now,
		Credentials: func(context.Context) (ledger.S3Credentials, error) {
			return ledger.S3Credentials{KeyID: user, Secret: redact.New([]byte(password))}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl*"))
	if err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err == nil {
			err = s.Create(t.Context(), filepath.Base(name), content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

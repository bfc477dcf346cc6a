//go:build e2e

package orgstore_test

import (
	"context"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/oidc"
	"github.com/curfew-ci/curfew/internal/orgstore"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/testservers"
)

const (
	audience  = "sts.amazonaws.com"
	collector = "acme/.github/.github/workflows/collect.yml@refs/heads/main"
)

// jobPolicy is what a job's role may do, as docs/ledger.md lists it.
const jobPolicy = `{"Version": "2012-10-17", "Statement": [
	{"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::acme-curfew/ledger/slots/*", "arn:aws:s3:::acme-curfew/ledger/inbox/*"]},
	{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::acme-curfew/ledger/slots/*", "arn:aws:s3:::acme-curfew/ledger/attested/*"]},
	{"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": ["arn:aws:s3:::acme-curfew"], "Condition": {"StringLike": {"s3:prefix": ["ledger/slots/*", "ledger/attested/*"]}}}
]}`

// real is a real STS and S3 with a role that may do what jobPolicy says, for whom an issuer speaks.
type real struct {
	testservers.MinIO
	issuer         *testservers.Issuer
	root, password string
	policy         manifest.Ledger
}

func newReal(t *testing.T) *real {
	t.Helper()
	r := &real{issuer: testservers.StartIssuer(t, nil), root: "root-" + rand.Text(), password: rand.Text()}
	r.MinIO = testservers.StartMinIO(t,
		"MINIO_ROOT_USER="+r.root, "MINIO_ROOT_PASSWORD="+r.password,
		"MINIO_IDENTITY_OPENID_CONFIG_URL="+r.issuer.URL+"/.well-known/openid-configuration",
		"MINIO_IDENTITY_OPENID_CLIENT_ID="+audience, "MINIO_IDENTITY_OPENID_ROLE_POLICY=curfew-job",
	)
	root := ledger.S3Credentials{KeyID: r.root, Secret: redact.New([]byte(r.password))}
	for _, q := range []struct{ path, query, body string }{
		{"/acme-curfew", "", ""}, {"/minio/admin/v3/add-canned-policy", "name=curfew-job", jobPolicy},
	} {
		if status, body := r.ask(t, root, http.MethodPut, q.path, q.query, q.body); status != http.StatusOK {
			t.Fatalf("%s: %d %s", q.path, status, body)
		}
	}
	// MinIO names its role by a digest of the client's id.
	sum := sha1.Sum([]byte(audience))
	policy, faults := manifest.ParsePolicy("org.yml", []byte("version: 1\norganization: { name: acme, id: \"4242\" }\nledger:\n"+
		"  store: s3://acme-curfew/ledger\n  role: arn:minio:iam:::role/"+base64.RawURLEncoding.EncodeToString(sum[:])+"\n"+
		"  audience: "+audience+"\n  region: us-east-1\n  endpoint: "+r.URL+"\n  collector: "+collector+"\n"))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	r.policy = *policy.Ledger
	return r
}

// ask sends one signed request.
func (r *real) ask(t *testing.T, c ledger.S3Credentials, method, path, query, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, r.URL+path+"?"+query, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	now, sum := time.Now(), sha256.Sum256([]byte(body))
	req.Header.Set("X-Amz-Date", now.UTC().Format(courier.AmzDate))
	req.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
	if c.Session.Len() > 0 {
		req.Header.Set("X-Amz-Security-Token", string(c.Session.Reveal()))
	}
	signer := courier.SigV4{KeyID: c.KeyID, Secret: string(c.Secret.Reveal()), Region: "us-east-1", Service: "s3"}
	req.Header.Set("Authorization", signer.SignQuery(method, req.URL.Host, path, query, req.Header, []byte(body), now))
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

// tokens are those of one job, from the endpoint that its platform gives it.
func (r *real) tokens() *oidc.Source {
	return oidc.New(oidc.Options{RequestURL: redact.New([]byte(r.issuer.RequestURL())), RequestToken: redact.New([]byte(r.issuer.RequestToken))})
}

// open opens the store as one job does.
func (r *real) open(t *testing.T) *orgstore.Store {
	t.Helper()
	s, err := orgstore.Open(r.policy, orgstore.Options{
		Tokens: r.tokens(), Ask: lease.Options{Now: time.Now}, Session: lease.Session{Run: "12055500123", Attempt: "1", Lease: "store"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestE2EStore lets 20 jobs with the leased role race for 3 slots, one deposit its records, and a collector bring
// them into the log.
func TestE2EStore(t *testing.T) {
	r := newReal(t)
	var got atomic.Int64
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			_, err := r.open(t).Take(t.Context(), ledger.Claim{
				Key: issuance.AliveKey(project, grant), Limit: 3, Holder: holder, NotAfter: time.Now().Add(time.Hour),
			})
			var full *ledger.FullError
			switch {
			case err == nil:
				got.Add(1)
			case !errors.As(err, &full):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s := r.open(t)
	facts, err := s.Facts(t.Context(), project, grant)
	if err != nil || got.Load() != 3 || facts.Leases[grant].Alive != 3 || facts.Leases[grant].LastDay != 0 || facts.BreakGlass == nil {
		t.Errorf("%d were taken: %+v, %v", got.Load(), facts, err)
	}

	dir := folder(t)
	name := sealed(t, dir, time.Now, r.tokens().IDToken)
	if err := s.Deposit(t.Context(), dir, name); err != nil {
		t.Fatal(err)
	}
	// Who can't read the inbox can't tell what is there, and says so.
	if err := s.Deposit(t.Context(), dir, name); err == nil || !strings.Contains(err.Error(), "is there already") || !strings.Contains(err.Error(), "403 AccessDenied") {
		t.Errorf("again: %v", err)
	}
	r.collect(t, name)
}

// collect runs a collector with rights of its own.
func (r *real) collect(t *testing.T, name string) {
	t.Helper()
	bucket := func(prefix string) *ledger.S3 {
		s, err := ledger.NewS3(ledger.S3Options{
			Endpoint: r.URL, Region: "us-east-1", Bucket: "acme-curfew", Prefix: prefix, Now: time.Now,
			Credentials: func(context.Context) (ledger.S3Credentials, error) {
				return ledger.S3Credentials{KeyID: r.root, Secret: redact.New([]byte(r.password))}, nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	const origin = "acme.example/curfew"
	store, source := bucket("ledger/"), r.tokens()
	verify := func(token []byte, audience string) (identity.Claims, error) {
		keys, _, err := source.Keys(t.Context(), r.issuer.URL)
		if err != nil {
			return identity.Claims{}, err
		}
		return identity.Verify(token, keys, identity.Expectation{Issuer: r.issuer.URL, Audience: audience, Now: time.Now(), Skew: identity.MaxSkew})
	}
	if err := ledger.Probe(t.Context(), store, "x"); err != nil {
		t.Fatal(err)
	}
	signer, err := ledger.NewCollectorKey(t.Context(), store, origin, rand.Reader, func(_ context.Context, audience string) (redact.Secret, error) {
		return redact.New([]byte(r.issuer.Token(audience, map[string]any{"job_workflow_ref": r.policy.Collector, "repository": "acme/.github"}))), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	opt := ledger.LogOptions{Origin: origin, Signer: signer, Verifiers: ledger.CollectorKeys{
		Context: t.Context(), Store: store, Origin: origin, Verify: verify, Issuers: []string{r.issuer.URL}, Definition: r.policy.Collector,
	}}
	log, err := ledger.OpenLog(t.Context(), store, opt)
	if err != nil {
		t.Fatal(err)
	}
	got, err := (&ledger.Collector{
		Inbox: bucket("ledger/inbox/"), Archive: store, Log: log, Verify: verify, Issuers: []string{r.issuer.URL}, Owners: []ledger.PlatformID{{Issuer: r.issuer.URL, ID: "4242"}},
		Keys: func(ctx context.Context, issuer string) ([]byte, error) {
			_, raw, err := source.Keys(ctx, issuer)
			return raw, err
		},
	}).Collect(t.Context())
	if err != nil || got.Added != 1 || len(got.Refused) != 0 || len(got.Files) != 1 || got.Files[0].Name != name {
		t.Errorf("collected %+v, %v", got, err)
	}
	if report, err := ledger.Verify(t.Context(), store, opt); err != nil || report.Checkpoint.Size != 1 {
		t.Errorf("verify: %+v, %v", report, err)
	}
}

// TestE2EStoreRights tries with the leased role what a job must not do.
func TestE2EStoreRights(t *testing.T) {
	r := newReal(t)
	s, ctx := r.open(t), t.Context()
	name, err := s.Take(ctx, ledger.Claim{Key: issuance.AliveKey(project, grant), Limit: 3, Holder: holder, NotAfter: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Inbox().Create(ctx, "a.jsonl", nil); err != nil {
		t.Fatal(err)
	}
	get := func(s ledger.Store, name string) error { _, err := s.Get(ctx, name); return err }
	list := func(s ledger.Store, prefix string) error { _, err := s.List(ctx, prefix, "", 1); return err }
	for what, err := range map[string]error{
		"begin a log":     s.Objects().Create(ctx, "log/checkpoint", nil),
		"speak for a key": s.Objects().Create(ctx, "keys/x", nil),
		"probe":           ledger.Probe(ctx, s.Objects(), "x"),
		"read the inbox":  get(s.Inbox(), "a.jsonl"),
		"list the inbox":  list(s.Inbox(), ""),
		"list all":        list(s.Objects(), ""),
		"read the log":    get(s.Objects(), "log/checkpoint"),
		"attest":          s.Objects().Create(ctx, ledger.AttestedPrefix+"987654/x.jsonl", nil),
	} {
		if err == nil || !strings.Contains(err.Error(), "403 AccessDenied") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := list(s.Objects(), ledger.AttestedPrefix+"987654/"); err != nil {
		t.Errorf("list what is attested: %v", err)
	}
	session := r.session(t)
	path := "/acme-curfew/ledger/" + name
	if status, body := r.ask(t, session, http.MethodDelete, path, "", ""); status != http.StatusForbidden {
		t.Errorf("delete a slot: %d %s", status, body)
	}
	// MinIO has no right to create that isn't one to overwrite, unlike S3 with its condition s3:if-none-match. A
	// slot that was spoilt is no free one.
	if status, body := r.ask(t, session, http.MethodPut, path, "", "{}\n"); status != http.StatusOK {
		t.Errorf("overwrite a slot: %d %s: docs/ledger.md says that MinIO lets it", status, body)
	}
	if _, err := s.Facts(ctx, project, grant); err == nil {
		t.Error("a spoilt slot was counted")
	}
}

// session is one of the role as any step of the job can lease it.
func (r *real) session(t *testing.T) ledger.S3Credentials {
	t.Helper()
	p, err := lease.For("aws", lease.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.Exchange(t.Context(), lease.Request{
		TTL: 15 * time.Minute, IDToken: redact.New([]byte(r.issuer.Token(audience, nil))),
		Grant: &manifest.Grant{AWS: &manifest.AWS{Role: r.policy.Role, Audience: audience, Region: "us-east-1", HandOver: manifest.HandOver{Endpoint: r.URL}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var out ledger.S3Credentials
	for _, v := range c.Values {
		switch v.Name {
		case "AWS_ACCESS_KEY_ID":
			out.KeyID = string(v.Value.Reveal())
		case "AWS_SECRET_ACCESS_KEY":
			out.Secret = v.Value
		case "AWS_SESSION_TOKEN":
			out.Session = v.Value
		}
	}
	return out
}

// TestE2EStoreDenied: a real STS gives no session to who isn't the issuer's job for its audience.
func TestE2EStoreDenied(t *testing.T) {
	r := newReal(t)
	s, err := orgstore.Open(r.policy, orgstore.Options{Tokens: forger{r.issuer}, Ask: lease.Options{Now: time.Now}})
	if err != nil {
		t.Fatal(err)
	}
	var denied *lease.DeniedError
	if _, err := s.Facts(t.Context(), project, grant); !errors.As(err, &denied) {
		t.Errorf("%v", err)
	}
}

// forger is where tokens come from that the issuer never signed.
type forger struct{ issuer *testservers.Issuer }

func (f forger) IDToken(_ context.Context, audience string) (redact.Secret, error) {
	return redact.New([]byte(f.issuer.Forged(audience, nil))), nil
}

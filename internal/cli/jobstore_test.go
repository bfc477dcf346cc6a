package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// bucket is a fake of an STS and an S3 at one address, which proves nothing: real ones are in the e2e tests.
type bucket struct {
	*httptest.Server
	mu      sync.Mutex
	objects map[string]string
	asked   int
}

func newBucket(t *testing.T) *bucket {
	t.Helper()
	b := &bucket{objects: map[string]string{}}
	b.Server = httptest.NewServer(b)
	t.Cleanup(b.Close)
	return b
}

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked++
	body, _ := io.ReadAll(r.Body)
	if r.Method == http.MethodPost {
		fmt.Fprintf(w, `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">`+
			"<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIAMADEUPMADEUP00</AccessKeyId>"+
			"<SecretAccessKey>made-up-for-the-test</SecretAccessKey><SessionToken>made-up-as-well-here</SessionToken><Expiration>%s</Expiration>"+
			"</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>", time.Now().UTC().Add(15*time.Minute).Format(time.RFC3339))
		return
	}
	b.objects[r.URL.Path] = string(body)
}

func (b *bucket) policy() manifest.Ledger {
	return manifest.Ledger{
		Store: "s3://acme-curfew/ledger", Role: "arn:minio:iam:::role/curfew-ledger", Audience: "sts.amazonaws.com",
		Region: "us-east-1", Endpoint: b.URL, Collector: "acme/.github/.github/workflows/collect.yml@refs/heads/main",
	}
}

// killedJob is a job in which a process has opened a store and recorded something when it was killed.
func killedJob(t *testing.T, issuer *testservers.Issuer, policies ...manifest.Ledger) (env *Env, errs *bytes.Buffer, state string) {
	t.Helper()
	errs = &bytes.Buffer{}
	vars := map[string]string{
		"GITHUB_RUN_ID": "12055500123", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_JOB": "deploy", "GITHUB_REPOSITORY_ID": "987654",
		"ACTIONS_ID_TOKEN_REQUEST_URL": issuer.RequestURL(), "ACTIONS_ID_TOKEN_REQUEST_TOKEN": issuer.RequestToken,
	}
	state = filepath.Join(t.TempDir(), "curfew")
	env = &Env{
		Args: []string{"revoke", "--all", "--state", state}, Stdout: &bytes.Buffer{}, Stderr: errs, Getenv: func(name string) string { return vars[name] }, Now: time.Now,
	}
	j, err := openJob(env, state)
	if err != nil {
		t.Fatal(err)
	}
	for _, policy := range policies {
		if _, err := j.openAndKeepStore(policy); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := j.Append(ledger.Record{
		Plane: ledger.Issuance, Type: ledger.LeaseDenied, Outcome: ledger.Deny, Identity: ledger.Identity{RepositoryID: "987654"},
		Decision: &ledger.Decision{Engine: "manifest", Reasons: []string{"no identity matches"}},
	}); err != nil {
		t.Fatal(err)
	}
	if err := j.close(); err != nil { // nothing more: neither sealed nor deposited
		t.Fatal(err)
	}
	j.stderr.wait()
	return env, errs, state
}

// TestRevokeDepositsLeft: what a killed process has recorded comes to the store of its policy, though no lease is kept that names it.
func TestRevokeDepositsLeft(t *testing.T) {
	b, other, issuer := newBucket(t), newBucket(t), testservers.StartIssuer(t, nil)
	env, errs, state := killedJob(t, issuer, b.policy(), b.policy())
	if info, err := os.Stat(filepath.Join(state, storeFile)); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 || errs.Len() > 0 {
		t.Fatalf("%v, %v, %s", info, err, errs)
	}
	if code := Run(t.Context(), *env); code != ExitClean || errs.Len() > 0 {
		t.Errorf("exit status %d: %s", code, errs)
	}
	names := slices.Sorted(maps.Keys(b.objects))
	if len(names) != 2 || !strings.HasPrefix(names[0], "/acme-curfew/ledger/inbox/12055500123-1-deploy-") || names[1] != names[0]+".seal" {
		t.Errorf("deposited: %q", names)
	}
	asked := b.asked
	if code := Run(t.Context(), *env); code != ExitClean || b.asked != asked {
		t.Errorf("again: exit status %d, %d requests", code, b.asked-asked)
	}
	// The first that was kept stays, and that the policy has another by now is said.
	env, errs, _ = killedJob(t, issuer, b.policy(), other.policy())
	if !strings.Contains(errs.String(), "store.json names another one") {
		t.Errorf("not said: %s", errs)
	}
	if Run(t.Context(), *env); len(b.objects) != 4 || other.asked > 0 {
		t.Errorf("%d objects, %d requests to the other", len(b.objects), other.asked)
	}
}

// TestRevokeOddStore: a file that some other step has put there gets no token for curfew's own audiences, and keeps nothing from being
// ended and sealed.
func TestRevokeOddStore(t *testing.T) {
	b, issuer := newBucket(t), testservers.StartIssuer(t, nil)
	text := func(change func(*manifest.Ledger)) string {
		l := b.policy()
		change(&l)
		out, err := json.Marshal(keptStore{storeVersion, &l})
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	good := text(func(*manifest.Ledger) {})
	for name, src := range map[string]string{
		"curfew's audience": text(func(l *manifest.Ledger) { l.Audience = "curfew" }),
		"a seal's audience": text(func(l *manifest.Ledger) { l.Audience = "curfew-ledger:" + strings.Repeat("0", 64) }),
		"no audience":       text(func(l *manifest.Ledger) { l.Audience = "" }),
		"no bucket":         text(func(l *manifest.Ledger) { l.Store = "/tmp" }),
		"plain http":        text(func(l *manifest.Ledger) { l.Endpoint = "http://evil.example" }),
		"empty":             "", "no JSON": "\x1b[2J::error::x", "no store": `{"version":1}`, "other version": strings.Replace(good, ":1,", ":2,", 1),
		"more": good + good, "unknown member": strings.Replace(good, "{", `{"x":1,`, 1),
		"link": "",
	} {
		env, errs, state := killedJob(t, issuer)
		path := filepath.Join(state, storeFile)
		err := os.WriteFile(path, []byte(src), 0o600)
		if name == "link" {
			elsewhere := filepath.Join(t.TempDir(), "x")
			err = os.WriteFile(elsewhere, []byte(good), 0o600)
			if os.Remove(path) != nil || os.Symlink(elsewhere, path) != nil {
				t.Fatal(path)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		code := Run(t.Context(), *env)
		seals, err := filepath.Glob(filepath.Join(state, recordsFolder, "*.seal"))
		if code != ExitClean || err != nil || len(seals) != 1 || b.asked > 0 || strings.Contains(errs.String(), "\x1b") ||
			!strings.Contains(errs.String(), "isn't brought to the organisation's store: ") || strings.Count(errs.String(), "\n") != 1 {
			t.Errorf("%s: exit status %d, %d seals, %d requests: %s", name, code, len(seals), b.asked, errs)
		}
	}
}

// FuzzDecodeStore: what is read is written again so that it reads the same.
func FuzzDecodeStore(f *testing.F) {
	f.Add([]byte(`{"version":1,"ledger":{"Store":"s3://acme/ledger","Role":"r","Audience":"a","Region":"eu-west-1","Endpoint":"","Collector":"c"}}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		l, err := decodeStore(src)
		if err != nil {
			return
		}
		text, err := json.Marshal(keptStore{storeVersion, l})
		if err != nil {
			t.Fatal(err)
		}
		if again, err := decodeStore(text); err != nil || *again != *l {
			t.Errorf("%+v, %v", again, err)
		}
	})
}

package issuance_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

var start = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

const manifestText = `version: 1
extends: acme/.github
owners:
  payments: { team: "@acme/payments" }
defaults: { ttl: 15m }
identities:
  deploy:
    owner: payments
    purpose: Deploy it
    privilege: high
    expires: "2027-06-01"
    runs-as: { workflow: .github/workflows/deploy.yml, job: deploy }
    claims:
      repository_id: "987654"
      job_workflow_ref: acme/web/.github/workflows/deploy.yml@refs/heads/main
      environment: production
    grants:
      prod:
        vault: { address: "https://vault.acme.example", endpoint: "SERVER", mount: jwt, role: deploy }
        narrow: none
        limits: none
        when:
          ticket: { system: jira, project: CHG, status: [Approved], references: sha, use: once }
      limited:
        vault: { address: "https://vault.acme.example", endpoint: "SERVER", mount: jwt, role: deploy }
        narrow: none
        limits: { concurrent: 3, per-day: 50 }
        when: always
      cloud:
        aws: { role: "arn:aws:iam::123456789012:role/deploy", audience: sts.amazonaws.com, region: eu-west-1, endpoint: "SERVER" }
        limits: none
        narrow: policies/deploy.json
        when: always
      source:
        github: { exchange: "SERVER", endpoint: "SERVER", identity: deploy, repositories: [acme/web], permissions: { contents: read } }
        narrow: none
        limits: none
        when: always
      ruled:
        vault: { address: "https://vault.acme.example", endpoint: "SERVER", mount: jwt, role: deploy }
        narrow: none
        limits: none
        when: { policy: { rule: data.curfew.deploy.allow } }
      nightly:
        vault: { address: "https://vault.acme.example", endpoint: "SERVER", mount: jwt, role: deploy }
        narrow: none
        limits: none
        when: { schedule: { cron: "30 11 * * *", window: 1h } }
      tagged:
        vault: { address: "https://vault.acme.example", endpoint: "SERVER", mount: jwt, role: deploy }
        narrow: none
        limits: none
        when: { signed-tag: { keys: [keys/release.pub, keys/anna.pub] } }
`

const orgText = `version: 1
organization: { name: acme, id: "4242" }
systems: { jira: { url: https://acme.atlassian.net, projects: [CHG, PAY] } }
ceilings:
  ttl: { critical: 15m, high: 30m, medium: 1h, low: 4h }
ledger:
  store: "s3://acme-curfew/ledger"
  role: arn:aws:iam::123456789012:role/curfew-ledger
  audience: sts.amazonaws.com
  region: eu-west-1
  collector: acme/.github/.github/workflows/collect.yml@refs/heads/main
`

// world is a job that is entitled to what it asks for, and all around it. A test changes what it likes.
type world struct {
	t       *testing.T
	at      time.Time
	job     *job
	gov     *fixed
	tickets *tickets
	shared  *shared
	server  *server
	options issuance.Options
	request issuance.Request
	dir     string
	broken  func(ledger.Type) bool // records that can't be written
	fail    func(step string) error
	// patience is how long a provider's answer is waited for. However slow a machine is, it answers within that, unless it never does.
	patience time.Duration

	mu      sync.Mutex
	secrets []redact.Secret
	writer  *ledger.Writer
	steps   []string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, at: start, dir: t.TempDir(), server: startServer(t), patience: 30 * time.Second, request: issuance.Request{Grant: "deploy/prod"}}
	w.server.now, w.server.step = w.now, w.step
	w.job = &job{now: w.now, step: w.step, claims: map[string]any{
		"iss": actions, "sub": "repo:acme/web:environment:production", "repository": "acme/web", "repository_id": "987654",
		"repository_owner": "acme", "repository_owner_id": "4242", "event_name": "push", "actor": "alice", "actor_id": "1001", "run_id": "12055500123",
		"job_workflow_ref": "acme/web/.github/workflows/deploy.yml@refs/heads/main", "run_attempt": "1", "sha": sha,
		"ref": "refs/heads/main", "environment": "production", "runner_environment": "github-hosted",
	}}
	w.gov = &fixed{step: w.step, files: map[string]string{"policies/deploy.json": `{"Version":"2012-10-17"}`}, rules: issuance.Rules{
		Manifest: issuance.File{Path: ".github/curfew.yml", Commit: commitA, Src: []byte(strings.ReplaceAll(manifestText, "SERVER", w.server.URL))},
		Org:      &issuance.File{Path: "acme/.github/curfew/org.yml", Commit: commitB, Src: []byte(orgText)},
		Facts:    manifest.Facts{Run: &manifest.Run{TriggeringActor: "@alice", ChangeAuthor: "@bob"}},
	}}
	w.tickets = &tickets{step: w.step, proofs: []manifest.Proof{{Ticket: approved()}}}
	folder, err := ledger.OpenFolder(filepath.Join(w.dir, "store"))
	if err != nil {
		t.Fatal(err)
	}
	w.shared = &shared{step: w.step, Slots: ledger.Slots{Store: folder, Now: w.now}, facts: manifest.LedgerFacts{
		Store: "s3://acme-curfew/ledger", Leases: map[string]manifest.LeaseCount{"deploy/limited": {}}, BreakGlass: []manifest.GlassUse{},
	}}
	ids := ledger.NewIDs(w.now, rand.Reader)
	records, err := ledger.OpenFolder(filepath.Join(w.dir, "records"))
	if err != nil {
		t.Fatal(err)
	}
	if w.writer, err = ledger.NewWriter(records, ledger.Job{RunID: "12055500123", Attempt: 1, Name: "deploy"}, ledger.WriterOptions{IDs: ids, Now: w.now}); err != nil {
		t.Fatal(err)
	}
	w.options = issuance.Options{
		Tokens: w.job, Keys: w.job, Governance: w.gov, Records: w, NewID: ids.New, Now: w.now, Job: "deploy", Project: "987654",
		Provers: map[string]issuance.Prover{"ticket": w.tickets}, Store: w.shared.open, Hide: w.hide, Timeout: 5 * time.Second,
		Providers: func(name string) (lease.Provider, error) {
			return lease.For(name, lease.Options{
				Now: w.now, Timeout: w.patience, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
			})
		},
	}
	t.Cleanup(func() { _ = errors.Join(w.writer.Close(), records.Close(), folder.Close()) })
	return w
}

func (w *world) now() time.Time { return w.at }

func (w *world) hide(secrets ...redact.Secret) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.secrets = append(w.secrets, secrets...)
}

// step is passed wherever the way leads out of the room.
func (w *world) step(name string) error {
	w.mu.Lock()
	w.steps = append(w.steps, name)
	w.mu.Unlock()
	if w.fail != nil {
		return w.fail(name)
	}
	return nil
}

// Append is the writer's, where it isn't broken.
func (w *world) Append(r ledger.Record) (string, error) {
	if err := w.step("record " + string(r.Type)); err != nil {
		return "", err
	}
	if w.broken != nil && w.broken(r.Type) {
		return "", errors.New("no space left on device")
	}
	return w.writer.Append(r)
}

// manifest changes the manifest's text.
func (w *world) manifest(from, to string) {
	w.gov.rules.Manifest.Src = change(w.t, w.gov.rules.Manifest.Src, from, to)
}

func (w *world) org(from, to string) {
	file := *w.gov.rules.Org
	file.Src = change(w.t, file.Src, from, to)
	w.gov.rules.Org = &file
}

func change(t *testing.T, src []byte, from, to string) []byte {
	t.Helper()
	if !strings.Contains(string(src), from) {
		t.Fatalf("%q isn't there", from)
	}
	return []byte(strings.ReplaceAll(string(src), from, to))
}

// later lets other rules hold from the second question on.
func (w *world) later(alter func(f *fixed)) {
	then := &fixed{rules: w.gov.rules, files: maps.Clone(w.gov.files)}
	alter(then)
	w.gov.then = then
}

func (w *world) broker() *issuance.Broker {
	w.t.Helper()
	b, err := issuance.New(w.options)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// records are those on the disk, in order.
func (w *world) records() []ledger.Record {
	w.t.Helper()
	var out []ledger.Record
	for _, line := range strings.Split(strings.TrimSuffix(w.text(), "\n"), "\n") {
		if line == "" {
			continue
		}
		r, err := ledger.Decode("record", []byte(line))
		if err != nil {
			w.t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

func (w *world) text() string {
	w.t.Helper()
	src, err := os.ReadFile(filepath.Join(w.dir, "records", w.writer.Name()))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(src)
}

func types(records []ledger.Record) string {
	var out []string
	for _, r := range records {
		out = append(out, strings.TrimPrefix(string(r.Type), "lease."))
	}
	return strings.Join(out, " ")
}

// sound holds what must hold whatever happened: no secret stands in records, errors or texts, and for each
// credential that the provider issued there is an intent, and it has ended or its end is recorded.
func (w *world) sound(texts ...any) {
	w.t.Helper()
	all := w.text()
	for _, v := range texts {
		all += fmt.Sprintf("\n%v %+v %#v", v, v, v)
	}
	for _, s := range w.secrets {
		value := string(s.Reveal())
		for _, part := range append(strings.Split(value, "."), value) {
			// The beginning is enough: texts are cut short.
			if len(part) > 20 && !strings.HasPrefix(part, "eyJhbGci") && strings.Contains(all, part[:20]) {
				w.t.Errorf("a secret stands in:\n%s", all)
			}
		}
	}
	var intents, bounds int
	for _, r := range w.records() {
		if r.Type == ledger.LeaseIntent {
			intents++
		}
		if r.Credential != nil && !r.Credential.NotAfter.IsZero() {
			bounds++
		}
	}
	if n := len(w.server.issued); n > 0 && (intents == 0 || bounds == 0) {
		w.t.Errorf("%d credentials were issued, with %d intents and %d ends recorded", n, intents, bounds)
	}
}

func duration(d time.Duration) *manifest.Duration {
	out := manifest.Duration(d)
	return &out
}

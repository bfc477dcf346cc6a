package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/cli"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// ledgerRun runs one command line.
func ledgerRun(t *testing.T, env map[string]string, now func() time.Time, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = cli.Run(t.Context(), cli.Env{
		Args: append([]string{"ledger"}, args...), Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr,
		Getenv: func(name string) string { return env[name] }, Now: now,
	})
	return code, stdout.String(), stderr.String()
}

func fixed() time.Time { return today }

// TestLedgerShowHostile: what a job writes about itself can't move the terminal, speak to the runner of a job, stand on
// a line of its own, or hide what other records say. The id of an AWS key is no secret.
func TestLedgerShowHostile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "jobs")
	keyID := "ASIA" + "Y34FZKBOKMUTVV7A"
	pem := func(which string) string { return "-----" + which + " RSA PRIVATE KEY" + "-----" }
	records := jobRecords(keyID)
	hostile := []string{"\x1b[2J\n::error::pwned", "##[add-mask]x", "\u202egnp", pem("BEGIN"), "x\x00y"}
	for _, text := range hostile {
		r := jobRecords(keyID)[0]
		r.Decision.Reasons = []string{text}
		r.Identity.ID = text
		records = append(records, r)
	}
	secret := "ghp_" + "q7XkPz2mWc9LtRv4NbYd8HsJf3GaEu6TiKo1"
	last := jobRecords(keyID)[2]
	last.Identity.ID, last.Credential.Handle = pem("END"), secret
	_, done, err := writeJob(dir, 1, today, append(records, last))
	if err != nil || done() != nil {
		t.Fatal(err)
	}
	code, out, errs := ledgerRun(t, nil, fixed, "show", "--store", dir)
	if code != cli.ExitClean || errs != "not collected yet: proven by nothing but the files in "+dir+"\n" {
		t.Errorf("exit status %d: %s", code, errs)
	}
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if len(lines) != 1+len(records)+1 {
		t.Fatalf("%d lines:\n%s", len(lines), out)
	}
	for i, line := range lines[1:] {
		if !strings.Contains(line, "lease.") || strings.ContainsAny(line, "\x00\x1b\u202e") || strings.Contains(line, "##[") {
			t.Errorf("line %d: %q", i, line)
		}
	}
	if !strings.Contains(lines[3], keyID) || strings.Contains(out, secret) {
		t.Errorf("handles:\n%s", out)
	}
	for _, line := range lines[1:] {
		for _, format := range []string{"text", "json"} {
			code, out, _ := ledgerRun(t, nil, fixed, "show", "--store", dir, "-f", format, line[:26])
			if code != cli.ExitClean || strings.ContainsAny(out, "\x00\x1b\u202e") || strings.Contains(out, "##[") || strings.Contains(out, "\n::") {
				t.Errorf("exit status %d: %q", code, out)
			}
		}
	}
}

// TestLedgerShowProof: what show writes as json proves a record to who has the log's key and nothing else.
func TestLedgerShowProof(t *testing.T) {
	issuer := testservers.StartIssuer(t, nil)
	dir := t.TempDir()
	inbox, store, key := filepath.Join(dir, "inbox"), filepath.Join(dir, "store"), filepath.Join(dir, "key")
	w, done, err := writeJob(inbox, 1, time.Now(), jobRecords("##[x]"))
	if err == nil {
		err = w.Seal(t.Context(), rand.NewChaCha8([32]byte{}), tokensAt(issuer, time.Now(), nil))
	}
	if err != nil || done() != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		t.Helper()
		code, out, errs := ledgerRun(t, nil, time.Now, args...)
		if code != cli.ExitClean {
			t.Fatalf("%q: exit status %d: %s", args, code, errs)
		}
		return out
	}
	public := strings.TrimSpace(run("key", "acme.example/curfew", "--out", key))
	run("collect", "--inbox", inbox, "--store", store, "--key-file", key, "--repository", "987654", "--issuer", issuer.URL)
	verifiers, err := ledger.NewVerifiers(public)
	if err != nil {
		t.Fatal(err)
	}
	type shown struct {
		Collected  bool
		Record     ledger.Record
		Bytes      []byte
		Proof      ledger.Inclusion
		Checkpoint string
	}
	for line := range strings.Lines(run("show", "--store", store, "--key", public, "--format", "json")) {
		var one, again shown
		if err := json.Unmarshal([]byte(line), &one); err != nil || !one.Collected || one.Bytes != nil {
			t.Fatalf("%v: %s", err, line)
		}
		out := run("show", one.Record.ID, "--store", store, "--key", public, "--format", "json")
		if err := json.Unmarshal([]byte(out), &again); err != nil || strings.Contains(out, "##[") {
			t.Fatalf("%v: %s", err, out)
		}
		c, err := ledger.ParseCheckpoint([]byte(again.Checkpoint), verifiers)
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Proof.Check(c, again.Bytes); err != nil {
			t.Error(err)
		}
		if r, err := ledger.Decode("bytes", again.Bytes); err != nil || r.ID != one.Record.ID {
			t.Error(err)
		}
		if err := again.Proof.Check(c, bytes.Replace(again.Bytes, []byte("alice"), []byte("mally"), 1)); err == nil {
			t.Error("another record is proven as well")
		}
	}
}

// TestLedgerExitStatus: what could not be read is another matter than what isn't proven.
func TestLedgerExitStatus(t *testing.T) {
	issuer := testservers.StartIssuer(t, nil)
	var down atomic.Bool
	up := issuer.Config.Handler
	issuer.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down.Load() {
			http.NotFound(w, r)
			return
		}
		up.ServeHTTP(w, r)
	})
	dir := t.TempDir()
	inbox, store := filepath.Join(dir, "inbox"), filepath.Join(dir, "store")
	w, done, err := writeJob(inbox, 1, time.Now(), jobRecords("ASIAXXXXXXXXXXXXXX7Q"))
	if err == nil {
		err = w.Seal(t.Context(), rand.NewChaCha8([32]byte{}), tokensAt(issuer, time.Now(), nil))
	}
	if err != nil || done() != nil {
		t.Fatal(err)
	}
	job := map[string]string{"ACTIONS_ID_TOKEN_REQUEST_URL": issuer.RequestURL(), "ACTIONS_ID_TOKEN_REQUEST_TOKEN": issuer.RequestToken}
	definition := testservers.JobClaims()["job_workflow_ref"].(string)
	common := []string{"--store", store, "--origin", "acme.example/curfew", "--collector", definition, "--issuer", issuer.URL}
	run := func(want int, verb string, args ...string) string {
		t.Helper()
		code, out, errs := ledgerRun(t, job, time.Now, append(append([]string{verb}, common...), args...)...)
		if code != want {
			t.Errorf("%s: exit status %d, want %d:\n%s%s", verb, code, want, out, errs)
		}
		return out + errs
	}
	run(cli.ExitClean, "collect", "--inbox", inbox, "--owner", "4242")
	run(cli.ExitClean, "verify")
	run(cli.ExitClean, "verify", "--archived-keys")
	for what, args := range map[string][]string{
		"another workflow": {"--collector", strings.Replace(definition, "deploy", "evil", 1)},
		"another name":     {"--origin", "acme.example/other"},
	} {
		if out := run(cli.ExitFindings, "verify", args...); strings.Contains(out, "proven:") {
			t.Errorf("%s: %s", what, out)
		}
	}
	tiles, err := filepath.Glob(filepath.Join(store, "log/tile/8/data/000.p/*"))
	if err != nil || len(tiles) != 1 {
		t.Fatal(tiles, err)
	}
	// swap runs verbs while a file has other content, or is a link, which isn't read.
	swap := func(want int, file string, change func(whole []byte) error, verbs ...string) {
		t.Helper()
		whole, err := os.ReadFile(file)
		if err != nil || os.Remove(file) != nil || change(whole) != nil {
			t.Fatal(file, err)
		}
		for _, verb := range verbs {
			run(want, verb)
		}
		if os.Remove(file) != nil || os.WriteFile(file, whole, 0o600) != nil {
			t.Fatal(file)
		}
	}
	checkpoint := filepath.Join(store, "log/checkpoint")
	swap(cli.ExitFindings, tiles[0], func(whole []byte) error {
		return os.WriteFile(tiles[0], bytes.Replace(whole, []byte("alice"), []byte("mally"), 1), 0o600)
	}, "verify", "show", "export")
	swap(cli.ExitFindings, checkpoint, func(whole []byte) error {
		return os.WriteFile(checkpoint, bytes.Replace(whole, []byte("\n3\n"), []byte("\n2\n"), 1), 0o600)
	}, "verify", "show", "export")
	swap(cli.ExitUnfinished, checkpoint, func([]byte) error { return os.Symlink(store, checkpoint) }, "verify", "export")
	run(cli.ExitClean, "verify")
	down.Store(true) // nobody can say any more whose the key was
	run(cli.ExitUnfinished, "verify")
	run(cli.ExitUnfinished, "collect", "--inbox", inbox, "--owner", "4242")
	run(cli.ExitClean, "verify", "--archived-keys")
}

// TestLedgerForgedArchive: who may write to the store can put keys of their own beside a log of their own, with a token that
// says what they like. It counts only for who asks for it.
func TestLedgerForgedArchive(t *testing.T) {
	real, fake := testservers.StartIssuer(t, nil), testservers.StartIssuer(t, nil)
	store := t.TempDir()
	folder, err := ledger.OpenFolder(store)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close() //nolint:errcheck // of the test
	const origin = "acme.example/curfew"
	definition := testservers.JobClaims()["job_workflow_ref"].(string)
	forged := func(_ context.Context, audience string) (redact.Secret, error) {
		return redact.New([]byte(fake.Token(audience, map[string]any{"iss": real.URL}))), nil
	}
	inbox := filepath.Join(t.TempDir(), "inbox")
	w, done, err := writeJob(inbox, 1, time.Now(), jobRecords("made-up"))
	if err == nil {
		err = w.Seal(t.Context(), rand.NewChaCha8([32]byte{}), forged)
	}
	if err != nil || done() != nil {
		t.Fatal(err)
	}
	args := []string{"--store", store, "--origin", origin, "--collector", definition, "--issuer", real.URL}
	job := map[string]string{"ACTIONS_ID_TOKEN_REQUEST_URL": real.RequestURL(), "ACTIONS_ID_TOKEN_REQUEST_TOKEN": real.RequestToken}
	code, out, errs := ledgerRun(t, job, time.Now, append([]string{"collect", "--inbox", inbox, "--owner", "4242"}, args...)...)
	if code != cli.ExitFindings || !strings.Contains(out, "signature") {
		t.Errorf("collect took a forged seal: exit status %d\n%s%s", code, out, errs)
	}
	forge(t, folder, origin, definition, real.URL, forged, keysOf(t, fake.URL))
	if code, out, errs = ledgerRun(t, nil, time.Now, append([]string{"verify"}, args...)...); code != cli.ExitFindings {
		t.Errorf("exit status %d\n%s%s", code, out, errs)
	}
	if code, out, _ = ledgerRun(t, nil, time.Now, append([]string{"verify", "--archived-keys"}, args...)...); code != cli.ExitClean || !strings.Contains(out, "who may write there could have made them") {
		t.Errorf("exit status %d\n%s", code, out)
	}
}

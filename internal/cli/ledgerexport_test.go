package cli_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/cli"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// TestLedgerExportSpeaks: what a job wrote about itself neither moves a terminal nor speaks to the runner by an export, and no byte
// of it is changed on the way to a file or, outside of a job, through a pipe.
func TestLedgerExportSpeaks(t *testing.T) {
	issuer := testservers.StartIssuer(t, nil)
	for _, text := range []string{"##[add-mask]x", "\u202egnp", "\u009b2J", "\u2066x", "\x7f"} {
		args := collected(t, issuer, text)
		export := func(stdout *os.File, env map[string]string) (code int, out, errs string) {
			t.Helper()
			var piped, stderr bytes.Buffer
			e := cli.Env{Args: args, Stdin: strings.NewReader(""), Stdout: &piped, Stderr: &stderr, Getenv: func(name string) string { return env[name] }, Now: time.Now}
			if stdout != nil {
				e.Stdout = stdout
			}
			code = cli.Run(t.Context(), e)
			return code, piped.String(), stderr.String()
		}
		code, whole, errs := export(nil, nil)
		if code != cli.ExitClean || strings.Count(whole, "\n") != 4 || !strings.Contains(whole, text) {
			t.Errorf("%q by a pipe: exit status %d: %q %s", text, code, whole, errs)
		}
		job := map[string]string{"GITHUB_ACTIONS": "true"}
		code, out, errs := export(nil, job)
		if code != cli.ExitUsage || !strings.HasPrefix(whole, out) || strings.Contains(out, text) || !strings.Contains(errs, "send what is exported to a file") {
			t.Errorf("%q to the runner: exit status %d: %q %s", text, code, out, errs)
		}
		path := filepath.Join(t.TempDir(), "out.jsonl")
		file, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		code, _, errs = export(file, job)
		if got, err := os.ReadFile(path); code != cli.ExitClean || err != nil || file.Close() != nil || string(got) != whole {
			t.Errorf("%q to a file: exit status %d: %q %s, %v", text, code, got, errs, err)
		}
		if terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0); err == nil { // the near end of one
			if code, _, errs := export(terminal, nil); code != cli.ExitUsage || !strings.Contains(errs, "send what is exported to a file") {
				t.Errorf("%q to a terminal: exit status %d: %s", text, code, errs)
			}
			_ = terminal.Close()
		}
	}
	if code, out, errs := ledgerRun(t, map[string]string{"GITHUB_ACTIONS": "true"}, time.Now, collected(t, issuer, "::error::x \u00e9")[1:]...); code != cli.ExitClean || strings.Count(out, "\n") != 4 {
		t.Errorf("harmless: exit status %d: %s %s", code, out, errs)
	}
}

// collected makes a log in which a job has written text about itself, and is the command line that exports it.
func collected(t *testing.T, issuer *testservers.Issuer, text string) []string {
	t.Helper()
	dir := t.TempDir()
	inbox, store, key := filepath.Join(dir, "inbox"), filepath.Join(dir, "store"), filepath.Join(dir, "key")
	hostile := jobRecords("x")[0]
	hostile.Decision.Reasons = []string{text}
	w, done, err := writeJob(inbox, 1, time.Now(), append(jobRecords("x"), hostile))
	if err == nil {
		err = w.Seal(t.Context(), rand.NewChaCha8([32]byte{}), tokensAt(issuer, time.Now(), nil))
	}
	if err != nil || done() != nil {
		t.Fatal(err)
	}
	code, public, errs := ledgerRun(t, nil, time.Now, "key", "acme.example/curfew", "--out", key)
	if code != cli.ExitClean {
		t.Fatal(errs)
	}
	if code, _, errs := ledgerRun(t, nil, time.Now, "collect", "--inbox", inbox, "--store", store, "--key-file", key, "--repository", "987654", "--issuer", issuer.URL); code != cli.ExitClean {
		t.Fatal(errs)
	}
	return []string{"ledger", "export", "--store", store, "--key", strings.TrimSpace(public)}
}

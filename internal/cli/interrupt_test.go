package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/cli"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/scan"
)

const interrupted = "curfew: interrupted before the end: nothing is proven, and what was found so far isn't all\n"

// stopped runs a command line that was told to stop before it began.
func stopped(t *testing.T, stdin io.Reader, args ...string) (code int, out, errs string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	code = cli.Run(ctx, cli.Env{
		Args: args, Stdin: stdin, Stdout: &stdout, Stderr: &stderr,
		Getenv: func(string) string { return "" }, Now: func() time.Time { return today },
	})
	return code, stdout.String(), stderr.String()
}

// TestInterrupted: a scan that was told to stop is not finished, and says so in its result.
func TestInterrupted(t *testing.T) {
	code, out, errs := stopped(t, nil, "scan", t.TempDir(), "-f", "json", "--fail-on", "never", "--write-baseline", "b.json", "--until", "2026-12-31", "--reason", "x")
	if code != cli.ExitUnfinished {
		t.Errorf("exit status %d, want %d", code, cli.ExitUnfinished)
	}
	if diff := cmp.Diff(interrupted, errs); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	var r scan.Result
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	if !r.Interrupted() || len(r.Checked.Sources) > 0 {
		t.Errorf("not checked: %v, read to the end: %v", r.NotChecked, r.Checked.Sources)
	}
	if _, out, _ = stopped(t, nil, "scan", t.TempDir()); !strings.HasPrefix(out, "Interrupted before any finding\n") {
		t.Errorf("in text:\n%s", out)
	}
}

// TestInterruptedInput: waiting for standard input ends as well.
func TestInterruptedInput(t *testing.T) {
	in, _ := io.Pipe()
	defer in.Close() //nolint:errcheck // wakes the reader
	code, out, errs := stopped(t, in, "scan", "-")
	if code != cli.ExitUnfinished || out != "" || errs != interrupted {
		t.Errorf("exit status %d:\n%s%s", code, out, errs)
	}
}

// TestInterruptedLate: mistakes in the command line stay what they are.
func TestInterruptedLate(t *testing.T) {
	if code, _, errs := stopped(t, nil, "scan", "--since", "HEAD"); code != cli.ExitUsage {
		t.Errorf("exit status %d: %s", code, errs)
	}
}

// TestInterruptedExplain: what an interrupted scan didn't come to may well be there.
func TestInterruptedExplain(t *testing.T) {
	if code, out, errs := stopped(t, nil, "explain", "3f9c21ab", t.TempDir()); code != cli.ExitUnfinished || out != "" || errs != interrupted {
		t.Errorf("exit status %d:\n%s%s", code, out, errs)
	}
}

// TestInterruptedLedger: a log that was read halfway is neither proven nor unproven.
func TestInterruptedLedger(t *testing.T) {
	_, key, err := ledger.NewKey("acme.example/curfew", rand.NewChaCha8([32]byte{}))
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"verify", "show", "export"} {
		if code, out, errs := stopped(t, nil, "ledger", verb, "--store", t.TempDir(), "--key", key); code != cli.ExitUnfinished || out != "" || errs != interrupted {
			t.Errorf("%s: exit status %d:\n%s%s", verb, code, out, errs)
		}
	}
}

package cli_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/cli"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/recording"
)

// cast is a recording as exec makes one, of a command that tries all that a terminal and a job's log could be told to do.
func cast(limit int64) ([]byte, recording.Summary, error) {
	var out bytes.Buffer
	at := today
	r, err := recording.Begin(recording.Options{
		To: &out, Limit: limit, Now: func() time.Time { return at }, Search: func([]byte) ([]recording.Found, error) { return nil, nil },
		Header: recording.Header{Width: 80, Height: 24, Command: "./deploy.sh --to 'the shop'"},
	})
	if err != nil {
		return nil, recording.Summary{}, err
	}
	stdout := r.Stream()
	for _, text := range []string{
		"\x1b[32mdeployed\x1b[0m\n", "\x1b]52;c;cm0gLXJmIH4=\x07", "\x1b]0;owned\x07", "10%\r20%\n", "\x1b[6n",
		"::error::not from here\n", "##[group]nor this\n", "\x1b[2", "J", "done\n",
	} {
		_, _ = io.WriteString(stdout, text)
		at = at.Add(3 * time.Second)
	}
	if limit == recording.MinLimit {
		_, _ = io.WriteString(stdout, strings.Repeat("more\n", int(limit)))
	}
	sum, err := r.End("curfew: exit status 0")
	return out.Bytes(), sum, err
}

// sessionRecords writes into a job's state what exec leaves of a recording, and how it went: recorded, truncated, begun, failed or unrecorded. It
// returns the lease's id. The file of records is sealed where seal is set.
func sessionRecords(state, how, run string, seed byte, seal func(*ledger.Writer) error) (lease string, err error) {
	folder, err := ledger.OpenFolder(filepath.Join(state, "ledger"))
	if err != nil {
		return "", err
	}
	defer folder.Close() //nolint:errcheck // of the test
	now := func() time.Time { return today }
	w, err := ledger.NewWriter(folder, ledger.Job{RunID: run, Attempt: 1, Name: "deploy"}, ledger.WriterOptions{
		IDs: ledger.NewIDs(now, rand.NewChaCha8([32]byte{seed})), Now: now,
	})
	if err != nil {
		return "", err
	}
	if seal != nil {
		defer func() {
			if err == nil {
				err = seal(w)
			}
		}()
	}
	all := jobRecords("ASIAXXXXXXXXXXXXXX7Q")[1:]
	if lease, err = w.Append(all[0]); err != nil || how == "unrecorded" {
		return lease, err
	}
	limit := int64(recording.MaxLimit)
	if how == "truncated" {
		limit = recording.MinLimit
	}
	src, sum, err := cast(limit)
	if err != nil {
		return "", err
	}
	session := func(t ledger.Type, o ledger.Outcome, s ledger.Session, digest string) error {
		r := ledger.Record{Plane: ledger.Issuance, Type: t, Outcome: o, Identity: all[1].Identity, Session: &s, Links: ledger.Links{CausedBy: []string{lease}, Session: digest}}
		s.Format = ledger.Asciicast
		_, err := w.Append(r)
		return err
	}
	if err := session(ledger.SessionBegun, ledger.Open, ledger.Session{}, ""); err != nil || how == "begun" {
		return lease, err
	}
	if how == "failed" {
		return lease, session(ledger.SessionFailed, ledger.Failed, ledger.Session{Reason: "no space left on device"}, "")
	}
	name := filepath.Join(state, "sessions", lease+".cast")
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return "", err
	}
	if err := os.WriteFile(name, src, 0o600); err != nil {
		return "", err
	}
	return lease, session(ledger.SessionRecorded, ledger.Done, ledger.Session{Bytes: sum.Bytes, Truncated: sum.Truncated}, "sha256:"+sum.SHA256)
}

// TestReplayClaimed: another run that may write to the ledger can name a lease that isn't its own, with a recording of its
// making, or give its own records the ids of that. It isn't played, and neither is one of two that the same run tells of.
func TestReplayClaimed(t *testing.T) {
	state := t.TempDir()
	lease, err := sessionRecords(state, "begun", "12055500123", 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	src, sum, err := cast(recording.MaxLimit)
	if err != nil {
		t.Fatal(err)
	}
	made := filepath.Join(t.TempDir(), "made.cast")
	if err := os.WriteFile(made, src, 0o600); err != nil {
		t.Fatal(err)
	}
	claim := func(run string, seed byte) {
		t.Helper()
		r := jobRecords("x")[2]
		r.Type, r.Outcome, r.Credential, r.Decision = ledger.SessionRecorded, ledger.Done, nil, nil
		r.Session = &ledger.Session{Format: ledger.Asciicast, Bytes: sum.Bytes}
		r.Links = ledger.Links{CausedBy: []string{lease}, Session: "sha256:" + sum.SHA256}
		folder, err := ledger.OpenFolder(filepath.Join(state, "ledger"))
		if err != nil {
			t.Fatal(err)
		}
		defer folder.Close() //nolint:errcheck // of the test
		now := func() time.Time { return today }
		w, err := ledger.NewWriter(folder, ledger.Job{RunID: run, Attempt: 1, Name: "deploy"}, ledger.WriterOptions{
			IDs: ledger.NewIDs(now, rand.NewChaCha8([32]byte{seed})), Now: now,
		})
		if err == nil {
			_, err = w.Append(r)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	replay := func(args ...string) (int, string, string) {
		var out, errs bytes.Buffer
		code := cli.Run(t.Context(), cli.Env{
			Args:   append([]string{"ledger", "replay", lease, "--store", filepath.Join(state, "ledger"), "--file", made, "--idle-limit", "1ns"}, args...),
			Stdout: &out, Stderr: &errs, Now: func() time.Time { return today }, Getenv: func(string) string { return "" },
		})
		return code, out.String(), errs.String()
	}
	claim("666", 2)
	code, out, errs := replay()
	if code != cli.ExitFindings || out != "" || !strings.Contains(errs, "a recording was begun, as record ") {
		t.Errorf("exit status %d\n%s%s", code, out, errs)
	}
	if copied, err := sessionRecords(state, "recorded", "777", 1, nil); err != nil || copied != lease { // of a seed the ids are the same
		t.Fatal(copied, err)
	}
	code, out, errs = replay()
	if code != cli.ExitFindings || out != "" || !strings.Contains(errs, "records of 2 runs have the id ") || !strings.Contains(errs, "run 777, attempt 1, of repository 987654") {
		t.Errorf("exit status %d\n%s%s", code, out, errs)
	}
	code, out, errs = replay("--run", "12055500123")
	if code != cli.ExitFindings || out != "" || !strings.Contains(errs, "a recording was begun, as record ") {
		t.Errorf("exit status %d\n%s%s", code, out, errs)
	}
	claim("12055500123", 3)
	if code, out, errs = replay("--run", "12055500123"); code != 0 || !strings.Contains(out, "deployed") {
		t.Errorf("exit status %d\n%s%s", code, out, errs)
	}
	claim("12055500123", 4)
	if code, out, errs = replay("--run", "12055500123"); code != cli.ExitFindings || out != "" || !strings.Contains(errs, "2 records tell of a recording") {
		t.Errorf("exit status %d\n%s%s", code, out, errs)
	}
	if code, out, errs = replay("--run", "666"); code != cli.ExitFindings || out != "" {
		t.Errorf("exit status %d\n%s%s", code, out, errs)
	}
}

// TestReplaySpeed holds flags that are numbers to be numbers that make sense.
func TestReplaySpeed(t *testing.T) {
	for _, arg := range []string{"--speed=0", "--speed=-1", "--speed=NaN", "--speed=Inf", "--speed=1e9", "--idle-limit=-1s"} {
		var out, errs bytes.Buffer
		code := cli.Run(t.Context(), cli.Env{
			Args: []string{"ledger", "replay", "01JD9Z6Q4T8K0000000000000A", "--store", t.TempDir(), arg}, Stdout: &out, Stderr: &errs,
			Now: func() time.Time { return today }, Getenv: func(string) string { return "" },
		})
		if name, _, _ := strings.Cut(arg, "="); code != cli.ExitUsage || !strings.Contains(errs.String(), fmt.Sprintf("curfew: %s: expected", name)) {
			t.Errorf("%s: exit status %d\n%s", arg, code, &errs)
		}
	}
}

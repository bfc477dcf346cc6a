//go:build e2e

package cli_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/recording"
	"github.com/curfew-ci/curfew/internal/secret/planted"
)

// madeUp is a token of GitHub's that nothing knows.
func madeUp(t testing.TB, seed uint64) string {
	t.Helper()
	for _, s := range planted.All(seed) {
		if s.Detector == "github-pat" {
			return s.Value
		}
	}
	t.Fatal("no such credential")
	return ""
}

// recordings are the files in the state's folder of recordings.
func (s *site) recordings() []string {
	s.t.Helper()
	names, err := filepath.Glob(filepath.Join(s.temp, "curfew", "sessions", "*"))
	if err != nil {
		s.t.Fatal(err)
	}
	return names
}

// recorded is a recording that the records vouch for, and what was printed of it.
func (s *site) recorded(t *testing.T, path string) (src []byte, printed string, marks []string) {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(src)
	found := false
	for _, r := range s.records() {
		found = found || r.Type == ledger.SessionRecorded && r.Links.Session == "sha256:"+hex.EncodeToString(sum[:]) && r.Session.Bytes == int64(len(src))
	}
	if !found {
		t.Errorf("no record has the digest of %s", path)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	r, err := recording.Read(path, src)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range r.Events {
		if !e.Marker {
			printed += e.Data
		}
	}
	return src, printed, r.Markers()
}

// TestE2ERecord records a command with a lease of a real Vault: neither what was leased is in the file, in any form, nor a credential
// that nobody told curfew of, cut over two writes or not; and it is played again.
func TestE2ERecord(t *testing.T) {
	s := newSite(t)
	keep, tok := filepath.Join(s.temp, "kept"), madeUp(t, 7)
	half := len(tok) / 2
	s.env = append(s.env, "ONE="+tok[:half], "TWO="+tok[half:])
	code, out, errs := s.run("exec", "--grant", "deploy/vault", "--record", "--", "sh", "-c", `
		printf %s "$VAULT_TOKEN" >`+keep+`
		echo "begin $VAULT_TOKEN"; echo "$VAULT_TOKEN" | base64; echo "password $DB_PASSWORD" >&2
		printf %s "$ONE"; sleep 1.2; echo "on the other" >&2; printf '%s\n' "$TWO"
		printf '\033[32m'; printf %s "$ONE$TWO"; printf '\033[0m\n'; printf '%s' '`+madeUp(t, 8)+`' >/dev/null; printf 'caf\303'; printf '\251 \377\n'; exit 7`)
	if code != 7 || !strings.Contains(out, tok) {
		t.Fatalf("exit status %d\n%s%s", code, out, errs)
	}
	leased, err := os.ReadFile(keep)
	if err != nil || !token.Match(leased) || s.alive() != 0 {
		t.Fatalf("%q %v", leased, err)
	}
	all := s.records()
	if types(all) != "intent issued session.begun revoked session.recorded" {
		t.Fatalf("records %s", types(all))
	}
	lease := all[0].ID
	if by := all[4].Links.CausedBy; len(by) != 2 || by[0] != lease || by[1] != all[2].ID || all[2].Links.CausedBy[0] != lease || all[4].Identity.Grant != "vault" {
		t.Errorf("%+v\n%+v", all[2], all[4])
	}
	names := s.recordings()
	if len(names) != 1 || filepath.Base(names[0]) != lease+".cast" || !strings.Contains(errs, names[0]) {
		t.Fatalf("%q\n%s", names, errs)
	}
	src, printed, marks := s.recorded(t, names[0])
	secrets := []planted.Secret{{Detector: "leased", Value: string(leased)}, {Detector: "password", Value: "second-version-of-it"}, {Detector: "made up", Value: tok}, {Detector: "of the command's line", Value: madeUp(t, 8)}}
	for _, text := range [][]byte{src, []byte(printed)} {
		if found := planted.Find(text, secrets...); len(found) > 0 || bytes.Contains(text, []byte(tok[:half])) || bytes.Contains(text, []byte(tok[half:])) {
			t.Errorf("%q shows in\n%s", found, text)
		}
	}
	for _, has := range []string{"begin [redacted]\n", "password [redacted]\n", "on the other\n", "\x1b[32m[redacted]\x1b[0m\n", "caf\u00e9 \ufffd\n"} {
		if !strings.Contains(printed, has) {
			t.Errorf("%q isn't in %q", has, printed)
		}
	}
	if len(marks) != 1 || marks[0] != "curfew: exit status 7" {
		t.Errorf("%q", marks)
	}
	s.sealed(1)
	code, out, errs = s.run("ledger", "replay", lease, "--store", filepath.Join(s.temp, "curfew", "ledger"), "--idle-limit", "1ms")
	if code != 0 || !strings.Contains(out, "begin [redacted]") || !strings.Contains(errs, "mark: curfew: exit status 7") || strings.Contains(errs, tok) {
		t.Errorf("exit status %d\n%s%s", code, out, errs)
	}
	s.clean()
}

// TestE2ERecordTo records to a file that the user names, which must not be there, and no more than its limit.
func TestE2ERecordTo(t *testing.T) {
	s := newSite(t)
	file := filepath.Join(t.TempDir(), "session.cast")
	code, out, errs := s.run("exec", "--grant", "deploy/vault", "--record-to", file, "--record-limit", "1", "--", "sh", "-c",
		`i=0; while [ $i -lt 300 ]; do echo "line $i"; i=$((i+1)); done; head -c 3000000 /dev/zero | tr '\0' x; echo all`)
	if code != 0 || !strings.HasSuffix(out, "all\n") {
		t.Fatalf("exit status %d\n%s", code, errs)
	}
	src, printed, marks := s.recorded(t, file)
	all := s.records()
	last := all[len(all)-1]
	if len(src) > 1<<20 || len(src) < 900<<10 || strings.Contains(printed, "all\n") || len(marks) != 2 || !last.Session.Truncated || len(s.recordings()) != 0 {
		t.Errorf("%d bytes, %q, %+v", len(src), marks, last.Session)
	}
	before := len(all)
	for _, to := range []string{file, filepath.Join(filepath.Dir(file), "none", "x.cast")} {
		code, out, errs = s.run("exec", "--grant", "deploy/vault", "--record-to", to, "--", "echo", "ran")
		if code != 125 || out != "" || !strings.Contains(errs, "--record-to: ") || len(s.records()) != before {
			t.Errorf("%s: exit status %d\n%s%s", to, code, out, errs)
		}
	}
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(src, after) {
		t.Errorf("%v: the recording was changed", err)
	}
	s.clean()
}

// TestE2ERecordNothingRun: a command that isn't there or whose arguments hold the lease is recorded as what it was.
func TestE2ERecordNothingRun(t *testing.T) {
	s := newSite(t)
	code, _, errs := s.run("exec", "--grant", "deploy/vault", "--record", "--", "./no-such-command", "--password=second-version-of-it")
	if code != 125 || !strings.Contains(errs, "holds the credential") {
		t.Errorf("exit status %d\n%s", code, errs)
	}
	names := s.recordings()
	if len(names) != 1 || types(s.records()) != "intent issued session.begun revoked session.recorded" {
		t.Fatalf("%q, records %s\n%s", names, types(s.records()), errs)
	}
	src, printed, marks := s.recorded(t, names[0])
	if printed != "" || marks[0] != "curfew: the command was not started" || bytes.Contains(src, []byte("second-version")) {
		t.Errorf("%s", src)
	}
	code, _, errs = s.run("exec", "--grant", "deploy/vault", "--record", "--", "./no-such-command")
	if code != 127 || len(s.recordings()) != 2 {
		t.Errorf("exit status %d\n%s", code, errs)
	}
	s.clean()
}

// TestE2ERecordFull: where the disk takes no more the command goes on, and it is said and recorded that nothing vouches for what it
// printed.
func TestE2ERecordFull(t *testing.T) {
	s := newSite(t)
	curfew := s.curfew
	s.curfew = "sh" // which limits the size of files: curfew is told by an error, as it has Go's handling of SIGXFSZ
	cmd := s.command("exec", "--grant", "deploy/vault", "--record", "--", "sh", "-c", `head -c 900000 /dev/zero | tr '\0' x; echo all`)
	args := append([]string{"-c", `ulimit -f 400; trap '' XFSZ; exec "$0" "$@"`, curfew}, cmd.Args[1:]...)
	full := s.command("", "")
	full.Args = append([]string{"sh"}, args...)
	var out, errs bytes.Buffer
	full.Stdout, full.Stderr = &out, &errs
	err := full.Run()
	if full.ProcessState.ExitCode() != 125 || !strings.HasSuffix(out.String(), "all\n") {
		t.Fatalf("exit status %d, %v\n%s", full.ProcessState.ExitCode(), err, &errs)
	}
	all := s.records()
	last := all[len(all)-1]
	if last.Type != ledger.SessionFailed || !strings.Contains(last.Session.Reason, "too large") || !strings.Contains(errs.String(), "the command goes on") || s.alive() != 0 {
		t.Errorf("%+v\n%s", last, &errs)
	}
	if names := s.recordings(); len(names) != 1 || !strings.HasSuffix(names[0], ".cast.part") {
		t.Errorf("%q", names)
	}
	s.clean()
}

// TestE2ERecordSignals: a command that is told to end is recorded to its end, one that is killed up to there.
func TestE2ERecordSignals(t *testing.T) {
	s := newSite(t)
	for _, tt := range []struct {
		name, child, mark string
		signal            syscall.Signal
		code              int
	}{
		{"TERM", `trap 'echo bye; exit 9' TERM; echo "ready $VAULT_TOKEN"; while :; do sleep 0.1; done`, "curfew: exit status 9", syscall.SIGTERM, 9},
		{"killed", `echo "ready $VAULT_TOKEN"; sleep 0.2; printf %.20s "$VAULT_TOKEN"; sleep 0.2; kill -9 $$`, "curfew: ended by a signal: killed", 0, 137},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := s.begin(t, "exec", "--grant", "deploy/vault", "--record", "--", "sh", "-c", tt.child)
			b.hears("ready [redacted]")
			if tt.signal != 0 {
				b.signal(tt.signal)
			}
			if code := b.ends(); code != tt.code || s.alive() != 0 {
				t.Errorf("exit status %d, %d tokens live\n%s", code, s.alive(), b.said())
			}
			src, printed, marks := s.recorded(t, s.recordings()[0])
			if len(marks) != 1 || marks[0] != tt.mark || !strings.HasPrefix(printed, "ready [redacted]\n") || tt.signal != 0 && !strings.Contains(printed, "bye\n") {
				t.Errorf("%q %q", printed, marks)
			}
			if bytes.Contains(src, []byte("hvs.")) {
				t.Errorf("the beginning of the token is in %s", src)
			}
		})
	}
}

// TestE2ERecordKilled: curfew itself is killed. The promise stands alone in the records, and what was recorded can be read.
func TestE2ERecordKilled(t *testing.T) {
	s := newSite(t)
	s.temp = outlived(t)
	b := s.prints(t)
	b.hears("line 400")
	if err := b.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = b.Wait()
	b.until(func() bool { return s.alive() == 0 && s.ended() }, "the token lives")
	if got := types(s.records()); !strings.HasPrefix(got, "intent issued session.begun") || strings.Contains(got, "session.recorded") || strings.Contains(got, "session.failed") {
		t.Errorf("records %s", got)
	}
	names := s.recordings()
	if len(names) != 1 || !strings.HasSuffix(names[0], ".cast.part") {
		t.Fatalf("%q", names)
	}
	src, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := recording.Read("r", src); err != nil || !bytes.Contains(src, []byte("line 1 ")) {
		t.Errorf("%v: %s", err, src)
	}
	lease := s.records()[0].ID
	code, out, errs := s.run("ledger", "replay", lease, "--store", filepath.Join(s.temp, "curfew", "ledger"), "--file", names[0])
	if code != 1 || out != "" || !strings.Contains(errs, "a recording was begun") {
		t.Errorf("exit status %d\n%s%s", code, out, errs)
	}
}

// prints starts a command that prints for a while, in the folder that s has.
func (s *site) prints(t *testing.T) *begun {
	t.Helper()
	s.env = append(s.env, "RUNNER_TEMP="+s.temp)
	b := &begun{s.command("exec", "--grant", "deploy/vault", "--record", "--", "sh", "-c",
		`i=0; while [ $i -lt 600 ]; do i=$((i+1)); echo "line $i of what is printed, all of them alike"; sleep 0.005; done; sleep 30`), t, filepath.Join(s.temp, "log")}
	log, err := os.Create(b.log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	b.Stdout, b.Stderr = log, log
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	return b
}

//go:build e2e && linux

package cli_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestE2ERevokeUnrecorded: the records' folder can't be opened, and what is kept is ended all the same.
func TestE2ERevokeUnrecorded(t *testing.T) {
	s := newSite(t)
	if code, _, errs := s.run("lease", "--grant", "deploy/vault", "--to", "output"); code != 0 {
		t.Fatalf("exit status %d\n%s", code, errs)
	}
	records := filepath.Join(s.temp, "curfew", "ledger")
	if err := os.Rename(records, records+".away"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(records, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := s.run("revoke", "--all")
	if code != 3 || s.alive() != 0 || !strings.Contains(errs, "the lease's end is not recorded") || !strings.Contains(errs, "it is revoked (") {
		t.Errorf("exit status %d, %d alive\n%s%s", code, s.alive(), out, errs)
	}
	if err := os.Remove(records); err != nil {
		t.Fatal(err)
	}
	if code, out, errs = s.run("revoke", "--all"); code != 0 || !strings.Contains(out, ": already-ended (") {
		t.Errorf("again: exit status %d\n%s%s", code, out, errs)
	}
}

// TestE2EInterruptedEnd: a verb that is told to stop while it ends a lease says what became of that, and nothing in its place.
func TestE2EInterruptedEnd(t *testing.T) {
	s := newSite(t)
	victims := make(chan *os.Process, 1)
	g := s.before(func(int, string) int {
		_ = (<-victims).Signal(syscall.SIGTERM)
		time.Sleep(200 * time.Millisecond)
		return http.StatusNotFound
	})
	for _, tt := range []struct {
		verb, says string
		env        []string
		args       []string
	}{
		{"lease", "isn't handed over: ", []string{"GITHUB_OUTPUT="}, []string{"--grant", "deploy/vault", "--to", "output"}},
		{"revoke", "hasn't ended the lease", nil, []string{"--all"}},
	} {
		cmd := s.command(tt.verb, tt.args...)
		cmd.Env = append(cmd.Env, tt.env...)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		victims <- cmd.Process
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != 3 || !strings.Contains(errs.String(), tt.says) || !strings.Contains(errs.String(), "it is expire-only until") {
			t.Errorf("%s: exit status %d\n%s", tt.verb, code, &errs)
		}
	}
	if len(g.ends) != 2 {
		t.Errorf("%d questions", len(g.ends))
	}
}

// TestE2ELeaseUnsaid: nobody can be told where the file of variables is, and the server doesn't end the lease. The file goes, and
// what ends it stays.
func TestE2ELeaseUnsaid(t *testing.T) {
	s := newSite(t)
	s.before(func(nth int, _ string) int { return map[bool]int{true: http.StatusNotFound}[nth == 1] })
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close() //nolint:errcheck // holds nothing
	cmd := s.command("lease", "--grant", "deploy/vault", "--to", "file")
	var errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = full, &errs
	_ = cmd.Run()
	kept := filepath.Join(s.temp, "curfew", "leases")
	if code := cmd.ProcessState.ExitCode(); code != 3 || !strings.Contains(errs.String(), "isn't handed over: ") || !strings.Contains(errs.String(), "hasn't ended the lease") {
		t.Errorf("exit status %d\n%s", code, &errs)
	}
	files, _ := filepath.Glob(filepath.Join(kept, "*", "*"))
	entries, _ := filepath.Glob(filepath.Join(kept, "*.json"))
	if len(files) != 0 || len(entries) != 1 {
		t.Errorf("%v, %v", files, entries)
	}
	if code, out, errs := s.run("revoke", "--all"); code != 0 || s.alive() != 0 {
		t.Errorf("exit status %d, %d alive\n%s%s", code, s.alive(), out, errs)
	}
}

// TestE2ERevokeSeals: revoke seals what a killed exec and its watchdog have recorded, though no lease is kept.
func TestE2ERevokeSeals(t *testing.T) {
	s := newSite(t)
	s.killed("deploy/vault", "true", ": revoked (")
	for range 200 { // until the watchdog has let go of its file
		if code, out, errs := s.run("revoke", "--all"); code != 0 || out != "no lease is kept here\n" || errs != "" {
			t.Fatalf("exit status %d\n%s%s", code, out, errs)
		}
		if seals, _ := filepath.Glob(filepath.Join(s.temp, "curfew", "ledger", "*.seal")); len(seals) == 2 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	s.sealed(2)
}

// TestE2ERevokeTwiceAtOnce: one revoke comes between the records and the seal of another. Neither has anything to complain of.
func TestE2ERevokeTwiceAtOnce(t *testing.T) {
	s := newSite(t)
	if code, _, errs := s.run("lease", "--grant", "deploy/vault", "--to", "output"); code != 0 {
		t.Fatalf("exit status %d\n%s", code, errs)
	}
	var met atomic.Bool
	ask := s.issuer.Config.Handler
	s.issuer.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Query().Get("audience"), "curfew-ledger:") && met.CompareAndSwap(false, true) {
			if code, out, errs := s.run("revoke", "--all"); code != 0 || out != "no lease is kept here\n" || errs != "" {
				t.Errorf("the second: exit status %d\n%s%s", code, out, errs)
			}
		}
		ask.ServeHTTP(w, r)
	})
	if code, out, errs := s.run("revoke", "--all"); code != 0 || !strings.Contains(out, ": revoked (") || errs != "" {
		t.Errorf("the first: exit status %d\n%s%s", code, out, errs)
	}
	s.sealed(2)
}

//go:build linux

package supervise

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// within is when waiting for what has to come is given up. The watchdog takes milliseconds; a machine that does much else at once
// takes longer, and what never comes is as wrong after a minute.
const within = time.Minute

// scene is a parent at work, seen from outside.
type scene struct {
	t      *testing.T
	cmd    *exec.Cmd
	fifo   *os.File // what the ends tell
	mark   *os.File // open as long as parent or command live; the command says in it that it was started
	stderr *os.File // open as long as parent or watchdog live
}

// play starts a parent.
func play(t *testing.T, f flow, change func(*exec.Cmd)) *scene {
	t.Helper()
	s := &scene{t: t}
	f.Fifo = filepath.Join(t.TempDir(), "told")
	if err := syscall.Mkfifo(f.Fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	s.fifo = must(os.OpenFile(f.Fifo, os.O_RDWR, 0))
	line := self("parent", string(must(json.Marshal(f))))
	s.cmd = exec.Command(line[0], line[1:]...)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // no terminal
	var mark, stderr *os.File
	var err1, err2 error
	s.mark, mark, err1 = os.Pipe()
	s.stderr, stderr, err2 = os.Pipe()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	s.cmd.ExtraFiles, s.cmd.Stderr = []*os.File{mark}, stderr
	if change != nil {
		change(s.cmd)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	mark.Close()   //nolint:errcheck // a pipe
	stderr.Close() //nolint:errcheck // a pipe
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		for _, f := range []*os.File{s.fifo, s.mark, s.stderr} {
			f.Close() //nolint:errcheck // pipes
		}
	})
	return s
}

// all reads f until everybody has closed it.
func (s *scene) all(f *os.File, what string) string {
	s.t.Helper()
	_ = f.SetReadDeadline(time.Now().Add(within))
	out, err := io.ReadAll(f)
	if err != nil {
		s.t.Fatalf("%s after %v: %v; so far %q", what, within, err, out)
	}
	return string(out)
}

// after waits for all to end, and returns what the ends told, what the command marked and what was complained.
func (s *scene) after() (ends, marks, complaints string) {
	s.t.Helper()
	hangs := time.AfterFunc(2*within, func() { _ = s.cmd.Process.Kill() })
	_ = s.cmd.Wait() // killed, most often
	hangs.Stop()
	marks = s.all(s.mark, "parent or command live")
	complaints = s.all(s.stderr, "parent or watchdog live")
	if _, err := s.fifo.WriteString("\x00"); err != nil { // behind all that was told: nobody is left who could
		s.t.Fatal(err)
	}
	told, err := bufio.NewReader(s.fifo).ReadString(0)
	if err != nil {
		s.t.Fatal(err)
	}
	if strings.Contains(complaints, "DATA RACE") {
		s.t.Error(complaints)
	}
	return strings.TrimSuffix(told, "\x00"), marks, complaints
}

// TestKilled kills the parent at every step of the way. After each the credential's end is brought about, or it
// was handed to nobody.
func TestKilled(t *testing.T) {
	const watchdog, parent = "watchdog ended first\n", "parent ended first\n"
	tests := []struct {
		dies, how string
		child     string // what the command does: run, or end at once
		started   bool
		ends      string
	}{
		{"before the watchdog", "", "run", false, ""},
		{"watchdog launched", "", "run", false, ""},
		{"watchdog started", "", "run", false, ""},
		{"credential obtained", "", "run", false, ""}, // nobody was told of it: the lease's intent and its lifetime are what is left
		{"half a payload", "", "run", false, ""},
		{"payload replaced", "", "run", false, watchdog},
		{"payload replaced", "exit", "run", false, watchdog},
		{"entered", "", "run", false, watchdog},
		{"entered", "panic", "run", false, parent},
		{"before start", "", "run", false, watchdog},
		{"before start", "panic", "run", false, parent},
		{"started", "", "run", true, watchdog},
		{"started", "panic", "run", true, parent},
		{"started", "exit", "run", true, watchdog},
		{"steering", "", "run", true, watchdog},
		{"steering", "crash", "run", true, watchdog},
		{"renewing", "", "run", true, watchdog},
		{"renewed", "", "run", true, "watchdog ended second\n"},
		{"waited", "", "end", true, watchdog},
		{"waited", "panic", "end", true, parent},
		{"before end", "", "end", true, watchdog},
		{"ending", "", "end", true, watchdog},
		{"ending", "panic", "end", true, watchdog},
		{"ending", "crash", "end", true, watchdog},
		{"ended, not said", "", "end", true, parent + watchdog},
		{"ended", "", "end", true, parent + watchdog},
		{"released", "", "end", true, parent},
		{"over", "", "end", true, parent},
		{"", "", "end", true, parent},
	}
	for _, tt := range tests {
		t.Run(strings.TrimSpace(tt.dies+" "+tt.how), func(t *testing.T) {
			child := self("marked")
			if tt.child == "end" {
				child = self("marked", "end")
			}
			ends, marks, complaints := play(t, flow{Dies: tt.dies, How: tt.how, Child: child}, nil).after()
			if ends != tt.ends {
				t.Errorf("ended: %q, want %q\n%s", ends, tt.ends, complaints)
			}
			// One that was killed as it started may not have come to say so.
			if marks != "" && marks != "up\n" || marks != "" && !tt.started || marks == "" && tt.started && tt.child == "end" {
				t.Errorf("the command marked %q, started should be %v", marks, tt.started)
			}
			if strings.Contains(complaints, credential()) {
				t.Errorf("the credential is told: %s", complaints)
			}
		})
	}
}

// TestKilledWhileRunning: the command has been given the credential and works when the parent is killed.
func TestKilledWhileRunning(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGKILL, syscall.SIGSEGV, syscall.SIGABRT} {
		t.Run(s.String(), func(t *testing.T) {
			sc := play(t, flow{Child: self("marked")}, nil)
			var up [3]byte
			if _, err := io.ReadFull(sc.mark, up[:]); err != nil {
				t.Fatal(err)
			}
			if err := sc.cmd.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
			if ends, _, complaints := sc.after(); ends != "watchdog ended first\n" {
				t.Errorf("ended: %q\n%s", ends, complaints)
			}
		})
	}
}

// TestKilledGroup: who kills the whole group doesn't reach the watchdog, whom nothing but KILL ends.
func TestKilledGroup(t *testing.T) {
	sc := play(t, flow{Child: self("marked")}, nil)
	var up [3]byte
	if _, err := io.ReadFull(sc.mark, up[:]); err != nil {
		t.Fatal(err)
	}
	watchdog := childOf(t, sc.cmd.Process.Pid, "watchdog")
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGPIPE} {
		if err := syscall.Kill(watchdog, s); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Kill(-sc.cmd.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if ends, _, complaints := sc.after(); ends != "watchdog ended first\n" {
		t.Errorf("ended: %q\n%s", ends, complaints)
	}
}

// TestWatchdogTriesAgain: an end that fails is tried again, though nobody hears the complaints.
func TestWatchdogTriesAgain(t *testing.T) {
	for _, deaf := range []bool{false, true} {
		sc := play(t, flow{Dies: "started", Child: self("marked"), Failing: 2}, nil)
		if deaf {
			sc.stderr.Close() //nolint:errcheck // a pipe
			_ = sc.fifo.SetReadDeadline(time.Now().Add(within))
			got := make([]byte, 64)
			n, err := sc.fifo.Read(got)
			if err != nil || string(got[:n]) != "watchdog ended first\n" {
				t.Errorf("ended: %q, %v", got[:n], err)
			}
			continue
		}
		ends, _, complaints := sc.after()
		if ends != "watchdog ended first\n" || strings.Count(complaints, "attempt") != 2 {
			t.Errorf("ended: %q\n%s", ends, complaints)
		}
	}
}

// TestEndFails: what the parent can't end the watchdog ends, and the exit code doesn't say that all went well.
func TestEndFails(t *testing.T) {
	sc := play(t, flow{EndFails: true, Child: self("marked", "end")}, nil)
	ends, _, complaints := sc.after()
	if code := sc.cmd.ProcessState.ExitCode(); code != CodeFailed || ends != "watchdog ended first\n" {
		t.Errorf("code %d, ended: %q", code, ends)
	}
	if !strings.Contains(complaints, "the server is away; the watchdog has ended it instead") {
		t.Errorf("not said: %s", complaints)
	}
}

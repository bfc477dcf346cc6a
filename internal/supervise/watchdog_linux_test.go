package supervise

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestStartRefuses: a watchdog that would hold more than it has to, or doesn't work, isn't taken.
func TestStartRefuses(t *testing.T) {
	empty := []string{}
	for want, cmd := range map[string]*exec.Cmd{
		"its environment isn't said": {Path: "/bin/true"},
		"no descriptors but":         {Path: "/bin/true", Env: empty, ExtraFiles: []*os.File{os.Stderr}},
		"isn't a file":               {Path: "/bin/true", Env: empty, Stderr: &strings.Builder{}},
		"no such file":               {Path: "/no/such/program", Env: empty},
		"start the watchdog: tell":   exec.Command("/bin/true"), // goes without an answer
	} {
		if cmd.Env == nil && cmd.Args != nil {
			cmd.Env = empty
		}
		w, err := Start(func() *exec.Cmd { return cmd }, []byte("payload"))
		if w != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestPayloadTooLong: it is refused, and the watchdog works on.
func TestPayloadTooLong(t *testing.T) {
	g, _ := guarded(t)
	if err := g.Watchdog.Replace(make([]byte, MaxPayload+1)); err == nil || !strings.Contains(err.Error(), "at most 32768") {
		t.Error(err)
	}
	if err := g.Watchdog.Replace(make([]byte, MaxPayload)); err != nil {
		t.Error(err)
	}
	if err := g.Watchdog.Replace(nil); err != nil {
		t.Error(err)
	}
	if err := errors.Join(g.Watchdog.Release("nothing to run"), g.Watchdog.Release("again")); err != nil {
		t.Error(err)
	}
}

// TestWatchdogHangs: one that doesn't answer counts as gone, and hangs nobody.
func TestWatchdogHangs(t *testing.T) {
	g, ends := guarded(t)
	g.Watchdog.patience = 100 * time.Millisecond
	if err := g.Watchdog.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	stopped(t, g.Watchdog.cmd.Process.Pid)
	for range 2 {
		if err := g.Watchdog.Replace([]byte("payload")); !errors.Is(err, errLost) {
			t.Errorf("%v, want that it is lost", err)
		}
	}
	result, err := Run(t.Context(), Child{Args: self("exit", "0"), Env: []string{}, Mask: hidden()}, g)
	if !errors.Is(err, errLost) || result != (Result{Code: CodeFailed, Unwatched: true}) || ends.Load() != 1 {
		t.Errorf("%+v, %v, ended %d times", result, err, ends.Load())
	}
	<-g.Watchdog.gone // it had nothing left to do
}

// stopped waits until a process that was told to stop has: the signal is sent before all of its threads have it.
func stopped(t *testing.T, pid int) {
	t.Helper()
	for range 1000 {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			t.Fatal(err)
		}
		if _, state, _ := strings.Cut(string(stat), ") "); strings.HasPrefix(state, "T") {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("%d doesn't stop", pid)
}

// TestEndPanics: who catches the panic has the credential ended all the same.
func TestEndPanics(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "told")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	told := must(os.OpenFile(fifo, os.O_RDWR, 0))
	defer told.Close() //nolint:errcheck // a pipe
	g, _ := guarded(t)
	if err := g.Watchdog.Replace(payload(fifo, "first")); err != nil {
		t.Fatal(err)
	}
	g.End = func(context.Context, Result) error { panic("end") }
	func() {
		defer func() { _ = recover() }()
		_, _ = Run(t.Context(), Child{Args: self("exit", "0"), Env: []string{}, Mask: hidden()}, g)
		t.Error("the panic is lost")
	}()
	_ = told.SetReadDeadline(time.Now().Add(within))
	got := make([]byte, 64)
	if n, err := told.Read(got); err != nil || string(got[:n]) != "watchdog ended first\n" {
		t.Errorf("ended: %q, %v", got[:n], err)
	}
}

// TestStoppedBeforeStart: who says stop before the command was started isn't passed over.
func TestStoppedBeforeStart(t *testing.T) {
	var started atomic.Bool
	result, err := run(t, Child{Args: self("stubborn"), Stdout: writerFunc(func(p []byte) (int, error) {
		started.Store(true)
		return len(p), nil
	})}, func(g *Guard) {
		g.at = func(point string) {
			if point == "entered" {
				c := make(chan os.Signal, 1)
				signal.Notify(c, syscall.SIGHUP)
				defer signal.Stop(c)
				_ = syscall.Kill(os.Getpid(), syscall.SIGHUP)
				<-c
			}
		}
	})
	// Where it came a moment later it was passed on instead.
	if result.Code != 129 || result.Signal != syscall.SIGHUP || result.Started != (err == nil) {
		t.Errorf("%+v, %v; it wrote: %v", result, err, started.Load())
	}
}

// TestIgnored: what whoever started us wants to be ignored (nohup) is, by the command too.
func TestIgnored(t *testing.T) {
	s, out := listenTo(t, func(cmd *exec.Cmd) {
		cmd.Args = append([]string{"sh", "-c", `trap "" HUP; exec "$@"`, "sh"}, cmd.Args...)
		cmd.Path = "/bin/sh"
	}, self("marked")...)
	out.hears("up")
	command := childOf(t, s.cmd.Process.Pid, "marked")
	for _, pid := range []int{s.cmd.Process.Pid, command} {
		_ = syscall.Kill(pid, syscall.SIGHUP)
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	if ends, _, _ := s.after(); s.cmd.ProcessState.ExitCode() != 128+int(syscall.SIGTERM) || ends != "parent ended first\n" {
		t.Errorf("%v, ended %q", s.cmd.ProcessState, ends)
	}
}

// TestCommandDescriptors: the command holds neither end of the watchdog's pipes; else our death would go unseen as
// long as it lives.
func TestCommandDescriptors(t *testing.T) {
	var out buffer
	var pipes []string
	_, err := run(t, Child{Args: self("descriptors"), Stdout: &out}, func(g *Guard) {
		for _, f := range []*os.File{g.Watchdog.pipe, g.Watchdog.answers} {
			_ = must(f.SyscallConn()).Control(func(fd uintptr) {
				pipes = append(pipes, must(os.Readlink("/proc/self/fd/"+strconv.Itoa(int(fd)))))
			})
		}
	})
	if err != nil || !strings.Contains(out.String(), "1 pipe:") {
		t.Errorf("%v: %s", err, out.String())
	}
	for _, p := range pipes {
		if strings.Contains(out.String(), p) {
			t.Errorf("the command holds %s:\n%s", p, out.String())
		}
	}
}

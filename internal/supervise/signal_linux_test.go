package supervise

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// talk is a parent's output, line by line.
type talk struct {
	t *testing.T
	r *bufio.Scanner
}

// listenTo starts a parent whose output is read line by line, without a terminal unless change gives it one.
func listenTo(t *testing.T, change func(*exec.Cmd), child ...string) (*scene, *talk) {
	t.Helper()
	out, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() }) //nolint:errcheck // a pipe
	_ = out.SetReadDeadline(time.Now().Add(2 * within))
	s := play(t, flow{Child: child}, func(cmd *exec.Cmd) {
		cmd.Stdout = w
		if change != nil {
			change(cmd)
		}
	})
	w.Close() //nolint:errcheck // a pipe
	return s, &talk{t: t, r: bufio.NewScanner(out)}
}

// hears wants these lines next.
func (k *talk) hears(lines ...string) {
	k.t.Helper()
	for _, want := range lines {
		if !k.r.Scan() || strings.TrimSpace(k.r.Text()) != want {
			k.t.Fatalf("%q (%v), want %q", k.r.Text(), k.r.Err(), want)
		}
	}
}

// TestSignalsForwarded: a parent without a terminal passes on what it gets, and nothing of it ends it.
func TestSignalsForwarded(t *testing.T) {
	s, out := listenTo(t, nil, self("signals", "interrupt")...)
	out.hears("up")
	for _, sig := range []syscall.Signal{
		syscall.SIGTERM, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH,
		syscall.SIGINT,
	} {
		if err := s.cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		out.hears("got " + sig.String())
	}
	ends, _, complaints := s.after()
	if code := s.cmd.ProcessState.ExitCode(); code != 7 || ends != "parent ended first\n" {
		t.Errorf("code %d, ended %q\n%s", code, ends, complaints)
	}
}

// TestSignalsInARow: who is impatient doesn't keep the credential from its end.
func TestSignalsInARow(t *testing.T) {
	s, out := listenTo(t, nil, self("marked")...)
	out.hears("up")
	for range 5 {
		_ = s.cmd.Process.Signal(syscall.SIGINT)
	}
	ends, _, complaints := s.after()
	if code := s.cmd.ProcessState.ExitCode(); code != 130 || ends != "parent ended first\n" {
		t.Errorf("code %d, ended %q\n%s", code, ends, complaints)
	}
}

// TestGroupHears: what the command has started gets signals too.
func TestGroupHears(t *testing.T) {
	s, out := listenTo(t, nil, self(append([]string{"keeper"}, self("signals", "interrupt")...)...)...)
	out.hears("up")
	_ = s.cmd.Process.Signal(syscall.SIGINT)
	out.hears("got interrupt")
	if ends, _, _ := s.after(); s.cmd.ProcessState.ExitCode() != 7 || ends != "parent ended first\n" {
		t.Errorf("%v, ended %q", s.cmd.ProcessState, ends)
	}
}

// TestStoppedMeanwhile: a command isn't started once somebody wants us to stop. What comes after that was asked for is the command's.
func TestStoppedMeanwhile(t *testing.T) {
	result, err := run(t, Child{Args: []string{"true"}, Stopped: func() error { return context.Canceled }}, nil)
	if !errors.Is(err, context.Canceled) || result != (Result{Code: CodeFailed}) {
		t.Errorf("%+v, %v", result, err)
	}
	late := func() error { return syscall.Kill(os.Getpid(), syscall.SIGTERM) }
	result, err = run(t, Child{Args: []string{"sleep", "60"}, Stopped: late}, nil)
	if result.Code != codeOf(syscall.SIGTERM) || !result.Started || err != nil {
		t.Errorf("%+v, %v", result, err)
	}
}

// TestStopped: without a terminal a parent that is stopped stops the command, and continues it.
func TestStopped(t *testing.T) {
	s, out := listenTo(t, nil, self("signals", "interrupt")...)
	out.hears("up")
	parent := s.cmd.Process.Pid
	command := childOf(t, parent, "signals")
	_ = s.cmd.Process.Signal(syscall.SIGTSTP)
	becomes(t, parent, "T")
	becomes(t, command, "T")
	_ = s.cmd.Process.Signal(syscall.SIGCONT)
	out.hears("got continued")
	becomes(t, parent, "SR")
	_ = s.cmd.Process.Signal(syscall.SIGINT)
	out.hears("got interrupt")
	if ends, _, _ := s.after(); ends != "parent ended first\n" {
		t.Errorf("ended %q", ends)
	}
}

// terminal opens a new terminal: what a person holds, and what a session gets.
func terminal(t *testing.T) (person, session *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	var n, unlock uint32
	control := func(request uintptr, arg *uint32) {
		c := must(person.SyscallConn())
		err := c.Control(func(fd uintptr) {
			if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(unsafe.Pointer(arg))); errno != 0 {
				t.Skipf("no terminals here: %v", errno)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	control(syscall.TIOCSPTLCK, &unlock)
	control(syscall.TIOCGPTN, &n)
	session, err = os.OpenFile("/dev/pts/"+strconv.Itoa(int(n)), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	t.Cleanup(func() {
		person.Close()  //nolint:errcheck // a terminal
		session.Close() //nolint:errcheck // a terminal
	})
	return person, session
}

// asShell is a shell with job control that has one command: it puts it in the foreground of its terminal, says when it
// was stopped, and continues it when it gets USR1.
func asShell(args []string) int {
	again := make(chan os.Signal, 1)
	signal.Notify(again, syscall.SIGUSR1)
	line := self(append([]string{"parent"}, args...)...)
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.ExtraFiles = []*os.File{os.NewFile(3, "mark")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Foreground: true, Ctty: 0}
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 98
	}
	for {
		var status syscall.WaitStatus
		_, err := syscall.Wait4(cmd.Process.Pid, &status, syscall.WUNTRACED, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return 98
		case status.Stopped():
			fmt.Println("shell: stopped")
			<-again
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGCONT)
		default:
			return status.ExitStatus()
		}
	}
}

// TestTerminal: with a terminal its keys reach parent and command at once, each once, and a shell's job control
// works.
func TestTerminal(t *testing.T) {
	person, session := terminal(t)
	s, out := listenTo(t, func(cmd *exec.Cmd) {
		cmd.Args[2] = "shell"
		cmd.Stdin = session
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	}, self("signals", "interrupt")...)
	out.hears("up")
	shell := s.cmd.Process.Pid
	parent := childOf(t, shell, "parent")
	command := childOf(t, parent, "signals")
	_, _ = person.WriteString("\x1a") // Ctrl-Z
	out.hears("shell: stopped")
	becomes(t, parent, "T")
	becomes(t, command, "T")
	_ = s.cmd.Process.Signal(syscall.SIGUSR1)
	out.hears("got continued")
	_ = syscall.Kill(parent, syscall.SIGTERM)
	out.hears("got terminated")
	_, _ = person.WriteString("\x1c") // Ctrl-\
	out.hears("got quit")
	_, _ = person.WriteString("\x03") // Ctrl-C
	out.hears("got interrupt")
	ends, _, complaints := s.after()
	if out.r.Scan() {
		t.Errorf("and %q", out.r.Text())
	}
	if code := s.cmd.ProcessState.ExitCode(); code != 7 || ends != "parent ended first\n" {
		t.Errorf("code %d, ended %q\n%s", code, ends, complaints)
	}
}

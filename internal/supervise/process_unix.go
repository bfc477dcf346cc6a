//go:build unix

package supervise

import (
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// oddNames says whether a variable's name may begin with "=".
const oddNames = false

// key is what names of variables are compared by.
func key(name string) string { return name }

// passedOn lists the signals that are the command's. SIGPIPE is none of it: it is caught so that it doesn't end us where
// nobody reads our output any more; the write's error says so.
func passedOn() []os.Signal {
	list := []os.Signal{
		syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2,
		syscall.SIGWINCH, syscall.SIGCONT, syscall.SIGPIPE,
	}
	if !haveTerminal() { // a terminal stops both of us
		list = append(list, syscall.SIGTSTP)
	}
	return list
}

// endsByItself reports whether s ends a program that does nothing about it, and is sent to end it.
func endsByItself(s os.Signal) bool {
	return slices.Contains([]os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}, s)
}

// haveTerminal reports whether our session has a terminal, whose keys send signals to all of a process group.
func haveTerminal() bool {
	f, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return false
	}
	_ = f.Close()
	return true
}

// childAttr is how a command is started. A watchdog gets a session of its own instead, so that neither a terminal
// nor whoever signals our group takes it along.
func childAttr(grouped bool) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: grouped}
	endWithUs(attr)
	return attr
}

func watchdogAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// pass passes s on. What a terminal sends by itself is passed on only where all is said to be.
func (p *process) pass(s os.Signal, all bool) {
	switch s {
	case syscall.SIGPIPE:
	case syscall.SIGINT, syscall.SIGQUIT, syscall.SIGWINCH, syscall.SIGCONT:
		if all {
			p.send(s)
		}
	case syscall.SIGTSTP:
		p.send(s)
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP) // soon, not at once; the CONT that ends it is passed on
	default:
		p.send(s)
	}
}

// terminate asks the command to end, and wakes it to hear that.
func (p *process) terminate() {
	p.send(syscall.SIGTERM)
	p.send(syscall.SIGCONT)
}

// send sends s to the command, to its whole group where it has one. A command that has ended gets nothing: its number
// may be another's by now.
func (p *process) send(s os.Signal) {
	if !p.grouped {
		_ = p.cmd.Process.Signal(s)
		return
	}
	if p.cmd.Process.Signal(syscall.Signal(0)) == nil {
		_ = syscall.Kill(-p.cmd.Process.Pid, s.(syscall.Signal)) // else it has ended just now
	}
}

// exitCode is how a command ended, as shells say it.
func exitCode(state *os.ProcessState) (int, os.Signal) {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return codeOf(status.Signal()), status.Signal()
	}
	return state.ExitCode(), nil
}

// codeOf is the exit code of a command that s has ended.
func codeOf(s os.Signal) int {
	n, _ := s.(syscall.Signal)
	return codeSignal + int(n)
}

// letNothingIn makes a watchdog deaf to what ends processes, and closes the descriptors that whoever started the one
// before us left open in us: Go's own are marked to be closed in other programs, inherited ones never are.
func letNothingIn() {
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGPIPE,
		syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU)
	names, _ := filepath.Glob("/dev/fd/*") // the system's own folder; where there is none, nothing was left open that we know of
	for _, name := range names {
		fd, err := strconv.Atoi(filepath.Base(name))
		if err != nil || fd <= 2 {
			continue
		}
		flags, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_GETFD, 0)
		if errno == 0 && flags&syscall.FD_CLOEXEC == 0 {
			_ = syscall.Close(fd)
		}
	}
}

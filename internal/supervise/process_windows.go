package supervise

import (
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// oddNames says whether a variable's name may begin with "=": that is how a drive's folder is kept.
const oddNames = true

// key is what names of variables are compared by.
func key(name string) string { return strings.ToUpper(name) }

// passedOn lists what would end us. The console tells the command by itself.
func passedOn() []os.Signal { return []os.Signal{os.Interrupt, syscall.SIGTERM} }

func endsByItself(os.Signal) bool { return true }

// haveTerminal is for the sake of the other platforms: there are no process groups to choose.
func haveTerminal() bool { return true }

func childAttr(bool) *syscall.SysProcAttr { return nil }

// watchdogAttr keeps Ctrl-C from the watchdog.
func watchdogAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// pass does nothing: the console has told the command already.
func (p *process) pass(os.Signal, bool) {}

// terminate ends the command: there is no way to ask it.
func (p *process) terminate() { p.kill() }

func (p *process) send(s os.Signal) { _ = p.cmd.Process.Signal(s) }

func exitCode(state *os.ProcessState) (int, os.Signal) { return state.ExitCode(), nil }

// codeOf is the exit code of a command that s has ended.
func codeOf(s os.Signal) int {
	n, _ := s.(syscall.Signal)
	return codeSignal + int(n)
}

// letNothingIn makes a watchdog deaf to Ctrl-C and a closed console.
func letNothingIn() { signal.Ignore(os.Interrupt, syscall.SIGTERM) }

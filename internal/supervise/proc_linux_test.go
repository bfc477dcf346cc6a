package supervise

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// childOf finds the process that pid started as the named helper.
func childOf(t *testing.T, pid int, helper string) int {
	t.Helper()
	for name, line := range cmdlines(t) {
		if bytes.Contains(line, []byte("\x00as\x00"+helper+"\x00")) && parentOf(name) == pid {
			return name
		}
	}
	t.Fatalf("process %d has no %s", pid, helper)
	return 0
}

// cmdlines is what every process was started with.
func cmdlines(t *testing.T) map[int][]byte {
	t.Helper()
	names, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	out := map[int][]byte{}
	for _, name := range names {
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		if line, err := os.ReadFile(name); err == nil { // else it has ended
			out[pid] = line
		}
	}
	return out
}

// stat is the fields of /proc/PID/stat from the state on, nil where there is no such process.
func stat(pid int) []string {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return nil
	}
	return strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
}

func parentOf(pid int) int {
	fields := stat(pid)
	if fields == nil {
		return 0
	}
	n, _ := strconv.Atoi(fields[1])
	return n
}

// descends reports whether a process was started by another, or by one that was.
func descends(pid, from int) bool {
	for ; pid > 1; pid = parentOf(pid) {
		if pid == from {
			return true
		}
	}
	return false
}

// becomes waits until a process is in a state, such as T for stopped.
func becomes(t *testing.T, pid int, states string) {
	t.Helper()
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if fields := stat(pid); fields != nil && strings.Contains(states, fields[0]) {
			return
		}
	}
	t.Fatalf("process %d is %v, want %s", pid, stat(pid), states)
}

// TestNothingInSight: while a command runs, nothing of the credential is in anybody's arguments, nor in the watchdog's
// environment and descriptors; in the parent's environment neither, as it was handed over by hand.
func TestNothingInSight(t *testing.T) {
	t.Setenv("RUNNER_TRACKING_ID", "github_1")
	t.Setenv("GITHUB_TOKEN", "the job's own")
	sc := play(t, flow{Child: self("marked")}, nil)
	if _, err := sc.mark.Read(make([]byte, 3)); err != nil {
		t.Fatal(err)
	}
	forms := append(written(), "s3cr3t")
	parent := sc.cmd.Process.Pid
	watchdog, command := childOf(t, parent, "watchdog"), childOf(t, parent, "marked")
	texts := map[string][]byte{}
	for pid, line := range cmdlines(t) {
		if descends(pid, os.Getpid()) { // else it may be of these tests at another place, which write the same credential
			texts["arguments of "+strconv.Itoa(pid)] = line
		}
	}
	for what, pid := range map[string]int{"parent": parent, "watchdog": watchdog} {
		text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
		if err != nil {
			t.Fatal(err)
		}
		texts["environment of the "+what] = text
	}
	for what, text := range texts {
		for _, form := range forms {
			if bytes.Contains(text, []byte(form)) {
				t.Errorf("%s show %q", what, form)
			}
		}
	}
	if env := texts["environment of the watchdog"]; len(env) > 0 {
		t.Errorf("the watchdog's environment is %q", env)
	}
	if env, _ := os.ReadFile("/proc/" + strconv.Itoa(command) + "/environ"); !bytes.Contains(env, []byte(credential())) ||
		bytes.Contains(env, []byte("the job's own")) || !bytes.Contains(env, []byte("github_1")) {
		t.Errorf("the command's environment is %q", env)
	}
	// Its pipes, where it complains, and what Go's runtime has opened in itself: no file of the one before us.
	mark, _ := os.Readlink("/proc/" + strconv.Itoa(parent) + "/fd/3")
	fds, _ := filepath.Glob("/proc/" + strconv.Itoa(watchdog) + "/fd/*")
	for _, fd := range fds {
		if to, _ := os.Readlink(fd); to == mark {
			t.Errorf("the watchdog holds %s, which is %s", fd, to)
		}
	}
	if stat(watchdog)[3] != strconv.Itoa(watchdog) { // the session
		t.Error("the watchdog has no session of its own")
	}
}

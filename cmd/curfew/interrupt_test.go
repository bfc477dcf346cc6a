//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/secret/planted"
)

// built is the binary.
func built(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "curfew")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("build curfew: %v\n%s", err, out)
	}
	return binary
}

// alone is a command without the variables of a job that these tests are run in: in a run of a pull request, a scan reads from its base.
func alone(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
	return cmd
}

// longHistory is a repository whose history takes seconds to search: many files of random words that are no
// deltas of each other, with a credential in each.
func longHistory(t *testing.T) string {
	t.Helper()
	const blobs, lines = 400, 2000
	dir := t.TempDir()
	git := func(stdin io.Reader, args ...string) {
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir, cmd.Stdin = dir, stdin
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args[0], err, out)
		}
	}
	git(nil, "init", "-q", "-b", "main")
	secrets := planted.All(1)
	in, out := io.Pipe()
	go func() {
		for i := range blobs {
			var b bytes.Buffer
			for n := range lines {
				fmt.Fprintf(&b, "token key secret password api %d = call(%x)\n", n, (n+1)*(i+1)*2654435761)
			}
			b.WriteString(secrets[i%len(secrets)].Content)
			fmt.Fprintf(out, "commit refs/heads/main\ncommitter c <c@example.com> %d +0000\ndata 1\nm\nM 100644 inline f%d\ndata %d\n%s\n", 1_700_000_000+i, i, b.Len(), b.String())
		}
		out.Close() //nolint:errcheck // a pipe
	}()
	git(in, "-c", "core.compression=0", "fast-import", "--quiet")
	return dir
}

// TestSignals: a first signal ends a scan with what it found, as a valid result that says that it isn't all;
// a second one ends it at once.
func TestSignals(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the binary")
	}
	binary, dir := built(t), longHistory(t)
	var stdout, stderr bytes.Buffer
	code := 0
	for wait := 800 * time.Millisecond; code == 0 && wait > time.Millisecond; wait /= 3 { // shorter, where it was done already
		stdout.Reset()
		stderr.Reset()
		cmd := alone(t, binary, "scan", dir, "--history", "-f", "json", "--fail-on", "never")
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(wait)
		cmd.Process.Signal(os.Interrupt) //nolint:errcheck // it may have ended
		cmd.Wait()                       //nolint:errcheck // the exit status says
		code = cmd.ProcessState.ExitCode()
	}
	if code != 3 {
		t.Fatalf("exit status %d, want 3\n%s", code, &stderr)
	}
	var result struct {
		Checked    struct{ Sources []string }
		NotChecked []struct{ Source, What, Reason string }
	}
	if err := json.Unmarshal(stdout.Bytes(), &result); err != nil {
		t.Fatalf("%v:\n%s", err, &stdout)
	}
	told := false
	for _, n := range result.NotChecked {
		told = told || n.Source == "secrets" && n.Reason == "interrupted"
	}
	if !told || !strings.Contains(stderr.String(), "interrupted before the end") {
		t.Errorf("not told: %+v\n%s", result.NotChecked, &stderr)
	}
	for _, s := range result.Checked.Sources {
		if s == "secrets" {
			t.Error("secrets count as read to the end")
		}
	}
}

// TestSecondSignal: who asks twice doesn't wait, though nothing answers the first.
func TestSecondSignal(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the binary")
	}
	binary, dir := built(t), t.TempDir()
	fifo := filepath.Join(dir, "policy.yml")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := alone(t, binary, "scan", dir, "--org-policy", fifo) // waits for a writer
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer waits(t, fifo).Close() //nolint:errcheck // nothing is written
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for range 100 { // the first asks, and what comes when that was heard ends it
		cmd.Process.Signal(os.Interrupt) //nolint:errcheck // it may have ended
		select {
		case err := <-done:
			var exit *exec.ExitError
			if !errors.As(err, &exit) {
				t.Fatalf("%v, want a signal", err)
			}
			if status, ok := exit.Sys().(syscall.WaitStatus); !ok || !status.Signaled() {
				t.Errorf("%v, want a signal", err)
			}
			return
		case <-time.After(300 * time.Millisecond):
		}
	}
	cmd.Process.Kill() //nolint:errcheck // it hangs
	t.Error("a second signal is not heard")
}

// waits waits until somebody reads from a pipe, and returns it for writing: until that is closed, more may come.
func waits(t *testing.T, fifo string) *os.File {
	t.Helper()
	for range 6000 {
		f, err := os.OpenFile(fifo, os.O_WRONLY|syscall.O_NONBLOCK, 0)
		if err == nil {
			return f
		}
		if !errors.Is(err, syscall.ENXIO) {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("nobody reads from " + fifo)
	return nil
}

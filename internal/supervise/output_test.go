//go:build linux

package supervise

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/redact"
)

// TestOutput: no form of the credential comes through, and everything else does, in its order.
func TestOutput(t *testing.T) {
	var want strings.Builder
	for range written() {
		want.WriteString("say " + redact.Placeholder + " done\n")
	}
	for _, form := range []string{"both", "one"} {
		var out, errs buffer
		c := Child{Args: self("print"), Stdout: &out, Stderr: &errs}
		if form == "one" {
			c.Stderr = &out
		}
		if _, err := run(t, c, nil); err != nil {
			t.Fatal(err)
		}
		got := []string{out.String(), errs.String()}
		for i := range got { // of base64, what stands before the value itself may be told, with four of its bits
			got[i] = strings.ReplaceAll(got[i], "say eH"+redact.Placeholder, "say "+redact.Placeholder)
		}
		wanted := []string{want.String(), want.String()}
		if form == "one" {
			wanted = []string{strings.Repeat("say "+redact.Placeholder+" done\n", 2*len(written())), ""}
		}
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Errorf("%s:\n%s", form, diff)
		}
	}
}

// TestHideLater: what is renewed while the command runs is hidden from then on.
func TestHideLater(t *testing.T) {
	in, feed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	mask := hidden()
	heard := make(chan string, 1)
	pass := writerFunc(func(p []byte) (int, error) {
		heard <- string(p)
		return len(p), nil
	})
	go func() {
		_, _ = feed.WriteString("the-second-value\n")
		first := <-heard
		mask.Hide(redact.New([]byte("the-second-value")))
		_, _ = feed.WriteString("the-second-value\n")
		heard <- first + <-heard
		feed.Close() //nolint:errcheck // a pipe
	}()
	if _, err := run(t, Child{Args: self("cat"), Stdin: in, Stdout: pass, Mask: mask}, nil); err != nil {
		t.Fatal(err)
	}
	if got, want := <-heard, "the-second-value\n"+redact.Placeholder+"\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// TestWriteFails: a command whose output nobody takes hears of it, and its credential ends.
func TestWriteFails(t *testing.T) {
	full := writerFunc(func([]byte) (int, error) { return 0, errors.New("the disk is full") })
	result, err := run(t, Child{Args: self("spew", "100000000"), Stdout: full}, nil)
	if err == nil || !strings.Contains(err.Error(), "the disk is full") || result.Code == 0 {
		t.Errorf("%+v, %v", result, err)
	}
	result, err = run(t, Child{Args: self("exit", "0"), Stdout: full}, nil)
	if err != nil || result.Code != 0 {
		t.Errorf("nothing was written: %+v, %v", result, err)
	}
	result, err = run(t, Child{Args: self("print"), Stdout: io.Discard, Stderr: full}, nil)
	if err == nil || result.Code == 0 {
		t.Errorf("an error is lost: %+v, %v", result, err)
	}
}

// TestLeftBehind: what the command leaves behind with its output open doesn't hang us, though it may write without end, or a little
// again and again.
func TestLeftBehind(t *testing.T) {
	for _, left := range [][]string{self("stubborn"), self("spew", "1000000000000"), self("drip")} {
		var errs buffer
		begin := time.Now()
		result, err := run(t, Child{Args: self(append([]string{"leaver"}, left...)...), Stdout: io.Discard, Stderr: &errs, Linger: 100 * time.Millisecond}, nil)
		if err != nil || result != (Result{Code: 3, Started: true, Cut: true}) || time.Since(begin) > within {
			t.Errorf("%v: %+v, %v after %v", left, result, err, time.Since(begin))
		}
		var pid int
		if _, err := fmt.Sscanf(errs.String(), "left %d", &pid); err != nil {
			t.Fatalf("%v: %q", err, errs.String())
		}
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// TestCutInAValue: of a command that is killed while it writes a value, the beginning of that doesn't show.
func TestCutInAValue(t *testing.T) {
	for how, want := range map[string]string{"kill -9 $$": "before " + redact.Placeholder, "exit 3": "before " + credential()[:15]} {
		var out buffer
		result, err := run(t, Child{Args: []string{"sh", "-c", `printf %s "before ` + credential()[:15] + `"; ` + how}, Stdout: &out}, nil)
		if err != nil || out.String() != want || (result.Signal != nil) != (how != "exit 3") {
			t.Errorf("%s: %+v, %v: %q, want %q", how, result, err, out.String(), want)
		}
	}
}

// TestSlowReader: who reads slowly gets all, and the credential doesn't wait for that.
func TestSlowReader(t *testing.T) {
	ended := make(chan struct{})
	var out buffer
	slow := writerFunc(func(p []byte) (int, error) {
		<-ended
		return out.Write(p)
	})
	result, err := run(t, Child{Args: self("print"), Stdout: slow, Linger: 500 * time.Millisecond}, func(g *Guard) {
		end := g.End
		g.End = func(ctx context.Context, r Result) error {
			defer close(ended)
			return end(ctx, r)
		}
	})
	if err != nil || result.Code != 0 || strings.Count(out.String(), "done\n") != len(written()) {
		t.Errorf("%+v, %v: %q", result, err, out.String())
	}
}

// TestReaderCatchesUp: a pipe that is read again at the moment at which it is looked at, as a slow reader has taken what came before,
// isn't taken for one that nothing comes through.
func TestReaderCatchesUp(t *testing.T) {
	var text buffer
	taking, taken := make(chan struct{}, 9), make(chan struct{})
	o := &outputs{}
	out, err := o.add(hidden().to(writerFunc(func(p []byte) (int, error) {
		taking <- struct{}{}
		<-taken
		return text.Write(p)
	})), "output")
	if err != nil {
		t.Fatal(err)
	}
	command := os.NewFile(uintptr(must(syscall.Dup(int(out.Fd())))), "command")
	o.started()
	_, _ = command.WriteString("first\n")
	<-taking
	o.settle(time.Millisecond) // which the reader's slowness uses up
	close(taken)
	for o.pipes[0].writing.Load() {
		runtime.Gosched()
	}
	time.AfterFunc(50*time.Millisecond, func() {
		_, _ = command.WriteString("second\n")
		command.Close() //nolint:errcheck // a pipe
	})
	h := listen()
	defer h.stop()
	var result Result
	if err := o.rest(t.Context(), h, within, &result); err != nil || result.Cut || text.String() != "first\nsecond\n" {
		t.Errorf("%+v, %v: %q", result, err, text.String())
	}
}

// TestFullPipe: what a command leaves in its pipe is all heard, though what came before is still being written as it ends.
func TestFullPipe(t *testing.T) {
	const size = 32<<10 + pipeHolds // what is being written, and what waits behind it
	heard := 0
	slow := writerFunc(func(p []byte) (int, error) {
		if heard += len(p); heard == len(p) {
			time.Sleep(500 * time.Millisecond)
		}
		return len(p), nil
	})
	result, err := run(t, Child{Args: []string{"sh", "-c", fmt.Sprintf("head -c %d /dev/zero", size)}, Stdout: slow, Linger: within}, nil)
	if err != nil || result.Cut || heard != size {
		t.Errorf("%+v, %v: %d of %d bytes", result, err, heard, size)
	}
}

// TestLongOutput: what goes through takes no memory to speak of.
func TestLongOutput(t *testing.T) {
	size := 48 << 20
	if testing.Short() {
		size = 8 << 20
	}
	longOutput(t, size)
}

func longOutput(t *testing.T, size int) {
	t.Helper()
	var most atomic.Uint64
	var seen atomic.Int64
	out := writerFunc(func(p []byte) (int, error) {
		if bytes.Contains(p, []byte(credential())) {
			return 0, errors.New("the credential comes through")
		}
		if n := seen.Add(int64(len(p))); n>>22 != (n-int64(len(p)))>>22 { // every 4 MB
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most.Store(max(most.Load(), m.HeapInuse))
		}
		return len(p), nil
	})
	result, err := run(t, Child{Args: self("spew", strconv.Itoa(size)), Stdout: out}, nil)
	if err != nil || result.Code != 0 || seen.Load() < int64(size)*9/10 {
		t.Errorf("%+v, %v: %d bytes", result, err, seen.Load())
	}
	if most.Load() > 64<<20 {
		t.Errorf("%d bytes of memory", most.Load())
	}
}

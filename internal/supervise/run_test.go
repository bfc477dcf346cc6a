//go:build linux

package supervise

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/redact"
)

// command makes the watchdog of a test, which complains to nobody.
func command() *exec.Cmd {
	line := self("watchdog")
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Env = []string{}
	return cmd
}

// guarded is a Guard whose watchdog has nothing to end, and counts its ends.
func guarded(t *testing.T) (Guard, *atomic.Int32) {
	t.Helper()
	w, err := Start(command, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.abandon)
	var ends atomic.Int32
	return Guard{Watchdog: w, End: func(ctx context.Context, _ Result) error {
		ends.Add(1)
		return ctx.Err()
	}}, &ends
}

// buffer is a bytes.Buffer for several goroutines.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// run runs c with a guard of its own, which has to end it exactly once.
func run(t *testing.T, c Child, change func(*Guard)) (Result, error) {
	t.Helper()
	g, ends := guarded(t)
	if change != nil {
		change(&g)
	}
	if c.Env == nil {
		c.Env = []string{}
	}
	if c.Mask == nil {
		c.Mask = hidden()
	}
	result, err := Run(t.Context(), c, g)
	if n := ends.Load(); n != 1 {
		t.Errorf("ended %d times", n)
	}
	if g.Watchdog.lives() {
		t.Error("the watchdog lives on")
	}
	return result, err
}

// TestCodes: exit codes are what a shell would say.
func TestCodes(t *testing.T) {
	dir := t.TempDir()
	plain, script, noInterpreter := filepath.Join(dir, "plain"), filepath.Join(dir, "script"), filepath.Join(dir, "other")
	for name, text := range map[string]string{plain: "text", script: "neither ELF nor script", noInterpreter: "#!/no/such/interpreter\n"} {
		mode := os.FileMode(0o755)
		if name == plain {
			mode = 0o644
		}
		if err := os.WriteFile(name, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		args    []string
		code    int
		signal  os.Signal
		started bool
		err     string
	}{
		{self("exit", "0"), 0, nil, true, ""},
		{self("exit", "3"), 3, nil, true, ""},
		{self("exit", "255"), 255, nil, true, ""},
		{self("die", "9"), 137, syscall.SIGKILL, true, ""},
		{self("die", "15"), 143, syscall.SIGTERM, true, ""},
		{[]string{"no-such-command-anywhere"}, 127, nil, false, "executable file not found"},
		{[]string{filepath.Join(dir, "none")}, 127, nil, false, "no such file"},
		{[]string{noInterpreter}, 127, nil, false, "no such file"},
		{[]string{plain}, 126, nil, false, "permission denied"},
		{[]string{script}, 126, nil, false, "exec format error"},
		{[]string{dir}, 126, nil, false, "permission denied"},
		{[]string{"/"}, 126, nil, false, "is a directory"}, // which is looked up, as its base name is itself
		{[]string{plain + "/x"}, 126, nil, false, "not a directory"},
		{append(self("exit", "0"), strings.Repeat("x", 1<<20)), 126, nil, false, "argument list too long"},
		{nil, 125, nil, false, "there is none"},
		{append(self("exit", "0"), "--token="+credential()), 125, nil, false, "argument 4 holds the credential"},
	}
	for _, tt := range tests {
		result, err := run(t, Child{Args: tt.args}, nil)
		want := Result{Code: tt.code, Signal: tt.signal, Started: tt.started}
		if result != want {
			t.Errorf("%.200q: %+v, want %+v", tt.args, result, want)
		}
		if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%.200q: %v, want %q", tt.args, err, tt.err)
		}
		if err != nil && strings.Contains(err.Error(), credential()) {
			t.Errorf("the credential is told: %v", err)
		}
	}
}

// TestRefused: what isn't whole isn't started; the end is brought about all the same.
func TestRefused(t *testing.T) {
	exit := self("exit", "0")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name   string
		child  Child
		guard  func(*Guard)
		ctx    context.Context
		want   string
		noEnds bool
	}{
		{name: "no environment", child: Child{Args: exit, Mask: hidden()}, want: "inherit all of ours"},
		{name: "no mask", child: Child{Args: exit, Env: []string{}}, want: "what to hide"},
		{name: "no folder", child: Child{Args: exit, Env: []string{}, Mask: hidden(), Dir: "/no/such"}, want: `"/no/such" isn't a folder`},
		{name: "no watchdog", child: Child{Args: exit, Env: []string{}, Mask: hidden()}, guard: func(g *Guard) { g.Watchdog = nil }, want: "watchdog is gone"},
		{name: "released watchdog", child: Child{Args: exit, Env: []string{}, Mask: hidden()}, guard: func(g *Guard) { _ = g.Watchdog.Release("") }, want: "watchdog is gone"},
		{name: "dead watchdog", child: Child{Args: exit, Env: []string{}, Mask: hidden()}, guard: func(g *Guard) {
			_ = g.Watchdog.cmd.Process.Kill()
			<-g.Watchdog.gone
		}, want: "watchdog is gone"},
		{name: "no end", child: Child{Args: exit, Env: []string{}, Mask: hidden()}, guard: func(g *Guard) { g.End = nil }, want: "nobody says how", noEnds: true},
		{name: "cancelled", child: Child{Args: exit, Env: []string{}, Mask: hidden()}, ctx: cancelled, want: "context canceled"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g, ends := guarded(t)
			if tt.guard != nil {
				tt.guard(&g)
			}
			if tt.ctx == nil {
				tt.ctx = t.Context()
			}
			result, err := Run(tt.ctx, tt.child, g)
			if result.Code != CodeFailed || result.Started || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%+v, %v, want %q", result, err, tt.want)
			}
			if n := ends.Load(); n != 1 && !tt.noEnds {
				t.Errorf("ended %d times", n)
			}
		})
	}
}

// TestEnvironment: the command has what it was given and nothing else.
func TestEnvironment(t *testing.T) {
	env, err := Environ([]string{"PATH=/bin", "GITHUB_TOKEN=theirs", "A=1", "A=2"}, []Var{{"TOKEN", redact.New([]byte("tok-en-value"))}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var out buffer
	if _, err := run(t, Child{Args: self("environ"), Env: env, Stdout: &out}, nil); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "\"PATH=/bin\"\n\"A=2\"\n\"TOKEN=tok-en-value\"\n"; got != want {
		t.Errorf("got %s want %s", got, want)
	}
}

// TestCancelled: TERM, and KILL for who doesn't hear it.
func TestCancelled(t *testing.T) {
	for _, tt := range []struct {
		args  []string
		grace time.Duration
		code  int
	}{{self("signals", "terminated"), within, 7}, {self("stubborn"), 300 * time.Millisecond, 137}} {
		ctx, cancel := context.WithCancel(t.Context())
		up := writerFunc(func(p []byte) (int, error) {
			cancel()
			return len(p), nil
		})
		g, ends := guarded(t)
		g.End = func(ctx context.Context, _ Result) error {
			ends.Add(1)
			return ctx.Err() // isn't cancelled with the run's
		}
		result, err := Run(ctx, Child{Args: tt.args, Env: []string{}, Mask: hidden(), Stdout: up, Grace: tt.grace}, g)
		if err != nil || result.Code != tt.code || ends.Load() != 1 {
			t.Errorf("%+v, %v, ended %d times", result, err, ends.Load())
		}
	}
}

// TestWatchdogDies: it is said, the command goes on, and the credential ends.
func TestWatchdogDies(t *testing.T) {
	var said atomic.Int32
	in, feed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	result, err := run(t, Child{Args: self("cat"), Stdin: in}, func(g *Guard) {
		g.Lost = func(error) {
			said.Add(1)
			feed.Close() //nolint:errcheck // a pipe
		}
		g.at = func(point string) {
			if point == "steering" {
				_ = g.Watchdog.cmd.Process.Kill()
			}
		}
	})
	if err != nil || result != (Result{Started: true, Unwatched: true}) || said.Load() != 1 {
		t.Errorf("%+v, %v, said %d times", result, err, said.Load())
	}
}

// TestPanic: one of ours goes on after the end.
func TestPanic(t *testing.T) {
	for _, at := range []string{"entered", "before start", "started", "waited"} {
		g, ends := guarded(t)
		g.at = func(point string) {
			if point == at {
				panic(at)
			}
		}
		func() {
			defer func() {
				if got := recover(); got != at {
					t.Errorf("%s: %v", at, got)
				}
			}()
			_, _ = Run(t.Context(), Child{Args: self("stubborn"), Env: []string{}, Mask: hidden(), Grace: time.Millisecond}.short(at), g)
		}()
		if ends.Load() != 1 {
			t.Errorf("%s: ended %d times", at, ends.Load())
		}
	}
}

// short is c, where it has to end by itself for a point to be reached.
func (c Child) short(at string) Child {
	if at == "waited" {
		c.Args = self("exit", "0")
	}
	return c
}

// TestNoLeaks: nothing of a run stays.
func TestNoLeaks(t *testing.T) {
	runs := func(times int) {
		for range times {
			if _, err := run(t, Child{Args: self("print"), Stdout: io.Discard, Stderr: io.Discard}, nil); err != nil {
				t.Fatal(err)
			}
			_, _ = run(t, Child{Args: []string{"no-such-command-anywhere"}}, nil)
		}
	}
	runs(1) // after which Go keeps what it waits for files and signals by
	before := runtime.NumGoroutine()
	files := descriptors()
	runs(5)
	for end := time.Now().Add(within); runtime.NumGoroutine() > before && time.Now().Before(end); {
		time.Sleep(time.Millisecond) // goroutines end a moment after what they tell
	}
	if n := runtime.NumGoroutine(); n > before {
		stacks := make([]byte, 1<<16)
		t.Errorf("%d goroutines, %d before\n%s", n, before, stacks[:runtime.Stack(stacks, true)])
	}
	if after := descriptors(); len(after) > len(files) {
		t.Errorf("descriptors %v, before %v", after, files)
	}
}

// descriptors lists what is open, where the system tells.
func descriptors() []string {
	names, _ := filepath.Glob("/proc/self/fd/*")
	slices.Sort(names)
	return names
}

package supervise

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// The exit codes that aren't the command's own, as shells have them.
const (
	CodeFailed   = 125 // the fault is ours
	codeUnusable = 126 // the command is no program that may be run
	codeNotFound = 127 // there is no such command
	codeSignal   = 128 // and the number of the signal that ended the command
)

// What a Child gets where it isn't told otherwise.
const (
	defaultGrace  = 10 * time.Second
	defaultLinger = 2 * time.Second
)

// Child is a command with a credential in its environment.
type Child struct {
	Args   []string // the program first, looked up in PATH unless it has a slash
	Dir    string   // empty is ours
	Env    []string // all of it, as Environ builds it; never nil
	Stdin  *os.File // the command's own; nil is an empty one
	Stdout io.Writer
	Stderr io.Writer // may be Stdout: then the order of what is written to both is kept
	Mask   *Mask     // what is hidden in what it writes, and must not stand in Args
	// Stopped, if set, is asked right before the command is started, when signals are heard already: an error says that one has
	// come before, and the command isn't started.
	Stopped func() error

	Grace  time.Duration // between TERM and KILL once Run's context is done; 0 is 10 seconds
	Linger time.Duration // how long output is waited for once the command has ended, before its credential is; 0 is 2 seconds
}

// Result is what became of a command.
type Result struct {
	Code      int       // the exit code to return; never 0 with an error
	Signal    os.Signal // that ended the command, or kept it from being started; nil is none
	Started   bool
	Cut       bool // something that the command left behind went on writing, unheard
	Unwatched bool // the watchdog died meanwhile
}

// Run runs c to its end with what g guards, then ends that. While it runs, signals are its own affair: it passes them
// on to the command, so ctx must not be one that they cancel. Once ctx is done the command gets TERM, and KILL after c.Grace.
//
// The error says what failed on our side: code 125 where there is no other, 126 and 127 where the command can't be
// run; a command that fails by itself is no error.
//
// With a controlling terminal the command stays in our process group: a terminal's Ctrl-C, Ctrl-\ and Ctrl-Z reach
// both at once, job control works without handing the terminal over, and they aren't passed on, as many programs
// take a second Ctrl-C for "at once". Without one (CI) it gets a group of its own, so that what it has started
// gets every signal too.
func Run(ctx context.Context, c Child, g Guard) (result Result, err error) {
	// Linux ends the command when the thread that started it ends: this one stays until it has ended.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	heard := listen()
	defer heard.stop()
	result.Code = CodeFailed
	out := &outputs{}
	defer func() { // after a panic too, which goes on
		err = errors.Join(err, g.finish(ctx, &result))
		err = errors.Join(err, out.rest(ctx, heard, c.linger(), &result)) // the credential doesn't wait for slow readers
		if err != nil && result.Code == 0 {
			result.Code = CodeFailed
		}
	}()
	g.reach("entered")
	if err := c.check(g); err != nil {
		return result, err
	}
	if s := heard.fatal(); s != nil {
		result.Code, result.Signal = codeOf(s), s
		return result, fmt.Errorf("run %s: stopped by a signal before it was started: %v", c.Args[0], s)
	}
	if err := c.stopped(ctx); err != nil {
		return result, fmt.Errorf("run %s: stopped before it was started: %w", c.Args[0], err)
	}
	err = c.run(ctx, g, heard, out, &result)
	return result, err
}

// check reports why c must not be started.
func (c Child) check(g Guard) error {
	switch {
	case len(c.Args) == 0:
		return errors.New("run a command: there is none")
	case c.Env == nil:
		return errors.New("run a command: its environment isn't said: it would inherit all of ours")
	case c.Mask == nil:
		return errors.New("run a command: nobody says what to hide in its output")
	case g.End == nil:
		return errors.New("run a command: nobody says how its credential ends")
	case !g.Watchdog.lives():
		return fmt.Errorf("run a command: it isn't started: %w", errLost)
	}
	if i := c.Mask.shown(c.Args); i >= 0 {
		return fmt.Errorf("run a command: argument %d holds the credential, and everybody on this machine can read "+
			"arguments: let the command read its environment", i)
	}
	if c.Dir != "" {
		if info, err := os.Stat(c.Dir); err != nil || !info.IsDir() { // else exec says "no such file" of the command
			return fmt.Errorf("run a command: %q isn't a folder to run it in", c.Dir)
		}
	}
	return nil
}

// stopped reports why c isn't to be started any more.
func (c Child) stopped(ctx context.Context) error {
	if err := ctx.Err(); err != nil || c.Stopped == nil {
		return err
	}
	return c.Stopped()
}

// run starts the command and waits for its end, and a little for its output's.
func (c Child) run(ctx context.Context, g Guard, heard *heard, out *outputs, result *Result) error {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), c.Args[0], c.Args[1:]...) //nolint:gosec // running it is what we are for
	cmd.Dir, cmd.Env = c.Dir, c.Env
	if c.Stdin != nil {
		cmd.Stdin = c.Stdin
	}
	p := &process{cmd: cmd, grouped: !haveTerminal(), ended: make(chan struct{})}
	cmd.SysProcAttr = childAttr(p.grouped)
	if err := c.connect(cmd, out); err != nil {
		return fmt.Errorf("run %s: %w", c.Args[0], err)
	}
	defer c.Mask.forget()
	g.reach("before start")
	err := cmd.Start()
	out.started()
	if err != nil {
		out.settle(c.linger())
		result.Code = startCode(err)
		return fmt.Errorf("run %s: %w", c.Args[0], err)
	}
	result.Started = true
	defer p.reap() // where a panic goes by
	g.reach("started")
	steered := p.steer(ctx, c, g, heard)
	err = cmd.Wait()
	close(p.ended)
	result.Unwatched = <-steered
	result.Code, result.Signal = exitCode(cmd.ProcessState)
	g.reach("waited")
	out.settle(c.linger())
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return fmt.Errorf("run %s: %w", c.Args[0], err)
	}
	return nil
}

func (c Child) grace() time.Duration {
	if c.Grace == 0 {
		return defaultGrace
	}
	return c.Grace
}

func (c Child) linger() time.Duration {
	if c.Linger == 0 {
		return defaultLinger
	}
	return c.Linger
}

// startCode is the code for a command that could not be started.
func startCode(err error) int {
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return codeNotFound
	case errors.Is(err, fs.ErrPermission), errors.Is(err, exec.ErrDot),
		errors.Is(err, syscall.EISDIR),
		errors.Is(err, syscall.ENOEXEC), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.E2BIG), errors.Is(err, syscall.ELOOP):
		return codeUnusable
	}
	return CodeFailed
}

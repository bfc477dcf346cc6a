package supervise

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"
)

// answerWithin is how long a watchdog may take to say that it has what it was sent, and to go when it is told to: long for
// a loaded machine, short for somebody who waits.
const answerWithin = 10 * time.Second

// errLost says that there is nobody to see to the end if we are killed.
var errLost = errors.New("the watchdog is gone: nothing would end the credential if this process were killed")

var errSlow = errors.New("the watchdog hasn't ended yet")

// Watchdog is a process that ends a credential if ours can't. Its methods may be called by several goroutines.
type Watchdog struct {
	cmd     *exec.Cmd
	mu      sync.Mutex
	pipe    *os.File // to it; its end is the alarm
	answers *os.File // from it
	closed  bool
	doubted bool          // it hasn't answered, so nobody knows what it holds
	gone    chan struct{} // closed when the process has ended
	err     error         // how; once gone is closed

	patience time.Duration // how long an answer is waited for
}

// Start starts a watchdog and returns once it holds payload, which is empty where there is nothing to end yet. Start it
// so before a credential is asked for, and Replace the payload as soon as there is one.
//
// command makes the process: the program, its arguments, an environment that is said (Env isn't nil), and in Stderr a
// file to complain to. Standard input and output are the watchdog's. Everything secret goes through the pipe: of
// the environment, what Environ takes away is taken away here too, and RUNNER_TRACKING_ID, by which GitHub's runner
// finds what a job has left behind, to kill it.
func Start(command func() *exec.Cmd, payload []byte) (*Watchdog, error) {
	cmd := command()
	_, isFile := cmd.Stderr.(*os.File)
	switch {
	case cmd.Env == nil:
		return nil, errors.New("start the watchdog: its environment isn't said: it would inherit all of ours")
	case len(cmd.ExtraFiles) > 0 || cmd.Stdin != nil || cmd.Stdout != nil:
		return nil, errors.New("start the watchdog: it holds no descriptors but its pipes and a place to complain")
	case cmd.Stderr != nil && !isFile:
		return nil, errors.New("start the watchdog: where it complains isn't a file: it would end with us")
	}
	cmd.Env = withoutRights(cmd.Env, "RUNNER_TRACKING_ID")
	cmd.SysProcAttr = watchdogAttr()
	w, err := launch(cmd)
	if err != nil {
		return nil, fmt.Errorf("start the watchdog: %w", err)
	}
	if err := w.Replace(payload); err != nil {
		w.abandon()
		return nil, fmt.Errorf("start the watchdog: %w", err)
	}
	return w, nil
}

// launch starts the process between two pipes. Go closes our ends in every other process that we start, so the
// watchdog's input ends with us and nobody else.
func launch(cmd *exec.Cmd) (*Watchdog, error) {
	in, pipe, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	answers, out, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, in.Close(), pipe.Close())
	}
	cmd.Stdin, cmd.Stdout = in, out
	err = cmd.Start()
	err = errors.Join(err, in.Close(), out.Close())
	if err != nil {
		return nil, errors.Join(err, pipe.Close(), answers.Close())
	}
	w := &Watchdog{cmd: cmd, pipe: pipe, answers: answers, gone: make(chan struct{}), patience: answerWithin}
	go func() {
		w.err = cmd.Wait()
		close(w.gone)
	}()
	return w, nil
}

// Replace gives the watchdog another payload of at most MaxPayload bytes, and returns once it has it. After an error
// it holds one of the two, and counts as gone: Run starts nothing with it.
func (w *Watchdog) Replace(payload []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(payload) > MaxPayload {
		return fmt.Errorf("tell the watchdog: a payload of %d bytes: at most %d are taken", len(payload), MaxPayload)
	}
	if w.closed || w.doubted {
		return fmt.Errorf("tell the watchdog: %w", errLost)
	}
	defer w.inTime()()
	err := writeFrame(w.pipe, kindPayload, payload)
	if err == nil {
		_, _, err = readFrame(w.answers)
	}
	if err != nil {
		w.doubted = true
		return fmt.Errorf("tell the watchdog: no answer (%w): %w", err, errLost)
	}
	return nil
}

// inTime sees to it that the pipes are waited for no longer than w.patience; what it returns undoes that.
func (w *Watchdog) inTime() (undo func()) {
	past, never := time.Unix(1, 0), time.Time{}
	set := func(at time.Time) {
		_ = w.pipe.SetDeadline(at) // Windows' pipes have none
		_ = w.answers.SetDeadline(at)
	}
	set(never) // of what was waited for in vain before
	timer := time.AfterFunc(w.patience, func() { set(past) })
	return func() {
		if timer.Stop() {
			set(never)
		}
	}
}

// Release tells the watchdog that nothing is left to do, with the outcome in words, and waits for it to go. Run does
// so; it is for who started a watchdog and then had nothing to run.
func (w *Watchdog) Release(outcome string) error {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return nil
	}
	undo := w.inTime()
	err := writeFrame(w.pipe, kindEnded, []byte(outcome))
	undo()
	w.mu.Unlock()
	w.abandon()
	if err != nil {
		return fmt.Errorf("tell the watchdog that all has ended: %w", err)
	}
	err = w.wait(w.patience)
	if errors.Is(err, errSlow) {
		_ = w.cmd.Process.Kill() // it is stopped, or hangs, with nothing to do
	}
	return err
}

// abandon closes the pipe. Where the watchdog wasn't told otherwise, it acts.
func (w *Watchdog) abandon() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return
	}
	w.closed = true
	_ = w.pipe.Close()
	_ = w.answers.Close()
}

// wait waits for the watchdog to end and returns how it did: nil says that it did what there was to do.
func (w *Watchdog) wait(most time.Duration) error {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-w.gone:
		return w.err
	case <-timer.C:
		return errSlow
	}
}

// lives reports whether the process lives, with its pipe open and what it was given last.
func (w *Watchdog) lives() bool {
	if w == nil {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.gone:
		return false
	default:
		return !w.closed && !w.doubted
	}
}

// Program is the command of a watchdog for Start: the program at path, with arguments and environment, which complains to
// a file; nil is nowhere.
func Program(path string, args, env []string, complain *os.File) func() *exec.Cmd {
	return func() *exec.Cmd {
		cmd := &exec.Cmd{Path: path, Args: append([]string{path}, args...), Env: env}
		if complain != nil {
			cmd.Stderr = complain
		}
		return cmd
	}
}

//go:build linux

package supervise

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"github.com/curfew-ci/curfew/internal/redact"
)

// flow is how a helper goes the whole way that `curfew exec` goes, and where it stops.
type flow struct {
	Fifo     string
	Dies     string // the point where it does
	How      string // kill, panic, exit, or none; empty is kill
	Child    []string
	Failing  int // so many attempts of the watchdog fail
	EndFails bool
	Grace    time.Duration
	Cancel   bool // ctx is cancelled when the command runs
}

// reach stops the process at a point.
func (f flow) reach(point string) {
	if point != f.Dies {
		return
	}
	switch f.How {
	case "panic":
		panic("at " + point)
	case "crash": // in a goroutine, where no deferred function of ours runs
		go func() { panic("at " + point) }()
		forever()
	case "exit":
		os.Exit(1)
	default:
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		forever()
	}
}

// asParent goes the way.
func asParent(config string) int {
	var f flow
	if err := json.Unmarshal([]byte(config), &f); err != nil {
		return 98
	}
	f.reach("before the watchdog")
	w, err := f.watchdog()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 98
	}
	f.reach("watchdog started")
	f.reach("credential obtained")
	if f.Dies == "half a payload" {
		_, _ = w.pipe.WriteString("cfw\x01P\x00\x00\x01\x00" + f.Fifo)
	}
	f.reach("half a payload")
	if err := w.Replace(payload(f.Fifo, "first")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 98
	}
	f.reach("payload replaced")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	g := Guard{Watchdog: w, End: f.end, at: func(point string) {
		switch {
		case point == "steering" && f.Cancel:
			cancel()
		case point == "steering":
			f.renew(w)
		}
		f.reach(point)
	}}
	env, err := Environ(os.Environ(), []Var{{"THE_CREDENTIAL", redact.New([]byte(credential()))}}, nil)
	if err != nil {
		return 98
	}
	result, err := Run(ctx, Child{
		Args: f.Child, Env: env, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Mask: hidden(), Grace: f.Grace,
	}, g)
	f.reach("over")
	if err != nil {
		fmt.Fprintln(os.Stderr, "parent:", err)
	}
	return result.Code
}

// watchdog starts one that has nothing to end yet.
func (f flow) watchdog() (*Watchdog, error) {
	command := func() *exec.Cmd {
		line := self("watchdog", strconv.Itoa(f.Failing))
		cmd := exec.Command(line[0], line[1:]...)
		cmd.Env, cmd.Stderr = []string{}, os.Stderr
		return cmd
	}
	if f.Dies == "watchdog launched" {
		cmd := command()
		cmd.SysProcAttr = watchdogAttr()
		if _, err := launch(cmd); err != nil {
			return nil, err
		}
		f.reach("watchdog launched")
	}
	return Start(command, nil)
}

// renew replaces the payload while the command runs.
func (f flow) renew(w *Watchdog) {
	switch f.Dies {
	case "renewing":
		_, _ = w.pipe.WriteString("cfw\x01P\x00\x00\x01\x00" + f.Fifo)
		f.reach("renewing")
	case "renewed":
		if err := w.Replace(payload(f.Fifo, "second")); err != nil {
			panic(err)
		}
		f.reach("renewed")
	}
}

func (f flow) end(context.Context, Result) error {
	f.reach("ending")
	if f.EndFails {
		return errors.New("the server is away")
	}
	err := told(payload(f.Fifo, "first"), "parent")
	f.reach("ended, not said")
	return err
}

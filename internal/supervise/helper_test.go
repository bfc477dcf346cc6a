//go:build linux

package supervise

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/redact"
)

// TestMain lets the test's own binary be every process that a test needs.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "as" {
		syscall.Exit(as(os.Args[2], os.Args[3:])) // os.Exit takes a second under the race detector
	}
	defaults()
	os.Exit(m.Run())
}

// defaults has signals do again what they do by default that whoever started the tests ignores, as nohup does and shells
// do in the background: what is handled here is at its default in every process that is started.
func defaults() {
	handled := make(chan os.Signal, 1)
	for _, s := range passedOn() {
		if signal.Ignored(s) {
			signal.Notify(handled, s)
		}
	}
}

// credential is made up, with characters that every encoding writes otherwise.
func credential() string {
	return strings.Join([]string{"s3cr3t/of", "a+run=", `with"all\of`, "it&more?"}, "-")
}

func hidden() *Mask { return NewMask(redact.New([]byte(credential()))) }

// self is the command line of a helper.
func self(args ...string) []string {
	binary, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return append([]string{binary, "as"}, args...)
}

// as is what a helper does.
func as(what string, args []string) int {
	switch what {
	case "watchdog":
		return asWatchdog(args)
	case "shell":
		return asShell(args)
	case "parent":
		return asParent(args[0])
	case "exit":
		n, _ := strconv.Atoi(args[0])
		return n
	case "die":
		n, _ := strconv.Atoi(args[0])
		signal.Reset()
		_ = syscall.Kill(os.Getpid(), syscall.Signal(n))
		forever()
	case "environ":
		for _, entry := range os.Environ() {
			fmt.Printf("%q\n", entry)
		}
		return 0
	case "descriptors":
		return asDescriptors()
	case "print":
		return asPrinter()
	case "cat":
		_, _ = io.Copy(os.Stdout, os.Stdin)
		return 0
	case "signals":
		return asListener(args)
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("up")
		forever()
	case "leaver":
		return asLeaver(args)
	case "keeper":
		return asKeeper(args)
	case "spew":
		return asSpewer(args[0])
	case "drip": // writes a little again and again, until nobody reads it
		for range time.Tick(20 * time.Millisecond) {
			fmt.Println("drip")
		}
	case "marked": // says in descriptor 3 that it was started, and holds it
		_, _ = os.NewFile(3, "mark").WriteString("up\n")
		fmt.Println("up")
		if len(args) > 0 {
			return 0
		}
		forever()
	}
	return 99
}

// forever waits until somebody ends the process; with select{} Go would call it a deadlock.
func forever() { time.Sleep(time.Hour) }

func asDescriptors() int {
	dir, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 98
	}
	for _, entry := range dir {
		if to, err := os.Readlink("/proc/self/fd/" + entry.Name()); err == nil {
			flags, _, _ := syscall.Syscall(syscall.SYS_FCNTL, uintptr(must(strconv.Atoi(entry.Name()))), syscall.F_GETFD, 0)
			if flags&syscall.FD_CLOEXEC == 0 {
				fmt.Println(entry.Name(), to)
			}
		}
	}
	return 0
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// written lists the forms of the credential that asPrinter writes.
func written() []string {
	c := credential()
	quoted := must(json.Marshal(c))
	return []string{
		c, base64.StdEncoding.EncodeToString([]byte("x" + c)), base64.RawURLEncoding.EncodeToString([]byte(c)),
		url.QueryEscape(c), url.PathEscape(c), string(quoted[1 : len(quoted)-1]), fmt.Sprintf("%x", c),
	}
}

// asPrinter writes each form to both outputs, byte by byte and line by line.
func asPrinter() int {
	for _, form := range written() {
		for _, c := range []byte("say " + form + " done\n") {
			_, _ = os.Stdout.Write([]byte{c})
		}
		fmt.Fprintf(os.Stderr, "say %s done\n", form)
	}
	return 0
}

// asListener writes each signal that it gets; the last of args ends it.
func asListener(args []string) int {
	c := make(chan os.Signal, 64)
	signal.Notify(c, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH, syscall.SIGCONT)
	fmt.Println("up")
	for s := range c {
		fmt.Println("got", s)
		if len(args) > 0 && s.String() == args[0] {
			return 7
		}
	}
	return 0
}

// asLeaver leaves a process behind that holds its output open.
func asLeaver(args []string) int {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return 98
	}
	fmt.Fprintf(os.Stderr, "left %d\n", cmd.Process.Pid)
	return 3
}

// asKeeper hears no interrupt itself, and ends as what it has started does.
func asKeeper(args []string) int {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGINT)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	_ = cmd.Run()
	return cmd.ProcessState.ExitCode()
}

// asSpewer writes so many bytes, with the credential in every line.
func asSpewer(count string) int {
	line := []byte(strings.Repeat("a line of a long output ", 40) + credential() + "\n")
	block := bytes.Repeat(line, 64)
	for left := must(strconv.Atoi(count)); left > 0; left -= len(block) {
		if _, err := os.Stdout.Write(block); err != nil {
			return 97
		}
	}
	return 0
}

// asWatchdog is the hidden verb with an end that writes to a pipe whose name comes first in the payload. It fails as often as it
// is told to.
func asWatchdog(args []string) int {
	failing := 0
	if len(args) > 0 {
		failing = must(strconv.Atoi(args[0]))
	}
	short := func(ctx context.Context, d time.Duration) error { return pause(ctx, d/100) }
	err := Watch(Watcher{In: os.Stdin, Out: os.Stdout, Complain: os.Stderr, Sleep: short, End: func(_ context.Context, payload []byte) error {
		if failing--; failing >= 0 {
			return errors.New("not now")
		}
		return told(payload, "watchdog")
	}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// payload is what an end needs: where to tell, which credential, and the credential.
func payload(fifo, name string) []byte { return []byte(fifo + "\n" + name + "\n" + credential()) }

// told is the end: it writes who has ended what to the payload's pipe.
func told(payload []byte, who string) error {
	parts := strings.Split(string(payload), "\n")
	if len(parts) != 3 || parts[2] != credential() {
		return fmt.Errorf("a payload of %d parts", len(parts))
	}
	f, err := os.OpenFile(parts[0], os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // a pipe
	_, err = fmt.Fprintf(f, "%s ended %s\n", who, parts[1])
	return err
}

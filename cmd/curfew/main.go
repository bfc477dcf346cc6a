// Command curfew keeps every CI credential within what its manifest entitles it to, and ends it with
// its job.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/curfew-ci/curfew/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the first signal asks to stop, a second one ends us at once
	code := cli.Run(ctx, cli.Env{
		Args:   os.Args[1:],
		Stdin:  os.Stdin,
		Stdout: os.Stdout,
		Stderr: os.Stderr,
		Getenv: os.Getenv, Environ: os.Environ, Executable: os.Executable,
		Now: time.Now,
	})
	stop()
	os.Exit(code)
}

// Benchsecrets measures the search for secrets beside its peers: whole processes on one machine, in one run, in alternating
// order. It prints docs/performance.md's table. `make bench-secrets REPO=path` runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchsecrets:", err)
		os.Exit(1)
	}
}

// options are the command line's.
type options struct {
	repo                          string
	curfew, gitleaks, betterleaks string // programs: paths, or names to look up
	runs, diffs                   int
	historyOnly                   bool
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("benchsecrets", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.repo, "repo", "", "the repository to search, a `FOLDER`")
	flags.StringVar(&o.curfew, "curfew", "bin/curfew", "curfew's `PROGRAM`")
	flags.StringVar(&o.gitleaks, "gitleaks", "gitleaks", "gitleaks' `PROGRAM`")
	flags.StringVar(&o.betterleaks, "betterleaks", "betterleaks", "betterleaks' `PROGRAM`")
	flags.IntVar(&o.runs, "runs", 5, "measure history and tree `N` times")
	flags.IntVar(&o.diffs, "diffs", 20, "measure the diff `N` times")
	flags.BoolVar(&o.historyOnly, "history-only", false, "leave out tree and diff")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch {
	case o.repo == "":
		return o, errors.New("which repository? try: make bench-secrets REPO=path")
	case o.runs < 1, o.diffs < 1:
		return o, errors.New("measure once at least: -runs and -diffs start at 1")
	}
	var err error
	o.repo, err = filepath.Abs(o.repo)
	return o, err
}

// run measures and prints. What failed stands in the tables and makes the error.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	repo, err := open(ctx, o.repo)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "benchsecrets")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work) //nolint:errcheck // a temporary folder
	found, err := find(ctx, o, work)
	if err != nil {
		return err
	}
	if found.gitleaks.path != "" || found.betterleaks.path != "" {
		if err := repo.whole(ctx); err != nil {
			return err
		}
	}
	b := &bench{options: o, repo: repo, tools: found, work: work, progress: stderr}
	fmt.Fprint(stdout, b.heading(ctx))
	for _, job := range b.jobs() {
		results, err := b.measure(ctx, job)
		if err != nil {
			return err
		}
		fmt.Fprint(stdout, table(job, results))
	}
	if b.failed > 0 {
		return fmt.Errorf("%d commands failed: see the tables", b.failed)
	}
	return nil
}

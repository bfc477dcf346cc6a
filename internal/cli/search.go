package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/curfew-ci/curfew/internal/history"
	"github.com/curfew-ci/curfew/internal/scan"
)

// fromStdin is the PATH that stands for standard input.
const fromStdin = "-"

// maxStdin is how much of standard input is searched: as much as of a file.
const maxStdin = 100 << 20

// searchFlags say where credentials are searched for besides the working tree.
type searchFlags struct {
	history  bool
	since    []string
	diff     string
	staged   bool
	archives bool

	given func(flag string) bool // on the command line
}

func (f *searchFlags) register(flags *pflag.FlagSet) {
	f.given = flags.Changed
	flags.BoolVar(&f.history, "history", false, "search all that the commits ever held as well")
	flags.StringArrayVar(&f.since, "since", nil, "with --history, leave out what this `REV` reaches; repeatable")
	flags.StringVar(&f.diff, "diff", "", "search the lines that `BASE..HEAD` adds, as a pull request does, and nothing else")
	flags.BoolVar(&f.staged, "staged", false, "search the lines that are staged, and nothing else")
	flags.BoolVar(&f.archives, "archives", false, "search the files in archives, not those in the history: zip, tar, gzip, bzip2")
}

// options reads the flags; what PATH stands for is among them.
func (f *searchFlags) options(ctx context.Context, env *Env, path string) (scan.Search, error) {
	s := scan.Search{History: f.history, Since: f.since, Diff: f.diff, Staged: f.staged, Archives: f.archives}
	alone := 0
	for _, set := range []bool{f.history, f.given("diff"), f.staged, path == fromStdin} {
		if set {
			alone++
		}
	}
	switch {
	case alone > 1:
		return s, usageError("--history, --diff, --staged and PATH %q exclude one another: scan once for each", fromStdin)
	case f.given("diff") && (f.diff == "" || strings.HasPrefix(f.diff, "..")): // a variable that isn't set, most likely
		return s, usageError("--diff %q names no BASE: expected BASE..HEAD, such as origin/main..HEAD", f.diff)
	case slices.Contains(f.since, ""):
		return s, usageError("--since \"\" names no revision")
	case len(f.since) > 0 && !f.history:
		return s, usageError("--since says what of the history to leave out: add --history")
	case path != fromStdin:
		return s, nil
	}
	text, err := readStdin(ctx, env)
	s.Text = text
	return s, err
}

// readStdin reads standard input to its end, or until ctx ends. What it returns is not nil.
func readStdin(ctx context.Context, env *Env) ([]byte, error) {
	type input struct {
		text []byte
		err  error
	}
	done := make(chan input, 1)
	go func() { // a read can't be called off: where ctx ends, it is left alone
		text, err := io.ReadAll(io.LimitReader(env.Stdin, maxStdin+1))
		done <- input{text, err}
	}()
	select {
	case <-ctx.Done():
		return nil, &exitError{ExitUnfinished, errInterrupted}
	case in := <-done:
		switch {
		case in.err != nil:
			return nil, &exitError{ExitUnfinished, fmt.Errorf("read standard input: %w", in.err)}
		case len(in.text) > maxStdin:
			return nil, &exitError{ExitUnfinished, errors.New("standard input is larger than 100 MiB: search it as a file")}
		}
		return in.text, nil
	}
}

// progressInterval is how often the line of progress is written anew.
const progressInterval = 200 * time.Millisecond

// showProgress writes a line to a terminal now and then, and takes it away when stop is called.
func showProgress(ctx context.Context, env *Env, p *history.Progress) (stop func()) {
	if !isTerminal(env.Stderr) || env.Getenv("TERM") == "dumb" {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	started := env.Now()
	go func() {
		defer close(done)
		tick := time.NewTicker(progressInterval)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				fmt.Fprint(env.Stderr, "\r\x1b[K")
				return
			case <-tick.C:
				if p.Bytes.Load() == 0 { // what comes before says nothing of the search's speed
					started = env.Now()
				}
				fmt.Fprint(env.Stderr, "\r\x1b[K"+progressLine(p, env.Now().Sub(started)))
			}
		}
	}()
	return func() { cancel(); <-done }
}

// progressLine says how far a search has come: "searched 12,345 of 129,761 objects, 210 MB/s, 3 found",
// and what is done besides.
func progressLine(p *history.Progress, took time.Duration) string {
	const mega = 1e6
	step := p.Step()
	if step != "" && p.Objects.Load() == 0 {
		return step
	}
	of := ""
	if total := p.Total.Load(); total > 0 {
		of = " of " + grouped(total)
	}
	rate := float64(p.Bytes.Load()) / mega / max(took.Seconds(), 1e-3)
	line := fmt.Sprintf("searched %s%s objects, %.0f MB/s, %s found", grouped(p.Objects.Load()), of, rate, grouped(p.Found.Load()))
	if step != "" {
		line += ", " + step
	}
	return line
}

// grouped is n with commas between thousands.
func grouped(n int64) string {
	const thousand = 1000
	if n < thousand {
		return strconv.FormatInt(n, 10)
	}
	return grouped(n/thousand) + fmt.Sprintf(",%03d", n%thousand)
}

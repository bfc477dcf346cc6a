package cli

import (
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/scan"
	"github.com/curfew-ci/curfew/internal/suppress"
)

// baselineFlags ask for a baseline of what a scan found.
type baselineFlags struct {
	file   string
	until  string
	reason string

	day manifest.Date // that until says
}

func (f *baselineFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.file, "write-baseline", "", "accept what is found, in this `FILE` for --baseline; needs --until and --reason")
	flags.StringVar(&f.until, "until", "", "the last `DAY`, YYYY-MM-DD, on which the written baseline holds")
	flags.StringVar(&f.reason, "reason", "", "why the findings are accepted, `TEXT`")
}

// validate refuses what can be refused before a scan's time is spent.
func (f *baselineFlags) validate(now time.Time) error {
	switch {
	case f.file == "" && (f.until != "" || f.reason != ""):
		return usageError("--until and --reason go with --write-baseline")
	case f.file != "" && (f.until == "" || f.reason == ""):
		return usageError("--write-baseline needs --until DAY and --reason TEXT: nothing is accepted for ever or without a reason")
	case f.file == "":
		return nil
	}
	day, err := manifest.ParseDate(f.until)
	if err != nil {
		return usageError("--until: %w", err)
	}
	f.day = day
	if _, err := suppress.NewBaseline(nil, now, day, f.reason); err != nil {
		return usageError("%w", err)
	}
	return nil
}

// write writes the baseline, where one was asked for.
func (f *baselineFlags) write(env *Env, dir string, r *scan.Result) error {
	if f.file == "" {
		return nil
	}
	b, err := suppress.NewBaseline(r.Findings, env.Now(), f.day, f.reason)
	if err != nil {
		return usageError("%w", err)
	}
	if err := writeFile(dir, f.file, b.Encode()); err != nil {
		return &exitError{ExitUnfinished, fmt.Errorf("write the baseline: %w", err)}
	}
	_, err = fmt.Fprintf(env.Stderr, "wrote %s: %s until %s\n", f.file, count(len(b.Entries), "finding", "findings"), f.day)
	return err
}

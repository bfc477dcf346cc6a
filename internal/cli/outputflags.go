package cli

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/report"
	"github.com/curfew-ci/curfew/internal/scan"
)

// outputFlags say where a result goes and what it means for the exit status.
type outputFlags struct {
	format   string
	outs     []string
	failOn   string
	require  []string
	color    string
	category string
	silenced bool // in SARIF too
	full     bool // in text
}

func (f *outputFlags) register(flags *pflag.FlagSet) {
	flags.StringVarP(&f.format, "format", "f", "text", "write to stdout as `FORMAT`:\n"+strings.Join(formatNames(), ", "))
	flags.StringArrayVarP(&f.outs, "out", "o", nil, "write to a file as well, `FORMAT=FILE`; repeatable")
	flags.StringVar(&f.failOn, "fail-on", "low", "exit 1 for findings at or above this `LEVEL`: critical, high, medium, low, note;\nor never")
	flags.StringArrayVar(&f.require, "require", nil, "exit 3 where this `SOURCE` could not be read to the end; repeatable:\n"+strings.Join(sourceNames(), ", "))
	flags.StringVar(&f.color, "color", "auto", "colour the text `WHEN`: auto, always, never")
	flags.BoolVar(&f.full, "full", false, "show each finding with its source in text, however many there are")
	flags.BoolVar(&f.silenced, "sarif-silenced", false, "have SARIF hold silenced findings, marked as such: code scanning opens alerts of them,\nwhich curfew upload --dismiss dismisses")
	flags.StringVar(&f.category, "category", "curfew", "begin SARIF's categories, one for each source, with `NAME`")
}

// validate refuses what can be refused before a scan's time is spent.
func (f *outputFlags) validate() error {
	if _, err := report.ParseFormat(f.format); err != nil {
		return usageError("--format: %w", err)
	}
	for _, o := range f.outs {
		if _, _, err := splitOut(o); err != nil {
			return err
		}
	}
	if f.failOn != "never" {
		if _, err := finding.ParseSeverity(f.failOn); err != nil {
			return usageError("--fail-on: %w, or never", err)
		}
	}
	for _, r := range f.require {
		if !slices.Contains(sourceNames(), r) {
			return usageError("--require: unknown source %q: expected one of %s", r, strings.Join(sourceNames(), ", "))
		}
	}
	if !slices.Contains([]string{"auto", "always", "never"}, f.color) {
		return usageError("--color: expected auto, always or never, not %q", f.color)
	}
	return nil
}

func splitOut(o string) (report.Format, string, error) {
	name, file, ok := strings.Cut(o, "=")
	if !ok || file == "" {
		return "", "", usageError("--out %s: expected FORMAT=FILE, such as sarif=curfew.sarif", o)
	}
	format, err := report.ParseFormat(name)
	if err != nil {
		return "", "", usageError("--out %s: %w", o, err)
	}
	return format, file, nil
}

func sourceNames() []string { return namesOf(scan.Sources()) }

func formatNames() []string { return namesOf(report.Formats()) }

// namesOf are values by the names that the command line has for them.
func namesOf[T ~string](all []T) []string {
	out := make([]string, len(all))
	for i, one := range all {
		out[i] = string(one)
	}
	return out
}

package cli

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/curfew-ci/curfew/internal/ledger"
)

// filterFlags pick records; what is set must match exactly.
type filterFlags struct {
	identity string
	run      string
	kind     string
	since    string
}

func (f *filterFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.identity, "identity", "", "records of this identity of the manifest, `NAME`")
	flags.StringVar(&f.run, "run", "", "records of the run of this `ID`")
	flags.StringVar(&f.kind, "type", "", "records of this `TYPE`, such as lease.issued")
	flags.StringVar(&f.since, "since", "", "records of this `TIME` and later: 2026-11-23 (UTC) or 2026-11-23T20:41:07Z")
}

func (f *filterFlags) set() bool { return *f != filterFlags{} }

// filter reads the flags. A type that there isn't is a mistake: nothing would be of it.
func (f *filterFlags) filter() (ledger.Filter, error) {
	out := ledger.Filter{Identity: f.identity, Run: f.run, Type: ledger.Type(f.kind)}
	known := namesOf(ledger.Types())
	if f.kind != "" && !slices.Contains(known, f.kind) {
		return out, usageError("--type: expected one of %s, not %q", strings.Join(known, ", "), f.kind)
	}
	if f.since == "" {
		return out, nil
	}
	var err error
	if out.Since, err = time.Parse(time.RFC3339, f.since); err != nil {
		out.Since, err = time.Parse(time.DateOnly, f.since)
	}
	if err != nil {
		return out, usageError("--since: expected 2026-11-23 or 2026-11-23T20:41:07Z, not %q", f.since)
	}
	return out, nil
}

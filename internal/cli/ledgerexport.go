package cli

import (
	"bufio"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/ledger"
)

// ledgerExportFlags say which records are exported.
type ledgerExportFlags struct {
	ledgerFlags
	filterFlags
	format string
}

func newLedgerExport(env *Env) *cobra.Command {
	var f ledgerExportFlags
	cmd := &cobra.Command{
		Use:   "export --store STORE",
		Short: "write the log's records, one a line, as they stand in it",
		Long: "Write the records that the flags pick to stdout, one a line, in the log's order: the very bytes that\n" +
			"proofs are about. Each is proven to be in the log before it is written. Exit: 0 exported · 1 not proven\n" +
			"from some record on · 2 a flag is wrong · 3 could not be read.",
		Example: "  curfew ledger export --org-policy . --type lease.issued > issued.jsonl",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context(), env) },
	}
	flags := cmd.Flags()
	f.ledgerFlags.register(flags)
	f.filterFlags.register(flags)
	flags.StringVarP(&f.format, "format", "f", "jsonl", "write as jsonl")
	return cmd
}

func (f *ledgerExportFlags) run(ctx context.Context, env *Env) error {
	if f.format != "jsonl" {
		return usageError("--format: expected jsonl, not %q", f.format)
	}
	filter, err := f.filter()
	if err != nil {
		return err
	}
	if err := f.complete(); err != nil {
		return err
	}
	store, err := f.open(env, f.store, false)
	if err != nil {
		return err
	}
	defer store.close() //nolint:errcheck // only read
	e, err := f.evidence(ctx, env, store, false)
	if err != nil {
		return err
	}
	l, err := ledger.OpenLog(ctx, store, e.opt)
	if err != nil {
		return e.failed(ctx, err)
	}
	if l.Signed() == nil {
		return e.failed(ctx, fmt.Errorf("%s holds no log: collect into it first", f.store))
	}
	to := bufio.NewWriter(env.Stdout)
	n, err := l.Export(ctx, to, filter)
	if flushed := to.Flush(); flushed != nil {
		return &exitError{ExitUnfinished, flushed}
	}
	if err != nil {
		return e.failed(ctx, err)
	}
	fmt.Fprintf(env.Stderr, "%d of %s\n", n, count(int(l.Checkpoint().Size), "record", "records"))
	return nil
}

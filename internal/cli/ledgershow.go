package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/ledger"
)

// ledgerShowFlags say which records are shown, and how.
type ledgerShowFlags struct {
	ledgerFlags
	filterFlags
	format string
}

func newLedgerShow(env *Env) *cobra.Command {
	var f ledgerShowFlags
	cmd := &cobra.Command{
		Use:   "show [ID] --store STORE",
		Short: "show records with what proves them",
		Long: "Show the record of an ID with its proof, or a line for each record that the flags pick. STORE is a\n" +
			"ledger, or a folder of jobs' files (RUN-ATTEMPT-JOB-ULID.jsonl) that nobody has collected yet: those are\n" +
			"proven by nothing but the file. As json, \"bytes\" is base64 of what the proof is about. Exit: 0 shown ·\n" +
			"1 there is no such record, or it isn't proven · 2 a flag is wrong · 3 not all could be read.",
		Example: "  curfew ledger show --store \"$RUNNER_TEMP/curfew/ledger\"\n" +
			"  curfew ledger show --org-policy . --type lease.denied --since 2026-11-23\n" +
			"  curfew ledger show 01JD9Z6Q4T8K0000000000000A --org-policy . --format json",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), env, args) },
	}
	flags := cmd.Flags()
	f.ledgerFlags.register(flags)
	f.filterFlags.register(flags)
	flags.StringVarP(&f.format, "format", "f", "text", "write as `FORMAT`: text or json")
	return cmd
}

func (f *ledgerShowFlags) run(ctx context.Context, env *Env, args []string) error {
	if f.format != "text" && f.format != "json" {
		return usageError("--format: expected text or json, not %q", f.format)
	}
	if len(args) == 1 && f.set() {
		return usageError("an ID names one record: leave out --identity, --run, --type and --since")
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
	isLog, err := store.holdsLog(ctx)
	if err != nil {
		return &exitError{ExitUnfinished, err}
	}
	out, err := newRowWriter(env, f.format)
	if err != nil {
		return err
	}
	if isLog {
		return f.showLog(ctx, env, store, out, filter, args)
	}
	return f.showFiles(ctx, env, store, out, filter, args)
}

// showLog shows what a log holds.
func (f *ledgerShowFlags) showLog(ctx context.Context, env *Env, store *openedStore, out *rowWriter, filter ledger.Filter, args []string) error {
	e, err := f.evidence(ctx, env, store, false)
	if err != nil {
		return err
	}
	l, err := ledger.OpenLog(ctx, store, e.opt)
	if err != nil {
		return e.failed(ctx, err)
	}
	if len(args) == 0 {
		n, err := out.list(ctx, logRows(l)(ctx, filter))
		if err != nil {
			return e.failed(ctx, err)
		}
		fmt.Fprintf(env.Stderr, "%d of %s of the log %s, all proven to be in it\n", n, count(int(l.Checkpoint().Size), "record", "records"), printableLine(l.Checkpoint().Origin))
		return nil
	}
	shown, err := l.Show(ctx, args[0])
	if err != nil {
		return e.failed(ctx, err)
	}
	for _, s := range shown {
		if err := out.one(ctx, ledgerRow{record: s.Record, line: s.Line, index: s.Index}, &s); err != nil {
			return err
		}
	}
	return nil
}

// showFiles shows what jobs' files hold.
func (f *ledgerShowFlags) showFiles(ctx context.Context, env *Env, store *openedStore, out *rowWriter, filter ledger.Filter, args []string) error {
	found := false
	for _, err := range jobFiles(ctx, store) {
		if err != nil {
			return &exitError{ExitUnfinished, err}
		}
		found = true
		break
	}
	if !found {
		return usageError("%s holds neither a log nor jobs' files of records", f.store)
	}
	fmt.Fprintf(env.Stderr, "not collected yet: proven by nothing but the files in %s\n", printableLine(f.store))
	rows := fileRows(store, env.Stderr)
	if len(args) == 0 {
		if _, err := out.list(ctx, rows(ctx, filter)); err != nil {
			return &exitError{ExitUnfinished, err}
		}
		return nil
	}
	found = false // of several that have the id some are copies, and nothing here says which
	for row, err := range rows(ctx, ledger.Filter{}) {
		switch {
		case err != nil && !found:
			err = fmt.Errorf("record %s wasn't found: %w", args[0], err)
			fallthrough
		case err != nil:
			return &exitError{ExitUnfinished, err}
		case row.record.ID != args[0]:
			continue
		}
		found = true
		if err := out.one(ctx, row, nil); err != nil {
			return err
		}
	}
	if !found {
		return &exitError{ExitFindings, errors.New("no file has a record " + args[0])}
	}
	return nil
}

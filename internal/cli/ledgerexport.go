package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

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
			"from some record on · 2 a flag is wrong, or a record would speak to the terminal or the job's runner and\n" +
			"is to be sent to a file · 3 could not be read.",
		Example: "  curfew ledger export --org-policy . --type lease.issued > issued.jsonl",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context(), env) },
	}
	flags := cmd.Flags()
	f.ledgerFlags.register(flags)
	f.filterFlags.register(flags)
	flags.StringVarP(&f.format, "format", "f", "jsonl", "write as `FORMAT`: jsonl")
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
	n, err := l.Export(ctx, spoken(env, to), filter)
	if flushed := to.Flush(); flushed != nil {
		return &exitError{ExitUnfinished, flushed}
	}
	if errors.Is(err, errSpeaks) {
		return &exitError{ExitUsage, err}
	}
	if err != nil {
		return e.failed(ctx, err)
	}
	fmt.Fprintf(env.Stderr, "%d of %s\n", n, count(int(l.Checkpoint().Size), "record", "records"))
	return nil
}

// errSpeaks is why a record isn't written. It can't be escaped either: then it would be other bytes than the proof is about.
var errSpeaks = errors.New("a record holds what a terminal or the runner of a job would take for more than text: send what is exported to a file, by > FILE, and read it there")

// spoken is the writer of records to stdout, to which env's Stdout comes at last. What a job wrote about itself may move a terminal's
// cursor or be a command to the runner, which reads what a step writes to anything but a file of its own: where one of them
// may read, such a record is refused, and everything else goes its way, through pipes too.
func spoken(env *Env, to io.Writer) io.Writer {
	file, ok := env.Stdout.(*os.File)
	if ok {
		info, err := file.Stat()
		ok = err == nil && info.Mode().IsRegular()
	}
	if isTerminal(env.Stdout) || env.Getenv("GITHUB_ACTIONS") == "true" && !ok {
		return mute{to}
	}
	return to
}

// mute writes nothing but text. Each Write must be of whole lines.
type mute struct{ to io.Writer }

func (m mute) Write(lines []byte) (int, error) {
	if text := string(lines); printableLines(text) != text {
		return 0, errSpeaks
	}
	return m.to.Write(lines)
}

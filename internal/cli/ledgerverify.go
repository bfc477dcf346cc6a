package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/scan"
)

// ledgerVerifyFlags say what the log is held to, and where its checkpoint is kept.
type ledgerVerifyFlags struct {
	ledgerFlags
	writerFlags
	checkpoints []string
	save        string
	seals       bool
}

func newLedgerVerify(env *Env) *cobra.Command {
	var f ledgerVerifyFlags
	cmd := &cobra.Command{
		Use:   "verify --store STORE",
		Short: "prove that nothing was dropped from the log or rewritten",
		Long: "Read all of the log and prove that nothing was dropped or rewritten: that the records are records,\n" +
			"that the tree over them is the signed checkpoint's, and that all earlier checkpoints agree with it,\n" +
			"those in the store and those that you kept. With --seals, too, that each record is in an archived file that a\n" +
			"job of those that may write here has sealed. With --key, or with --issuer-keys, nobody but the store is\n" +
			"asked. Exit: 0 proven · 1 not proven · 2 a flag or a file is wrong · 3 could not be read.",
		Example: "  curfew ledger verify --store ledger --key acme.example/curfew+1a2b3c4d+KEY --save checkpoint.txt\n" +
			"  curfew ledger verify --org-policy . --checkpoint checkpoint.txt --seals --archived-keys",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context(), env) },
	}
	flags := cmd.Flags()
	f.ledgerFlags.register(flags)
	f.writerFlags.register(flags)
	flags.BoolVar(&f.seals, "seals", false, "prove each record by the seal of the job that wrote it, too, as collecting did")
	flags.StringArrayVar(&f.checkpoints, "checkpoint", nil, "the log must have grown from this checkpoint, which was kept in `FILE`; repeatable")
	flags.StringVar(&f.save, "save", "", "keep the checkpoint in `FILE`, once proven; a checkpoint that is there\ncounts as kept")
	return cmd
}

func (f *ledgerVerifyFlags) run(ctx context.Context, env *Env) error {
	if err := f.complete(); err != nil {
		return err
	}
	if err := f.checkWriters(); err != nil {
		return err
	}
	files, err := f.keptFiles()
	if err != nil {
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
	var kept []ledger.Checkpoint
	for _, file := range files {
		c, err := ledger.ParseCheckpoint(file.content, e.opt.Verifiers)
		if err != nil {
			return e.failed(ctx, fmt.Errorf("%s: %w", file.name, err))
		}
		kept = append(kept, c)
	}
	r, err := ledger.Verify(ctx, store, e.opt, kept...)
	if err != nil {
		return e.failed(ctx, err)
	}
	if r.Signed == nil {
		return e.failed(ctx, fmt.Errorf("%s holds no log: nothing is proven", f.store))
	}
	sealed, err := f.proveSeals(ctx, env, e)
	if err != nil {
		return err
	}
	if err := e.print(ctx, env, r, len(kept), sealed); err != nil || f.save == "" {
		return err
	}
	if err := replaceFile(f.save, r.Signed); err != nil {
		return &exitError{ExitUnfinished, fmt.Errorf("--save: %w", err)}
	}
	return nil
}

// keptFile is a checkpoint's file.
type keptFile struct {
	name    string
	content []byte
}

// keptFiles reads the checkpoints that were kept. That in the file of --save counts too, or a store that was put back
// would replace what shows it.
func (f *ledgerVerifyFlags) keptFiles() ([]keptFile, error) {
	var out []keptFile
	for _, name := range f.checkpoints {
		content, err := os.ReadFile(name) //nolint:gosec // the user names it
		if err != nil {
			return nil, usageError("--checkpoint: %w", err)
		}
		out = append(out, keptFile{name, content})
	}
	if f.save == "" {
		return out, nil
	}
	content, err := os.ReadFile(f.save)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, usageError("--save: %w", err)
	default:
		out = append(out, keptFile{f.save, content})
	}
	return out, nil
}

// print says what is proven, and by what.
func (e *evidence) print(ctx context.Context, env *Env, r ledger.Report, kept int, sealed string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "proven: %s has %s, root %s\n", printableLine(r.Checkpoint.Origin), count(int(r.Checkpoint.Size), "record", "records"), r.Checkpoint.Root)
	fmt.Fprintf(&b, "%s of the store agree with it, and %d that you kept\n", count(r.Earlier, "earlier checkpoint", "earlier checkpoints"), kept)
	if kept == 0 {
		b.WriteString("keep a checkpoint elsewhere (--save, then --checkpoint): a store that was put back as a whole is right in itself\n")
	}
	b.WriteString(sealed)
	if e.keys != nil {
		fmt.Fprintf(&b, "issuers' keys are from %s\n", e.keys.source())
	}
	if n := len(r.Uncommitted); n > 0 {
		names, err := scan.Mask(ctx, strings.Join(r.Uncommitted, " "), nil) // who may write there names them
		if err != nil {
			return &exitError{ExitUnfinished, err}
		}
		fmt.Fprintf(&b, "%s without a checkpoint, of a writer that went down or lost, no part of the log: %s\n", count(n, "batch", "batches"), printableLine(names))
	}
	_, err := env.Stdout.Write([]byte(b.String()))
	return err
}

// replaceFile writes a file as a whole or not at all.
func replaceFile(name string, content []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(name), ".curfew-")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name()) //nolint:errcheck // it is gone once renamed
	_, err = temporary.Write(content)
	if err == nil {
		err = temporary.Sync()
	}
	if err = errors.Join(err, temporary.Close()); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), name)
}

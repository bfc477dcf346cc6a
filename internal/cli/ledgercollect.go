package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/orgstore"
	"github.com/curfew-ci/curfew/internal/scan"
)

// ledgerCollectFlags say what is collected, whose, and how the log is signed.
type ledgerCollectFlags struct {
	ledgerFlags
	writerFlags
	inbox   string
	keyFile string
}

func newLedgerCollect(env *Env) *cobra.Command {
	var f ledgerCollectFlags
	cmd := &cobra.Command{
		Use:   "collect --store STORE --inbox STORE",
		Short: "bring what jobs have sealed into the log",
		Long: "Prove each sealed file of the inbox and append its records to the log: whole, or not at all. Files that\n" +
			"were collected before add nothing, and aren't read again. The log is signed by --key-file or, in a job of GitHub Actions with\n" +
			"id-token: write, by a key that lives as long as the job and that its ID token speaks for. One process\n" +
			"at a time collects into a log. Exit: 0 all was taken · 1 something was refused · 2 a flag or a file is\n" +
			"wrong · 3 could not finish.",
		Example: "  curfew ledger collect --org-policy .\n" +
			"  curfew ledger collect --inbox inbox --store ledger --key-file collector.key --repository 987654",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context(), env) },
	}
	flags := cmd.Flags()
	f.ledgerFlags.register(flags)
	f.writerFlags.register(flags)
	flags.StringVar(&f.inbox, "inbox", "", "the `STORE` that jobs put their files and seals into; inbox/ of the policy's\nunless said")
	flags.StringVar(&f.keyFile, "key-file", "", "sign by the key in this `FILE`, which you alone may read; ledger key makes one")
	return cmd
}

// check refuses what can't be meant, before anything is written.
func (f *ledgerCollectFlags) check(env *Env) error {
	if err := f.named(f.issuers); err != nil {
		return err
	}
	switch {
	case f.inbox == "":
		return usageError("what is collected? expected --inbox STORE, or --org-policy whose ledger it is")
	case len(f.owners)+len(f.repositories) == 0:
		return usageError("whose jobs may write here? expected --owner ID or --repository ID")
	case strings.TrimRight(f.inbox, "/") == strings.TrimRight(f.store, "/"):
		return usageError("--inbox and --store are the same: jobs may write to the one, and only the collector to the other")
	case f.keyFile == "" && env.Getenv("ACTIONS_ID_TOKEN_REQUEST_URL") == "":
		return usageError("what signs the log? expected --key-file FILE, or a job of GitHub Actions with `permissions: id-token: write`")
	case f.keyFile == "" && len(f.keys) > 0:
		return usageError("--key without --key-file: a job signs with a key of its own, which counts by --collector")
	case f.keyFile != "" && f.collector != "":
		return usageError("--key-file and --collector: expected one of them, as a log's checkpoints are signed one way")
	}
	if err := checkRecorders(f.recorders); err != nil {
		return err
	}
	return f.checkKeys()
}

// byPolicy fills in what collecting needs besides: where jobs deposit, and whose they are.
func (f *ledgerCollectFlags) byPolicy() {
	if f.policy == nil {
		return
	}
	if f.inbox == "" {
		f.inbox = strings.TrimRight(f.policy.Ledger.Store, "/") + "/" + orgstore.InboxPrefix
	}
	f.ofPolicy(f.policy)
}

func (f *ledgerCollectFlags) run(ctx context.Context, env *Env) error {
	var signer ledger.Signer
	if f.keyFile != "" {
		var err error
		if signer, err = f.readSigner(); err != nil {
			return usageError("--key-file: %w", err)
		}
	}
	if err := f.complete(); err != nil {
		return err
	}
	f.byPolicy()
	if err := f.check(env); err != nil {
		return err
	}
	inbox, err := f.open(env, f.inbox, false)
	if err != nil {
		return err
	}
	defer inbox.close() //nolint:errcheck // only read
	store, err := f.open(env, f.store, true)
	if err != nil {
		return err
	}
	defer store.close() //nolint:errcheck // what was written has been synced
	w, err := f.prepare(ctx, env, inbox, store, signer)
	if err != nil {
		return err
	}
	return w.collect(ctx, env, inbox)
}

// collect collects, says what was done, and tells what was refused from what could not be read.
func (w *collecting) collect(ctx context.Context, env *Env, inbox *openedStore) error {
	done, err := w.collector.Collect(ctx)
	if printErr := w.print(ctx, env, done); printErr != nil {
		return errors.Join(printErr, err)
	}
	switch {
	case err != nil:
		return &exitError{ExitUnfinished, err}
	case inbox.fault != nil:
		return &exitError{ExitUnfinished, fmt.Errorf("not all of the inbox could be read: %w", inbox.fault)}
	case w.seals.fault != nil:
		return &exitError{ExitUnfinished, fmt.Errorf("not all seals could be checked: %w", w.seals.fault)}
	case len(done.Refused) > 0:
		return &exitError{code: ExitFindings}
	}
	return nil
}

// collecting is a collector, and what checks the seals for it.
type collecting struct {
	collector *ledger.Collector
	seals     *keyring
}

// prepare opens the log to append to it. From here on only what can't be finished goes wrong.
func (f *ledgerCollectFlags) prepare(ctx context.Context, env *Env, inbox, store *openedStore, signer ledger.Signer) (*collecting, error) {
	e, err := f.evidence(ctx, env, store, true)
	if err != nil {
		return nil, err
	}
	if store.bucket {
		if err := probe(ctx, env, store); err != nil {
			return nil, &exitError{ExitUnfinished, err}
		}
	}
	source := newSource(env)
	if signer == nil {
		if signer, err = ledger.NewCollectorKey(ctx, store, e.opt.Origin, rand.Reader, source.IDToken); err != nil {
			return nil, &exitError{ExitUnfinished, err}
		}
	}
	e.opt.Signer = signer
	l, err := ledger.OpenLog(ctx, store, e.opt)
	if err != nil {
		return nil, &exitError{ExitUnfinished, err}
	}
	// Seals count by the keys that the issuer has now, and none that lay about: those are what is archived with them.
	seals := &keyring{ctx: ctx, issuers: f.issuers, live: source}
	return &collecting{&ledger.Collector{
		Inbox: inbox, Archive: store, Log: l, Verify: seals.verify, Keys: seals.raw,
		Issuers: f.issuers, Owners: f.mayOwn, Repositories: f.mayWrite, Events: f.events, Recorders: f.mayRecord(&f.ledgerFlags),
	}, seals}, nil
}

// readSigner reads the key of --key-file, and lets what it signs count.
func (f *ledgerCollectFlags) readSigner() (ledger.Signer, error) {
	key, err := readKeyFile(f.keyFile)
	if err != nil {
		return nil, err
	}
	public, err := ledger.PublicKey(key)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(f.keys, public) { // a key that is named twice would be ambiguous
		f.keys = append(f.keys, public)
	}
	return ledger.NewSigner(key)
}

func probe(ctx context.Context, env *Env, store ledger.Store) error {
	id, err := ledger.NewIDs(env.Now, rand.Reader).New()
	if err != nil {
		return err
	}
	return ledger.Probe(ctx, store, id)
}

// print says what was taken and what was refused.
func (w *collecting) print(ctx context.Context, env *Env, done ledger.Collected) error {
	mask, err := scan.MaskEach(nil)
	if err != nil {
		return &exitError{ExitUnfinished, err}
	}
	say := func(format string, args ...any) {
		text := fmt.Sprintf(format, args...)
		safe, maskErr := mask(ctx, text)
		if maskErr == nil {
			_, maskErr = fmt.Fprintln(env.Stdout, printableLine(safe))
		}
		err = errors.Join(err, maskErr)
	}
	for _, file := range done.Files {
		torn := ""
		if file.Torn > 0 {
			torn = fmt.Sprintf(", and %s that a crash left behind", count(file.Torn, "byte", "bytes"))
		}
		say("taken    %s: %s%s", file.Name, count(file.Records, "record", "records"), torn)
	}
	for _, r := range done.Refused {
		say("refused  %s: %s", r.Name, r.Reason)
	}
	at := w.collector.Log.Checkpoint()
	before := ""
	if done.Before > 0 {
		before = fmt.Sprintf(" (%d before)", done.Before)
	}
	_, last := fmt.Fprintf(env.Stdout, "%s taken%s, %d refused, %s added: %s has %d, root %s\n",
		count(len(done.Files), "file", "files"), before, len(done.Refused), count(done.Added, "record", "records"), printableLine(at.Origin), at.Size, at.Root)
	if err = errors.Join(err, last); err != nil {
		return &exitError{ExitUnfinished, err}
	}
	return nil
}

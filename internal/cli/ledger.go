package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/scan"
)

func newLedger(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "ledger",
		Short:   "the evidence of what was issued: show, verify, collect, export and replay it",
		GroupID: groupGovern,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newLedgerShow(env), newLedgerReplay(env), newLedgerVerify(env), newLedgerCollect(env), newLedgerAttest(env), newLedgerExport(env), newLedgerKey(env))
	return cmd
}

// ledgerFlags name a ledger, and whose checkpoints count there.
type ledgerFlags struct {
	bucketFlags
	store      string
	orgPolicy  string
	origin     string
	keys       []string
	collector  string
	issuers    []string
	issuerKeys []string
	archived   bool

	policy *manifest.Policy // with a ledger; nil where none is named
}

func (f *ledgerFlags) register(flags *pflag.FlagSet) {
	f.bucketFlags.register(flags)
	flags.StringVar(&f.store, "store", "", "the ledger's `STORE`: a folder, or s3://BUCKET/PREFIX")
	flags.StringVar(&f.orgPolicy, "org-policy", "", "take store, region, endpoint, collector and issuers from the organisation's\npolicy where nothing else is said: curfew/org.yml in `DIR`, or that FILE")
	flags.StringVar(&f.origin, "origin", "", "the log's `NAME`; the key's, or the store's without s3://, unless said")
	flags.StringArrayVar(&f.keys, "key", nil, "checkpoints count that this key signed, `NAME+HASH+KEY`; repeatable")
	flags.StringVar(&f.collector, "collector", "", "checkpoints count that a run of this `WORKFLOW` signed, by its job_workflow_ref:\nOWNER/REPO/.github/workflows/FILE@REF")
	flags.StringArrayVar(&f.issuers, "issuer", nil, "ID tokens count of this issuer, by its `URL`; repeatable; GitHub's and GitLab's\nunless said")
	flags.StringArrayVar(&f.issuerKeys, "issuer-keys", nil, "an issuer's keys as they were kept, `ISSUER=FILE`; repeatable")
	flags.BoolVar(&f.archived, "archived-keys", false, "take issuers' keys from the store's own archive; who may write there could\nhave made them")
}

// complete fills in what the organisation's policy says and the command line doesn't.
func (f *ledgerFlags) complete() error {
	policy, err := scan.ReadPolicy(f.orgPolicy)
	if err != nil {
		return &exitError{ExitUsage, err}
	}
	if policy != nil && policy.Ledger == nil {
		return usageError("--org-policy %s: the policy names no ledger", f.orgPolicy)
	}
	if policy != nil {
		said := policy.Ledger
		f.policy = policy
		for _, d := range []struct {
			to   *string
			from string
		}{{&f.store, said.Store}, {&f.region, said.Region}, {&f.endpoint, said.Endpoint}} {
			if *d.to == "" {
				*d.to = d.from
			}
		}
		if f.origin == "" && len(f.keys) == 0 {
			f.origin = originOf(said.Store)
		}
		if f.collector == "" && len(f.keys) == 0 {
			f.collector = said.Collector
		}
		if len(f.issuers) == 0 {
			f.issuers = policy.Issuers
		}
	}
	if len(f.issuers) == 0 {
		f.issuers = identity.BuiltInIssuers()
	}
	if f.store == "" {
		return usageError("which ledger? expected --store STORE, or --org-policy whose ledger it is")
	}
	return nil
}

// originOf is the name of the log in a bucket where nothing else is said.
func originOf(store string) string {
	rest, ok := strings.CutPrefix(store, s3Scheme)
	if !ok {
		return ""
	}
	return strings.TrimRight(rest, "/")
}

// evidence is a log that was opened to be read, with all that may be wrong with reading it.
type evidence struct {
	store *openedStore
	opt   ledger.LogOptions
	keys  *keyring // nil where keys are named
}

// checkKeys refuses flags that don't say whose checkpoints count.
func (f *ledgerFlags) checkKeys() error {
	if f.origin == "" && len(f.keys) == 0 {
		f.origin = originOf(f.store)
	}
	switch {
	case len(f.keys) > 0 && f.collector != "":
		return usageError("--key and --collector: expected one of them, as a log's checkpoints are signed one way")
	case len(f.keys) > 0:
		return nil
	case f.collector == "":
		return usageError("whose checkpoints count? expected --key NAME+HASH+KEY, or --collector with the workflow that collects")
	case f.origin == "":
		return usageError("what is the log's name? expected --origin NAME, the one it was collected under")
	}
	return nil
}

// evidence says by which keys the log in a store is read. live asks issuers for their keys even where others are named.
func (f *ledgerFlags) evidence(ctx context.Context, env *Env, store *openedStore, live bool) (*evidence, error) {
	if err := f.checkKeys(); err != nil {
		return nil, err
	}
	if len(f.keys) > 0 {
		return f.byKeys(store)
	}
	ring, err := f.ring(ctx, env, store, live)
	if err != nil {
		return nil, err
	}
	by := ledger.CollectorKeys{
		Context: ctx, Store: store, Origin: f.origin, Verify: ring.verify, Issuers: f.issuers, Definition: f.collector,
	}
	if f.policy != nil && f.policy.Ledger.Collector == f.collector {
		by.Owner = f.policy.Organization.ID
	}
	return &evidence{store, ledger.LogOptions{Origin: f.origin, Verifiers: by}, ring}, nil
}

// byKeys is the evidence that named keys prove.
func (f *ledgerFlags) byKeys(store *openedStore) (*evidence, error) {
	verifiers, err := ledger.NewVerifiers(f.keys...)
	if err != nil {
		return nil, usageError("--key: %w", err)
	}
	name, _, _ := strings.Cut(f.keys[0], "+")
	if f.origin == "" {
		f.origin = name
	}
	return &evidence{store, ledger.LogOptions{Origin: f.origin, Verifiers: verifiers}, nil}, nil
}

// ring is where issuers' keys come from: from the issuer, unless others are named.
func (f *ledgerFlags) ring(ctx context.Context, env *Env, store ledger.Store, live bool) (*keyring, error) {
	kept, err := readIssuerKeys(f.issuerKeys)
	if err != nil {
		return nil, err
	}
	ring := &keyring{ctx: ctx, issuers: f.issuers, kept: kept}
	if f.archived {
		ring.archive = store
	}
	if live || len(kept) == 0 && !f.archived {
		ring.live = newSource(env)
	}
	return ring, nil
}

// failed is how a verb ends that the evidence failed: not proven, or could not be read.
func (e *evidence) failed(ctx context.Context, err error) error {
	unread := e.store.fault != nil || e.keys != nil && e.keys.fault != nil || ctx.Err() != nil || errors.Is(err, ledger.ErrChanged)
	if unread {
		return &exitError{ExitUnfinished, err}
	}
	return &exitError{ExitFindings, err}
}

package cli

import (
	"context"
	"iter"
	"os"
	"strings"

	"github.com/curfew-ci/curfew/internal/attest"
	"github.com/curfew-ci/curfew/internal/ledger"
)

// attested reports whether leases are told of what a record says.
func attested(r *ledger.Record) bool {
	return r.Type == ledger.CertificationMerged || attest.ConcernsGlass(r)
}

// certifications are the records of certifications and of break-glass that are known: those of --certified, or of the store's log. None
// where there is no log yet.
func (f *ledgerAttestFlags) certifications(ctx context.Context, env *Env, store *openedStore) ([]ledger.Record, error) {
	if f.certified != "" {
		return f.certifiedFile(env)
	}
	has, err := store.holdsLog(ctx)
	if err != nil {
		return nil, &exitError{ExitUnfinished, err}
	}
	if !has {
		return nil, nil
	}
	e, err := f.evidence(ctx, env, store, false)
	if err != nil {
		return nil, err
	}
	l, err := ledger.OpenLog(ctx, store, e.opt)
	if err != nil {
		return nil, e.failed(ctx, err)
	}
	var out []ledger.Record
	for entry, err := range l.Select(ctx, ledger.Filter{}) {
		if err != nil {
			return nil, e.failed(ctx, err)
		}
		if attested(&entry.Record) {
			out = append(out, entry.Record)
		}
	}
	return out, nil
}

// certifiedFile reads records as ledger export writes them.
func (f *ledgerAttestFlags) certifiedFile(env *Env) ([]ledger.Record, error) {
	from, name := env.Stdin, "stdin"
	if f.certified != "-" {
		file, err := os.Open(f.certified)
		if err != nil {
			return nil, usageError("read --certified: %w", err)
		}
		defer file.Close() //nolint:errcheck // only read
		from, name = file, f.certified
	}
	var out []ledger.Record
	for r, err := range exported(name, from) {
		if err != nil {
			return nil, usageError("read --certified: %w", err)
		}
		if attested(&r) {
			out = append(out, r)
		}
	}
	return out, nil
}

// each hands out records that there are all of.
func each(records []ledger.Record) iter.Seq2[ledger.Record, error] {
	return func(yield func(ledger.Record, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// guardText is what guards a manifest, for a person.
func guardText(g *ledger.Guard) string {
	if g == nil {
		return "what guards the manifest is unknown"
	}
	parts := []string{g.Ref + " asks for " + count(int(g.Approvals), "approval", "approvals")}
	for _, more := range []struct {
		has  bool
		says string
	}{{g.DefaultBranch, "the default branch"}, {g.CodeOwners, "code owners"}, {g.LastPushApproval, "approval of the last push"}} {
		if more.has {
			parts = append(parts, more.says)
		}
	}
	who := "nobody may bypass it"
	switch {
	case g.Bypass == nil:
		who = "who may bypass it is unknown"
	case len(g.Bypass) > 0:
		who = "may be bypassed by " + strings.Join(g.Bypass, ", ")
	}
	return strings.Join(append(parts, who), ", ")
}

package cli

import (
	"cmp"
	"slices"

	"github.com/spf13/pflag"

	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/manifest/form"
)

// writerFlags say whose jobs may write to a ledger.
type writerFlags struct {
	owners       []string
	repositories []string
	events       []string
	recorders    []string

	mayOwn, mayWrite []ledger.PlatformID // what owners and repositories name
}

func (f *writerFlags) register(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.owners, "owner", nil, "jobs may write here whose repositories the account of this `[ISSUER=]ID` owns;\nrepeatable; ISSUER= is needed where several are named, and is GitHub's where none is;\nthe policy's organisation where neither this nor --repository is said")
	flags.StringArrayVar(&f.repositories, "repository", nil, "jobs of the repository of this `[ISSUER=]ID` may write here; repeatable")
	flags.StringArrayVar(&f.events, "event", nil, "runs of this event may write here too, `NAME`, beside push, schedule,\nworkflow_dispatch and release; repeatable; never those of pull requests")
	flags.StringArrayVar(&f.recorders, "recorder", nil, "jobs of this `WORKFLOW`, by its job_workflow_ref, may write of all repositories what\nthey hold and what was done about it; repeatable; beside the collector")
}

// named reads whose ids are named.
func (f *writerFlags) named(issuers []string) error {
	var ownersErr, repositoriesErr error
	f.mayOwn, ownersErr = platformIDs("--owner", f.owners, issuers)
	f.mayWrite, repositoriesErr = platformIDs("--repository", f.repositories, issuers)
	return cmp.Or(ownersErr, repositoriesErr)
}

// ofPolicy lets the jobs of the policy's organisation write where nobody is named.
func (f *writerFlags) ofPolicy(policy *manifest.Policy) {
	if policy != nil && len(f.owners)+len(f.repositories) == 0 {
		f.owners = []string{policy.Organization.ID}
	}
}

// checkRecorders refuses what no token's job_workflow_ref can be: whoever wrote it would wait for records in vain.
func checkRecorders(said []string) error {
	want := form.Named("workflow-ref")
	for _, recorder := range said {
		if want.Check(recorder) != nil {
			return usageError("--recorder: expected %s, such as %s, not %q", want.Want, want.Example, recorder)
		}
	}
	return nil
}

// mayRecord are the workflows whose jobs may write of other repositories: those that are named, and the collector.
func (f *writerFlags) mayRecord(of *ledgerFlags) []string {
	out := slices.Clone(f.recorders)
	if of.collector != "" {
		out = append(out, of.collector)
	}
	if of.policy != nil { // where a key signs the log, the collector is the policy's all the same
		out = append(out, of.policy.Ledger.Collector)
	}
	return slices.Compact(out)
}

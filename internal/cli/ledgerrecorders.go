package cli

import (
	"slices"

	"github.com/curfew-ci/curfew/internal/manifest/form"
)

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
func (f *ledgerCollectFlags) mayRecord() []string {
	out := slices.Clone(f.recorders)
	if f.collector != "" {
		out = append(out, f.collector)
	}
	if f.policy != nil { // where a key signs the log, the collector is the policy's all the same
		out = append(out, f.policy.Ledger.Collector)
	}
	return slices.Compact(out)
}

package attest

import (
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// Facts is what a lease takes from attested records.
type Facts struct {
	Guard     *manifest.GuardFacts // nil where the inventory couldn't tell
	Certified map[string]manifest.Certified
}

// FactsOf reads the records of one proven file. collector is the job_workflow_ref that its token has.
func FactsOf(records []ledger.Record, collector string) Facts {
	f := Facts{Certified: map[string]manifest.Certified{}}
	for i := range records {
		r := &records[i]
		switch r.Type {
		case ledger.InventoryTaken:
			f.Guard = guardOf(r, collector)
		case ledger.CertificationMerged:
			at := r.Certification.Merged
			if r.Certification.Action.Certifies() && at.After(f.Certified[r.Identity.ID].Time.Time) {
				f.Certified[r.Identity.ID] = manifest.Certified{Time: manifest.Instant{Time: at}}
			}
		}
	}
	return f
}

func guardOf(r *ledger.Record, collector string) *manifest.GuardFacts {
	g := r.Inventory.Guard
	if g == nil {
		return nil
	}
	return &manifest.GuardFacts{
		Taken: manifest.Instant{Time: r.Inventory.Taken}, Collector: collector, Project: r.Identity.RepositoryID,
		Ref: g.Ref, DefaultBranch: g.DefaultBranch, Approvals: int(g.Approvals), CodeOwners: g.CodeOwners,
		LastPushApproval: g.LastPushApproval, Bypass: g.Bypass,
	}
}

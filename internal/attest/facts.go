package attest

import (
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// Facts is what a lease takes from attested records.
type Facts struct {
	Guard     *manifest.GuardFacts // nil where the inventory couldn't tell
	Certified map[string]manifest.Certified
	// Emergencies are the records of what is known of uses of break-glass: for Uses.
	Emergencies []ledger.Record
}

// FactsOf reads the records of one proven file. collector is the job_workflow_ref that its token has.
func FactsOf(records []ledger.Record, collector string) Facts {
	var f Facts
	decided := Decisions{}
	for i := range records {
		decided.Add(records[i])
		switch records[i].Type {
		case ledger.InventoryTaken:
			f.Guard = guardOf(&records[i], collector)
		case ledger.BreakGlassStated:
			f.Emergencies = append(f.Emergencies, records[i])
		}
	}
	f.Certified = decided.Certified()
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

package attest

import (
	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/ledger"
)

// guard is what protects the manifest's branch by an inventory; nil where the inventory can't tell. What it says is
// never more than holds: a source that wasn't read could only have added to it, and who may bypass is unknown unless all
// of them are known.
func guard(inv *inventory.Inventory) *ledger.Guard {
	rules, _ := inv.Has("branch-rules", "")
	protection, _ := inv.Has("branch-protection", "")
	if inv.Branch == nil || inv.Branch.Name == "" || !rules && !protection {
		return nil
	}
	read := *inv.Branch
	if !rules {
		read.Rules = nil
	}
	if !protection {
		read.Protection = nil
	}
	g := read.Guard()
	if g.Reviews == 0 && !g.CodeOwners && !(rules && protection) {
		return nil // what guards it may be in the other
	}
	made := &ledger.Guard{
		Ref: "refs/heads/" + read.Name, DefaultBranch: read.Name == inv.Repository.DefaultBranch,
		Approvals: int64(g.Reviews), CodeOwners: g.CodeOwners, LastPushApproval: g.LastPush,
	}
	if g.Bypass != nil {
		made.Bypass = *g.Bypass
	}
	return made
}

package attest

import (
	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/ledger"
)

// Guard is what protects the manifest's branch by an inventory; nil where the inventory can't tell. What it says is
// never more than holds: a source that wasn't read could only have added to it, and who may bypass is unknown unless all
// of them are known.
func Guard(inv *inventory.Inventory) *ledger.Guard {
	branch := inv.Branch
	rules, _ := inv.Has("branch-rules", "")
	protection, _ := inv.Has("branch-protection", "")
	if branch == nil || branch.Name == "" || !rules && !protection {
		return nil
	}
	var read inventory.Branch
	if protection {
		read.Protection = branch.Protection
	}
	if rules {
		read.Rules = branch.Rules
	}
	is := read.Guard()
	if is.Reviews == 0 && !is.CodeOwners && !(rules && protection) {
		return nil // what guards it may be in the other
	}
	out := &ledger.Guard{
		Ref: "refs/heads/" + branch.Name, DefaultBranch: branch.Name == inv.Repository.DefaultBranch,
		Approvals: int64(is.Reviews), CodeOwners: is.CodeOwners, LastPushApproval: is.LastPush,
	}
	if is.Bypass != nil {
		out.Bypass = append([]string{}, *is.Bypass...)
	}
	return out
}

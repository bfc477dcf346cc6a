package attest

import (
	"slices"

	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/ledger"
)

// layer is one of the things that guard a branch, all at once: its protection, and each rule of a ruleset.
type layer struct {
	inventory.Reviews
	bypass []string // nil is unknown
}

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
	var layers []layer
	if p := branch.Protection; protection && p != nil {
		layers = append(layers, protected(p))
	}
	for i := range branch.Rules {
		if r := branch.Rules[i].Reviews; rules && r != nil {
			layers = append(layers, layer{*r, bypassOf(&branch.Rules[i])})
		}
	}
	layers = slices.DeleteFunc(layers, func(l layer) bool { return l.Count == 0 && !l.CodeOwners && !l.LastPush })
	if len(layers) == 0 && !(rules && protection) {
		return nil // what guards it may be in the other
	}
	var all layer
	for _, l := range layers {
		all.Count, all.CodeOwners, all.LastPush = max(all.Count, l.Count), all.CodeOwners || l.CodeOwners, all.LastPush || l.LastPush
	}
	return &ledger.Guard{
		Ref: "refs/heads/" + branch.Name, DefaultBranch: branch.Name == inv.Repository.DefaultBranch,
		Approvals: int64(all.Count), CodeOwners: all.CodeOwners, LastPushApproval: all.LastPush, Bypass: bypass(all, layers),
	}
}

// protected is a branch's protection as a layer. Unless it holds for them too, administrators needn't mind it, nor need
// who has a role that may bypass it.
func protected(p *inventory.Protection) layer {
	l := layer{inventory.Reviews{Count: p.Reviews, CodeOwners: p.CodeOwners, LastPush: p.LastPush}, append([]string{}, p.Bypass...)}
	if !p.Admins {
		l.bypass = append(l.bypass, "role:admin")
	}
	return l
}

// bypassOf is whom a rule doesn't hold; nil where that wasn't read.
func bypassOf(r *inventory.Rule) []string {
	if r.Bypass == nil {
		return nil
	}
	return append([]string{}, *r.Bypass...)
}

// bypass is who may bypass what all layers together ask for. A layer that asks for all of it holds everybody whom it
// doesn't let by, whatever the others do. Where there is none, any of them may be the one that matters.
func bypass(all layer, layers []layer) []string {
	var least []string
	for _, l := range layers {
		if l.bypass == nil || l.Count < all.Count || l.CodeOwners != all.CodeOwners || l.LastPush != all.LastPush {
			continue
		}
		if least == nil || len(l.bypass) < len(least) {
			least = l.bypass
		}
	}
	if least == nil {
		least = []string{}
		for _, l := range layers {
			if l.bypass == nil {
				return nil
			}
			least = append(least, l.bypass...)
		}
	}
	slices.Sort(least)
	return slices.Compact(least)
}

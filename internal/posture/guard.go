package posture

import (
	"fmt"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// guardSources are what says how the manifest's branch is guarded. Who may bypass rules is asked for where a policy says
// who may: GitHub tells it to few.
func (f *Facts) guardSources() []string {
	switch {
	case f.Policy != nil && f.Policy.Guard != nil:
		return []string{"branch-rules", "branch-protection", "ruleset-bypass"}
	case f.Inventory.Repository.OwnerKind == "Organization":
		return []string{"branch-rules", "branch-protection"}
	}
	return nil
}

// otherBranch is what an inventory of another branch than the one that the policy wants guarded can't tell.
func (f *Facts) otherBranch() []Missing {
	if f.Manifest == nil || f.Policy == nil || f.Policy.Guard == nil || f.Inventory.Branch == nil {
		return nil
	}
	want := strings.TrimPrefix(f.Policy.Guard.Ref, "refs/heads/")
	if f.Policy.Guard.Ref == "default-branch" {
		want = f.Inventory.Repository.DefaultBranch
	}
	if f.Inventory.Branch.Name == want {
		return nil
	}
	return []Missing{{
		inventory.Source{Name: "branch-protection", Of: want, State: inventory.NotChecked, Why: "the inventory is of branch " + f.Inventory.Branch.Name},
		"take the inventory with --branch " + want,
	}}
}

// unguarded reports what lets somebody change the manifest without anybody's word: what the organisation's policy wants
// to guard it and doesn't, or no review at all where no policy says. What a person owns alone is nobody else's to review.
func (p *Pass) unguarded() {
	if p.Manifest == nil || p.Inventory == nil || len(p.otherBranch()) > 0 {
		return
	}
	for _, name := range []string{"branch-rules", "branch-protection"} {
		if ok, _ := p.Inventory.Has(name, ""); !ok {
			return // which is told as not checked
		}
	}
	guard := p.Inventory.Branch.Guard()
	if p.Policy != nil && p.Policy.Guard != nil {
		p.lessThan(p.Policy.Guard, guard)
		return
	}
	if guard.CodeOwners && p.CodeOwners == nil {
		return // whose nobody knows, which is told as not checked
	}
	owned := guard.CodeOwners && p.hasCodeOwner()
	if p.Inventory.Repository.OwnerKind == "Organization" && guard.Reviews == 0 && !owned {
		p.reportGuard("approvals", finding.Medium, "nobody has to approve a change of it: whoever may push can entitle a job of theirs to anything",
			"require a review of pull requests to it, by a ruleset or by the branch's protection")
	}
}

// hasCodeOwner reports whether the file of code owners names somebody for the manifest.
func (p *Pass) hasCodeOwner() bool {
	owners, _ := p.CodeOwners.Of(p.Manifest.At("").Path)
	return len(owners) > 0
}

// lessThan reports where what guards the branch is less than the policy wants.
func (p *Pass) lessThan(want *manifest.Guard, is inventory.Guard) {
	if is.Reviews < want.Approvals {
		p.reportGuard("approvals", finding.High, fmt.Sprintf("a change of it needs %s, and the organisation wants %d", counted(is.Reviews, "approval"), want.Approvals),
			"require as many by a ruleset or by the branch's protection")
	}
	switch {
	case want.CodeOwners && !is.CodeOwners:
		p.reportGuard("code-owners", finding.High, "code owners needn't approve a change of it, and the organisation wants them to",
			"require a review from code owners, by a ruleset or by the branch's protection")
	case want.CodeOwners && p.CodeOwners != nil && p.CodeOwners.Path == "":
		p.reportGuard("no-code-owners", finding.High, "code owners must approve a change of it, and there is no CODEOWNERS file that says who they are",
			fmt.Sprintf("add .github/CODEOWNERS with a line `/%s @ORG/TEAM`", p.Manifest.At("").Path))
	}
	if want.LastPushApproval && !is.LastPush {
		p.reportGuard("last-push", finding.High, "who pushes last may be who approves it, and the organisation wants another to",
			"require approval of the most recent push, by a ruleset or by the branch's protection")
	}
	if is.Bypass == nil {
		return // which is told as not checked
	}
	if extra := slices.DeleteFunc(slices.Clone(*is.Bypass), func(who string) bool {
		return want.Bypass != nil && slices.ContainsFunc(want.Bypass.Items, func(may string) bool { return strings.EqualFold(may, who) })
	}); len(extra) > 0 {
		p.reportGuard("bypass", finding.High, fmt.Sprintf("%s may bypass what guards it, and the organisation doesn't let them", listed(extra, shownOwners)),
			"take them from the bypass list of the ruleset, let the branch's protection hold for administrators, or have the organisation list them under guard.bypass")
	}
}

func (p *Pass) reportGuard(kind string, severity finding.Severity, message, fix string) {
	branch := p.Inventory.Repository.DefaultBranch
	if p.Inventory.Branch != nil {
		branch = p.Inventory.Branch.Name
	}
	f := finding.Finding{
		Severity: severity, Message: fmt.Sprintf("the manifest's branch %s isn't guarded: %s", branch, message),
		Region: p.platformAt(), Fix: fix, Key: "guard " + kind,
	}
	if p.Policy != nil && p.Policy.Guard != nil {
		f.Related = []finding.Related{{Role: "policy", Message: "what is to guard it", Region: p.Policy.KeyAt("/guard")}}
	}
	p.ReportLive(f)
}

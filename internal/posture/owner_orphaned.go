package posture

import (
	"fmt"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/source"
)

// ownerOrphaned reports owners behind whom there is nobody: teams that are gone or have no members, and a manifest whose
// changes nobody is asked to review, though the repository has a file that says whom to ask.
func ownerOrphaned(p *Pass) {
	if p.Manifest == nil {
		return
	}
	p.uncovered()
	if p.Inventory == nil {
		return
	}
	for _, o := range p.owners() {
		p.judgeTeam(o)
	}
	p.judgeOwnersLine()
}

// ownerRef is an owner whom the manifest names.
type ownerRef struct {
	manifest.Owner
	id string
	at source.Region // where the owner is told, or else first named
}

// owners lists whom identities and exceptions name, each once, in the manifest's order.
func (f *Facts) owners() []ownerRef {
	var all []ownerRef
	add := func(id, pointer string) {
		owner, ok := f.Manifest.OwnerOf(id, f.Policy)
		if !ok || slices.ContainsFunc(all, func(o ownerRef) bool { return o.id == id }) {
			return // manifest-fault says so
		}
		ref := ownerRef{owner, id, f.Manifest.At(pointer)}
		if _, mine := f.Manifest.Owners[id]; mine {
			ref.at = f.Manifest.At(manifest.Pointer("owners", id))
		}
		if f.Manifest.Owners[id].Team != "" {
			ref.at = f.Manifest.At(manifest.Pointer("owners", id, "team"))
		}
		all = append(all, ref)
	}
	for _, id := range f.Manifest.IdentityIDs() {
		add(f.Manifest.Identities[id].Owner, manifest.Pointer("identities", id, "owner"))
	}
	for _, id := range f.Manifest.ExceptionIDs() {
		add(f.Manifest.Exceptions[id].Owner, manifest.Pointer("exceptions", id, "owner"))
	}
	return all
}

// judgeTeam looks at who is in an owner's team, where that was read.
func (p *Pass) judgeTeam(o ownerRef) {
	if o.Team == "" {
		return
	}
	report := func(message string) {
		fix := "name a team that somebody is in"
		if o.Escalate != "" {
			fix += "; " + o.Escalate + " hears of what the owner doesn't do, and can say which"
		}
		p.ReportLive(finding.Finding{
			Message: fmt.Sprintf("owner %q is %s, %s: nobody certifies or ends what it owns", o.id, o.Team, message),
			Region:  o.at, Fix: fix, Owner: o.id, Key: "team " + o.Team,
		})
	}
	switch p.Inventory.State("team-members", o.Team) {
	case inventory.Absent:
		if p.Inventory.Repository.OwnerKind == "Organization" {
			report("which isn't there, or is secret")
		}
	case inventory.Read:
		i := slices.IndexFunc(p.Inventory.Teams, func(t inventory.Team) bool { return strings.EqualFold(t.Name, o.Team) })
		if i < 0 || len(p.Inventory.Teams[i].Members) == 0 {
			report("in which nobody is")
		}
	}
}

// uncovered reports a file of code owners that names nobody for the manifest.
func (p *Pass) uncovered() {
	if p.CodeOwners == nil || p.CodeOwners.Path == "" {
		return
	}
	owners, line := p.CodeOwners.Of(p.Manifest.At("").Path)
	if len(owners) > 0 {
		return
	}
	why := "no line of it is about the manifest"
	if line > 0 {
		why = fmt.Sprintf("its line %d takes the manifest's away", line)
	}
	path := p.Manifest.At("").Path
	p.Report(finding.Finding{
		Message: fmt.Sprintf("%s names no owner of %s: %s, and its owners aren't asked when what they answer for changes", p.CodeOwners.Path, path, why),
		Region:  p.platformAt(),
		Fix:     fmt.Sprintf("add a last line `/%s @ORG/TEAM` to %s", path, p.CodeOwners.Path),
		Related: []finding.Related{{Role: "see", Message: why, Region: source.Region{Path: p.CodeOwners.Path}}},
		Key:     "uncovered",
	})
}

// judgeOwnersLine reports what GitHub finds wrong with the line that names the manifest's owners: whom it doesn't know, it
// doesn't ask.
func (p *Pass) judgeOwnersLine() {
	if p.CodeOwners == nil || p.CodeOwners.Path == "" {
		return
	}
	owners, line := p.CodeOwners.Of(p.Manifest.At("").Path)
	for _, fault := range p.Inventory.Codeowners {
		if len(owners) == 0 || fault.Path != p.CodeOwners.Path || fault.Line != line {
			continue
		}
		p.ReportLive(finding.Finding{
			Message: fmt.Sprintf("line %d of %s, which names %s for the manifest, is at fault by GitHub's word: %s", line, fault.Path, listed(owners, shownOwners), strings.ToLower(fault.Kind)),
			Region:  p.platformAt(),
			Fix:     "name people or teams that are there and may push, on a line that GitHub takes",
			Related: []finding.Related{{Role: "see", Message: "the line that decides", Region: source.Region{Path: fault.Path}}},
			Key:     "line " + fault.Kind,
		})
	}
}

// shownOwners is how many of a line's owners a message names.
const shownOwners = 3

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

// ownerOrphaned reports owners behind whom there is nobody: teams that are gone or have no members, people who aren't
// members of the organisation, and a manifest whose changes nobody is asked to review, though the repository has a file
// that says whom to ask.
func ownerOrphaned(p *Pass) {
	if p.Manifest == nil {
		return
	}
	p.uncovered()
	if p.Inventory == nil {
		return
	}
	for _, o := range p.owners() {
		p.judgeOwner(o)
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
		for key, handle := range map[string]string{"team": f.Manifest.Owners[id].Team, "person": f.Manifest.Owners[id].Person} {
			if handle != "" {
				ref.at = f.Manifest.At(manifest.Pointer("owners", id, key))
			}
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

// source is the source of an inventory that tells whether anybody is behind an owner, and of whom.
func (o *ownerRef) source() (name, of string) {
	if o.Team != "" {
		return "team-members", o.Team
	}
	return "memberships", o.Person
}

// judgeOwner looks at who is behind an owner, where that was read.
func (p *Pass) judgeOwner(o ownerRef) {
	source, of := o.source()
	report := func(severity finding.Severity, message string) {
		fix := "name a team that somebody is in, or a member of the organisation"
		if o.Escalate != "" {
			fix += "; " + o.Escalate + " hears of what the owner doesn't do, and can say which"
		}
		p.ReportLive(finding.Finding{
			Severity: severity, Message: fmt.Sprintf("owner %q is %s, %s: nobody certifies or ends what it owns", o.id, of, message),
			Region: o.at, Fix: fix, Owner: o.id, Key: source + " " + of,
		})
	}
	state := p.Inventory.State(source, of)
	switch {
	case p.Inventory.Repository.OwnerKind != "Organization":
	case state == inventory.Absent && o.Team == "":
		org, _, _ := strings.Cut(p.Inventory.Repository.Name, "/")
		report(finding.Low, "who isn't a member of "+org) // an outside collaborator may well be there
	case state == inventory.Absent:
		report(finding.Medium, "which isn't there, or is secret")
	case state == inventory.Read && o.Team != "":
		i := slices.IndexFunc(p.Inventory.Teams, func(t inventory.Team) bool { return strings.EqualFold(t.Name, o.Team) })
		if i < 0 || len(p.Inventory.Teams[i].Members) == 0 {
			report(finding.Medium, "in which nobody is")
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
	told := map[string]bool{}
	for _, fault := range p.Inventory.Codeowners {
		if len(owners) == 0 || fault.Path != p.CodeOwners.Path || fault.Line != line || told[fault.Kind] {
			continue
		}
		told[fault.Kind] = true
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

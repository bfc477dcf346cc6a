package ticket

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// leftRoots are the checklists that the input asks for: one for each entry that is gone, and one for a repository that
// is archived.
func (in *Input) leftRoots() []*Root {
	before := in.Before
	if in.Archived && before == nil {
		before = in.Manifest
	}
	var out []*Root
	if before != nil {
		for _, r := range removals(before, in.entitlements()) {
			out = append(out, in.leftRoot(r))
		}
	}
	if in.Archived {
		r := removal{kind: "repository", id: in.Repository, privilege: manifest.PrivilegeHigh, left: stored(in.inventory())}
		if len(r.left) > 0 {
			out = append(out, in.leftRoot(r))
		}
	}
	return out
}

// inventory is that of the input; one that shows nothing where there is none.
func (in *Input) inventory() *inventory.Inventory {
	if in.Inventory == nil {
		return &inventory.Inventory{}
	}
	return in.Inventory
}

func (in *Input) leftRoot(r removal) *Root {
	root := &Root{What: "what " + r.kind + " " + r.id + " leaves behind", Owner: r.owner, Severity: finding.Medium, Left: r.left, archived: in.Archived}
	if r.kind == "identity" {
		root.of = r.id
	}
	if r.privilege == manifest.PrivilegeCritical || r.privilege == manifest.PrivilegeHigh {
		root.Severity = finding.High
	}
	root.Cause = hash("curfew/cause/v1", strings.ToLower(in.Repository), "left", r.kind, r.id)
	root.Fingerprint = hash("curfew/root/v1", root.Cause, root.Owner)
	return root
}

// checklist is the root of a ticket's memo with what the input adds; nil where the ticket is none of what is left.
func (p *planner) checklist(m Memo, r *Root) *Root {
	if len(m.Left) == 0 {
		return r
	}
	out := Root{Fingerprint: m.Root, Cause: m.Cause, What: m.What, Severity: m.Severity, Owner: p.ownerByKey(m.Owner).ID, of: m.Identity, more: m.More, archived: m.Archived}
	if r != nil {
		out = *r
		out.more, out.archived = m.More, r.archived || m.Archived
	}
	out.Left = slices.Clone(m.Left)
	if r == nil {
		return &out
	}
	for _, l := range r.Left {
		if !slices.Contains(out.Left, l) {
			out.Left = append(out.Left, l)
			out.more = max(out.more-1, 0) // perhaps it was one of those
		}
	}
	return &out
}

// sight says how a checklist stands, by the worst of its items.
func (in *Input) sight(r *Root) sight {
	s := gone
	if r.archived && !in.Archived {
		return unseen // nobody says whether its manifest entitles again
	}
	if r.more > 0 {
		s = byHand
	}
	for _, l := range r.Left {
		switch in.proof(l) {
		case StillThere:
			return present
		case NotLooked:
			s = unseen
		case NobodyProves:
			if s == gone {
				s = byHand
			}
		case Gone, EntitledNow:
		}
	}
	return s
}

// maxLeft is how many bytes a memo's list has at most.
const maxLeft = 1500

// keep writes a checklist into a memo, as far as there is room. What there is none for can't be proven by it any more.
func (m *Memo) keep(r *Root) {
	m.Identity = r.of
	m.What, m.Severity, m.Kind, m.Findings, m.Paths, m.Sources, m.Provable = brief(r.What), r.Severity, "", nil, nil, nil, false
	m.Left, m.More, m.Archived = nil, r.more, r.archived
	size := 0
	for _, l := range r.Left {
		text, err := json.Marshal(l)
		size += len(text) + 1
		if err != nil || size > maxLeft {
			m.More = r.more + len(r.Left) - len(m.Left)
			return
		}
		m.Left = append(m.Left, l)
	}
}

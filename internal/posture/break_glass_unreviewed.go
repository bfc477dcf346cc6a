package posture

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/source"
)

// breakGlassUnreviewed reports uses of emergency access that nobody has reviewed who may, judged as a lease judges them.
// While there is still time for the review it is a note.
func breakGlassUnreviewed(p *Pass) {
	if p.Manifest == nil || p.Inventory == nil {
		return
	}
	standing := manifest.Standing{Manifest: p.Manifest, Policy: p.Policy, Now: p.Now, Facts: manifest.Facts{
		Ledger: &manifest.LedgerFacts{BreakGlass: p.Emergencies}, Members: members(p.Inventory),
	}}
	for i := range p.Emergencies {
		use := &p.Emergencies[i]
		reviewed, due := standing.Reviewed(use)
		if reviewed || p.reviewersUnread(use) != "" {
			continue
		}
		id, _, _ := manifest.CutGrant(use.Grant)
		entry := p.Manifest.BreakGlass[use.Entry]
		f := finding.Finding{
			Message: fmt.Sprintf("break-glass %q on %s, used on %s by %s, isn't reviewed: all leases of %s are denied", use.Entry, use.Grant, use.Time.UTC().Format(time.DateOnly), use.Activator, id),
			Region:  p.glassAt(use, id), Owner: p.Manifest.Identities[id].Owner, Identity: id, Key: "use " + use.ID,
			Fix: "have " + entry.Review.By + " review it: `curfew break-glass review`; not who used it",
		}
		if entry.Review.By == "" {
			f.Message = fmt.Sprintf("break-glass was used on %s on %s by %s, and its entry %q is gone, which says who may review that: all leases of %s are denied",
				use.Grant, use.Time.UTC().Format(time.DateOnly), use.Activator, use.Entry, id)
			f.Fix = "put the entry back, and have the use reviewed if it isn't: removing it doesn't review it"
		}
		if p.Now.Before(due) {
			f.Severity = finding.Note
			f.Message = fmt.Sprintf("break-glass %q on %s, used by %s, is to be reviewed until %s", use.Entry, use.Grant, use.Activator, due.UTC().Format("2006-01-02 15:04 UTC"))
		}
		p.Report(f)
	}
}

// glassAt is where a use's review is asked for, or its identity stands, where either is there.
func (p *Pass) glassAt(use *manifest.GlassUse, id string) source.Region {
	if _, ok := p.Manifest.BreakGlass[use.Entry]; ok {
		return p.Manifest.At(manifest.Pointer("break-glass", use.Entry, "review"))
	}
	if _, ok := p.Manifest.Identities[id]; ok {
		return p.Manifest.KeyAt(manifest.Pointer("identities", id))
	}
	return p.platformAt()
}

// members are those of the teams of whom an inventory read that.
func members(inv *inventory.Inventory) map[string][]string {
	out := map[string][]string{}
	for _, t := range inv.Teams {
		if inv.State("team-members", t.Name) == inventory.Read {
			out[t.Name] = t.Members
		}
	}
	return out
}

// reviewersUnread is the team that may review a use, where somebody else has reviewed it and the inventory doesn't say who is in
// that team: whether the review counts isn't known then.
func (f *Facts) reviewersUnread(use *manifest.GlassUse) string {
	by := f.Manifest.BreakGlass[use.Entry].Review.By
	another := slices.ContainsFunc(use.Reviews, func(r manifest.GlassReview) bool { return use.ByAnother(&r) })
	if !strings.Contains(by, "/") || use.Fault != "" || !another {
		return ""
	}
	for team := range members(f.Inventory) {
		if strings.EqualFold(team, by) {
			return ""
		}
	}
	return by
}

// unlistedGlass is what nobody gave of the uses of break-glass that the manifest has entries for: the uses, or who is in the
// teams that have reviewed them.
func (f *Facts) unlistedGlass() []Missing {
	if f.Manifest == nil || len(f.Manifest.BreakGlass) == 0 {
		return nil
	}
	if f.Emergencies != nil {
		return f.unreadReviewers()
	}
	return []Missing{{
		inventory.Source{Name: "break-glass", State: inventory.NotChecked, Why: "what the ledger has of it wasn't given"},
		"give what `curfew ledger export` wrote by --ledger",
	}}
}

func (f *Facts) unreadReviewers() []Missing {
	var out []Missing
	for i := range f.Emergencies {
		team := f.reviewersUnread(&f.Emergencies[i])
		if team == "" || slices.ContainsFunc(out, func(m Missing) bool { return m.Of == team }) {
			continue
		}
		out = append(out, Missing{
			inventory.Source{Name: "team-members", Of: team, State: inventory.NotChecked, Why: "whether who reviewed a use of break-glass may isn't known"},
			"take the inventory with --organization, by a token with members: read",
		})
	}
	return out
}

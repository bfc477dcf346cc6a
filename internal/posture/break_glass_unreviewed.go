package posture

import (
	"fmt"
	"slices"
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
	standing := p.standing()
	for i := range p.Emergencies {
		use := &p.Emergencies[i]
		reviewed, due := standing.Reviewed(use)
		if reviewed || standing.ReviewersUnknown(use) != "" {
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

// standing is what uses of emergency access are judged by.
func (f *Facts) standing() manifest.Standing {
	return manifest.Standing{Manifest: f.Manifest, Policy: f.Policy, Now: f.Now, Facts: manifest.Facts{
		Ledger: &manifest.LedgerFacts{BreakGlass: f.Emergencies}, Members: f.Inventory.Members(),
	}}
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
	standing := f.standing()
	for i := range f.Emergencies {
		team := standing.ReviewersUnknown(&f.Emergencies[i])
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

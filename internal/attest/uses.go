package attest

import (
	"time"

	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// apart is how far the times of a use may be from each other by its slot and by its record, which are written one after
// the other.
const apart = 10 * time.Minute

// Uses are uses of break-glass by their slots alone, which is the word of the jobs that took them.
func Uses(slots []ledger.Used) []manifest.GlassUse {
	out := []manifest.GlassUse{}
	for i := range slots {
		s := &slots[i]
		out = append(out, manifest.GlassUse{
			Entry: s.Entry, Grant: s.Grant, Time: manifest.Instant{Time: s.Taken}, Activator: s.Activator, ActivatorID: s.ActivatorID,
			ID: s.ID, Run: s.RunID, Unproven: true,
		})
	}
	return out
}

// Reviewed adds to uses by their slots what a recorder has stated of the sealed records of their jobs, and of reviews. It
// changes none of them. What comes of it is never weaker than the truth. A use that nothing is stated of stays one that
// nobody has reviewed, unless who can't have been its activator has. One that was leased by its record is a use without a
// slot, too. Of one of which slot and record say different things, or which is there twice, no review is believed.
func Reviewed(uses []manifest.GlassUse, stated []ledger.Record) []manifest.GlassUse {
	known, order := map[glassKey][]*ledger.Record{}, []glassKey{}
	for i := range stated {
		k := keyOf(stated[i].BreakGlass)
		if known[k] == nil {
			order = append(order, k)
		}
		known[k] = append(known[k], &stated[i])
	}
	out, seen := []manifest.GlassUse{}, map[glassKey]bool{}
	for _, use := range uses {
		k := glassKey{use.ID, use.Run}
		use = reviewed(use, known[k])
		if seen[k] {
			use.Fault = "another slot holds the same use"
		}
		seen[k] = true
		out = append(out, use)
		if r := other(&use, known[k]); r != nil {
			also := recorded(r)
			also.Fault = use.Fault
			out = append(out, also)
		}
	}
	for _, k := range order {
		if r := known[k][0]; !seen[k] && r.BreakGlass.Leased && r.BreakGlass.Activator != "" {
			use := recorded(r)
			use.Slotless = true
			out = append(out, reviewed(use, known[k]))
		}
	}
	return out
}

// reviewed is a use with what is stated of it.
func reviewed(use manifest.GlassUse, stated []*ledger.Record) manifest.GlassUse {
	for _, r := range stated {
		g := r.BreakGlass
		if g.Activator != "" {
			use.Unproven = false
			if g.Activator != use.Activator || g.ActivatorID != use.ActivatorID || g.Entry != use.Entry || grantOf(r) != use.Grant || use.Time.Sub(g.Used).Abs() > apart {
				use.Fault = "its slot and its sealed record disagree"
			}
			if g.Used.Before(use.Time.Time) {
				use.Time.Time = g.Used
			}
		}
		if g.By != "" {
			use.Reviews = append(use.Reviews, manifest.GlassReview{By: g.By, ByID: g.ByID, Time: manifest.Instant{Time: g.Reviewed}})
		}
	}
	return use
}

// other is the record of a use whose slot names another grant: it is that grant's use as well.
func other(use *manifest.GlassUse, stated []*ledger.Record) *ledger.Record {
	for _, r := range stated {
		if r.BreakGlass.Activator != "" && grantOf(r) != use.Grant {
			return r
		}
	}
	return nil
}

// recorded is a use by what is stated of its record.
func recorded(r *ledger.Record) manifest.GlassUse {
	g := r.BreakGlass
	return manifest.GlassUse{
		Entry: g.Entry, Grant: grantOf(r), Time: manifest.Instant{Time: g.Used}, Activator: g.Activator, ActivatorID: g.ActivatorID,
		ID: g.Use, Run: g.RunID,
	}
}

func grantOf(r *ledger.Record) string { return r.Identity.ID + "/" + r.Identity.Grant }

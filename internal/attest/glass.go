package attest

import (
	"cmp"
	"iter"
	"slices"

	"github.com/curfew-ci/curfew/internal/ledger"
)

// glassKey tells uses of break-glass apart. An id alone stands in slots for all to read, and another run could write it
// into a record of its own.
type glassKey struct{ use, run string }

func keyOf(g *ledger.BreakGlass) glassKey { return glassKey{g.Use, g.RunID} }

// Emergencies are what is recorded of uses of break-glass in one repository, and of their reviews.
type Emergencies struct {
	used    map[glassKey]ledger.Record
	leased  map[glassKey]bool
	reviews map[glassKey][]ledger.Record
}

// add takes over a record, where it is of one of them. A record of a use that is there already says nothing more.
func (e *Emergencies) add(r ledger.Record) {
	if e.used == nil {
		e.used, e.leased, e.reviews = map[glassKey]ledger.Record{}, map[glassKey]bool{}, map[glassKey][]ledger.Record{}
	}
	switch r.Type {
	case ledger.BreakGlassUsed:
		if _, known := e.used[keyOf(r.BreakGlass)]; !known {
			e.used[keyOf(r.BreakGlass)] = r
		}
	case ledger.BreakGlassReviewed:
		e.reviews[keyOf(r.BreakGlass)] = append(e.reviews[keyOf(r.BreakGlass)], r)
	case ledger.LeaseIntent:
		e.leased[glassKey{r.ID, r.Task.RunID}] = true
	}
}

// ConcernsGlass reports whether a record says something of break-glass that Emergencies take over.
func ConcernsGlass(r *ledger.Record) bool {
	return r.Type == ledger.BreakGlassUsed || r.Type == ledger.BreakGlassReviewed ||
		r.Type == ledger.LeaseIntent && r.Task.Trigger.Kind == ledger.BreakGlassKind
}

// keys are those of all uses that something is known of, in the order of their ids.
func (e *Emergencies) keys() []glassKey {
	all := map[glassKey]bool{}
	for k := range e.used {
		all[k] = true
	}
	for k := range e.reviews {
		all[k] = true
	}
	var out []glassKey
	for k := range all {
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b glassKey) int { return cmp.Or(cmp.Compare(a.use, b.use), cmp.Compare(a.run, b.run)) })
	return out
}

// BreakGlass finds among records of whatever kind, in whatever order, what they say of uses of break-glass of a repository,
// and states it anew: with no id, time or task, which are those of who states it. Of a use there is one record for each
// review, or one without.
func BreakGlass(records iter.Seq2[ledger.Record, error], repository string) ([]ledger.Record, error) {
	var e Emergencies
	for r, err := range records {
		if err != nil {
			return nil, err
		}
		if r.Identity.RepositoryID == repository {
			e.add(r)
		}
	}
	var out []ledger.Record
	for _, k := range e.keys() {
		reviews := e.reviews[k]
		if len(reviews) == 0 {
			reviews = []ledger.Record{{}}
		}
		for i := range reviews {
			out = append(out, e.stated(k, repository, &reviews[i]))
		}
	}
	return out, nil
}

// stated is what the log has of a use, with one of its reviews, which may be none.
func (e *Emergencies) stated(k glassKey, repository string, review *ledger.Record) ledger.Record {
	r := ledger.Record{
		Plane: ledger.Response, Type: ledger.BreakGlassStated, Outcome: ledger.Done,
		Identity: ledger.Identity{RepositoryID: repository}, BreakGlass: &ledger.BreakGlass{Use: k.use, RunID: k.run},
	}
	if used, ok := e.used[k]; ok {
		r.Identity, r.Links.Tickets = used.Identity, used.Links.Tickets
		g := *used.BreakGlass
		g.Reason = ""
		r.BreakGlass = &g
	}
	r.BreakGlass.Leased = e.leased[k]
	if g := review.BreakGlass; g != nil {
		r.BreakGlass.By, r.BreakGlass.ByID, r.BreakGlass.Verdict, r.BreakGlass.Reviewed, r.BreakGlass.Reason = g.By, g.ByID, g.Verdict, review.Time, g.Reason
	}
	return r
}

package manifest

import (
	"slices"
	"strings"
	"time"
)

// reviews lists the uses of break-glass on the identity's grants whose review is overdue.
func (s Standing) reviews(id string) []Reason {
	ledger := s.Facts.Ledger
	if ledger == nil || ledger.BreakGlass == nil {
		return s.reviewsUnknown(id)
	}
	var out []Reason
	for _, use := range ledger.BreakGlass {
		if !strings.HasPrefix(use.Grant, id+"/") {
			continue
		}
		entry, ok := s.Manifest.BreakGlass[use.Entry]
		if !ok && use.Slotless || ok && (s.reviewPending(&entry, &use) || s.reviewed(&entry, &use)) {
			continue
		}
		r := Reason{
			Code:     CodeReviewMissed,
			Message:  "the use of break-glass " + quote(use.Entry) + " on " + use.Grant + " wasn't reviewed in time: the identity is suspended",
			Received: "used " + use.Time.UTC().Format(time.RFC3339) + " by " + use.Activator + ", not reviewed",
			Expected: "a review by " + entry.Review.By + " within " + s.reviewWithin(&entry).String(),
			Fix:      "have " + entry.Review.By + " review the use; not the one who activated it",
			Region:   s.at("break-glass", use.Entry, "review"),
		}
		if use.Fault != "" {
			r.Received = "used " + use.Time.UTC().Format(time.RFC3339) + ", and " + use.Fault
			r.Fix = "find out who wrote what contradicts itself, and have who administers the store set that right"
		}
		if !ok {
			r.Message = "the entry " + quote(use.Entry) + " is gone, by which break-glass was used on " + use.Grant + ", so that nobody knows who may have reviewed that: the identity is suspended"
			r.Received = "used " + use.Time.UTC().Format(time.RFC3339) + " by " + use.Activator + ", and no entry of that id"
			r.Expected = "a review by who the entry names"
			r.Fix = "put the entry back, and have the use reviewed if it isn't: removing it doesn't review it"
			r.Region = s.Manifest.KeyAt(Pointer("identities", id))
		}
		out = append(out, r)
	}
	return out
}

// Reviewed reports whether somebody who may has reviewed a use, and else until when that may still be; the zero time where
// it is too late already, or nothing says.
func (s Standing) Reviewed(use *GlassUse) (reviewed bool, due time.Time) {
	entry, ok := s.Manifest.BreakGlass[use.Entry]
	switch {
	case !ok:
		return false, time.Time{}
	case s.reviewed(&entry, use):
		return true, time.Time{}
	case s.reviewPending(&entry, use):
		return false, use.Time.Add(s.reviewWithin(&entry).Std())
	}
	return false, time.Time{}
}

// ReviewersUnknown is the team that may review a use, where somebody else has reviewed it and the facts don't say who is in that
// team: whether the review counts isn't known then. Else it is "".
func (s Standing) ReviewersUnknown(use *GlassUse) string {
	by := s.Manifest.BreakGlass[use.Entry].Review.By
	another := slices.ContainsFunc(use.Reviews, func(r GlassReview) bool { return use.ByAnother(&r) })
	if !strings.Contains(by, "/") || use.Fault != "" || !another || s.Facts.knows(by) {
		return ""
	}
	return by
}

// reviewPending reports whether there is still time for the review.
func (s Standing) reviewPending(entry *BreakGlass, use *GlassUse) bool {
	return use.Fault == "" && !use.Time.After(s.Now.Add(maxSkew)) && s.Now.Before(use.Time.Add(s.reviewWithin(entry).Std()))
}

// reviewed reports whether somebody who may has reviewed the use.
func (s Standing) reviewed(entry *BreakGlass, use *GlassUse) bool {
	if use.Fault != "" {
		return false
	}
	if use.Review != nil && s.reviewCounts(entry, use, use.Review) {
		return true
	}
	return slices.ContainsFunc(use.Reviews, func(r GlassReview) bool { return s.reviewCounts(entry, use, &r) })
}

func (s Standing) reviewCounts(entry *BreakGlass, use *GlassUse, r *GlassReview) bool {
	return !r.Time.Before(use.Time.Time) && !r.Time.After(s.Now.Add(maxSkew)) &&
		use.ByAnother(r) && s.Facts.isOrIn(r.By, entry.Review.By) && !(use.Unproven && s.mayActivate(entry, r.By))
}

// ByAnother reports whether somebody else than who used it has reviewed it: under another name, and by another account, as
// anybody may give himself another name in between.
func (u *GlassUse) ByAnother(r *GlassReview) bool {
	return !sameUser(r.By, u.Activator) && u.ActivatorID != "" && r.ByID != "" && u.ActivatorID != r.ByID
}

// mayActivate reports whether somebody may break the glass, or may for all that is known.
func (s Standing) mayActivate(entry *BreakGlass, who string) bool {
	return slices.ContainsFunc(entry.Activators, func(a string) bool {
		return s.Facts.isOrIn(who, a) || strings.Contains(a, "/") && !s.Facts.knows(a)
	})
}

// reviewsUnknown is for facts without a word on break-glass. Without a store there can have been no use,
// nor where there is no grant. An entry that isn't there any more may have been used before.
func (s Standing) reviewsUnknown(id string) []Reason {
	if s.Policy == nil || s.Policy.Ledger == nil || len(s.Manifest.Identities[id].Grants) == 0 {
		return nil
	}
	region := s.Manifest.KeyAt(Pointer("identities", id))
	for _, name := range s.Manifest.BreakGlassIDs() {
		mine := func(grant string) bool { return strings.HasPrefix(grant, id+"/") }
		if slices.ContainsFunc(s.Manifest.BreakGlass[name].Grants, mine) {
			region = s.Manifest.KeyAt(Pointer("break-glass", name))
			break
		}
	}
	return []Reason{{
		Code: CodeReviewUnknown, Message: "whether break-glass was used on the identity's grants and not reviewed is unknown",
		Received: "unknown", Expected: "the uses recorded in " + s.Policy.Ledger.Store,
		Fix: "make the ledger's store readable, and give what it records", Unknown: true, Region: region,
	}}
}

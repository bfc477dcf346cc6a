package manifest

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// breakGlass checks that a grant may be leased in an emergency: instead of its trigger, somebody who may
// break the glass says why, and not too often. Everything else holds as ever.
func (j *judge) breakGlass(e *Emergency) verdict {
	entry, ok := j.Manifest.BreakGlass[e.Entry]
	if !ok {
		return j.glass("", "no break-glass entry has that id", e.Entry, oneOf(j.Manifest.BreakGlassIDs()), "name an entry of the manifest")
	}
	ptr := Pointer("break-glass", e.Entry)
	v := unless(j.emergencyCeiling(e.Entry, &entry)).and(j.store(j.Manifest.KeyAt(ptr), "break-glass"))
	if !slices.Contains(entry.Grants, j.q.Grant) {
		v = v.and(j.glass(ptr+"/grants", "the entry doesn't cover the grant", j.q.Grant, list(entry.Grants, "or"), "use an entry that covers it"))
	}
	for i, need := range entry.Requires {
		given := map[Requirement]string{RequireIncident: e.Incident, RequireReason: e.Reason}[need]
		if strings.TrimSpace(given) == "" {
			v = v.and(j.glass(ptr+Pointer("requires", strconv.Itoa(i)), "breaking the glass needs "+string(need), "absent", string(need), "give it"))
		}
	}
	v = v.and(j.activator(ptr, &entry)).and(j.glassUses(ptr, e.Entry, &entry))
	j.taken = []Taken{{Kind: "break-glass", Ref: e.Entry}}
	return v
}

// activator checks that who started this attempt may break the glass, and isn't its only reviewer.
func (j *judge) activator(ptr string, entry *BreakGlass) verdict {
	if v := j.sameRun(j.Manifest.KeyAt(ptr)); !v.proven {
		return v
	}
	who := j.Facts.Run.TriggeringActor
	ptr += "/activators"
	if who == "" {
		v := j.glass(ptr, "who started this attempt of the run is unknown", "unknown", list(entry.Activators, "or"), "give run.triggering-actor")
		v.reasons[0].Unknown = true
		return v
	}
	if sameUser(who, entry.Review.By) {
		return j.glass(ptr, "who breaks the glass can't be its reviewer", who, "someone other than "+entry.Review.By, "have someone else activate it")
	}
	for _, a := range entry.Activators {
		if j.Facts.isOrIn(who, a) {
			return proven()
		}
	}
	return j.glass(ptr, "who started this attempt isn't known to be one who may break the glass", who, list(entry.Activators, "or"),
		"have one of them start the run, and let the team's members be known")
}

// glassUses counts the uses in the period. One without a place in time counts as now.
func (j *judge) glassUses(ptr, id string, entry *BreakGlass) verdict {
	if j.Facts.Ledger == nil || j.Facts.Ledger.BreakGlass == nil {
		v := j.glass(ptr+"/max-uses", "how often the glass was broken is unknown", "unknown", "fewer than "+entry.MaxUses.String(), "make the ledger's store readable")
		v.reasons[0].Unknown = true
		return v
	}
	since, n := j.Now.Add(-entry.MaxUses.Per.Std()), 0
	for _, use := range j.Facts.Ledger.BreakGlass {
		if use.Entry == id && !use.Slotless && use.Time.After(since) {
			n++
		}
	}
	if n < entry.MaxUses.Count {
		return proven()
	}
	return j.glass(ptr+"/max-uses", "the glass was broken as often as it may be, since "+since.UTC().Format(time.RFC3339),
		strconv.Itoa(n), "fewer than "+entry.MaxUses.String(), "wait, or have the owner raise the number")
}

func (j *judge) glass(ptr, what, received, expected, fix string) verdict {
	if ptr == "" {
		ptr = "/break-glass"
	}
	return refused(Reason{
		Code: CodeBreakGlass, Message: what, Received: received, Expected: expected, Fix: fix, Region: j.Manifest.At(ptr),
	})
}

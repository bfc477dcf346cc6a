package manifest

import (
	"strconv"
	"time"

	"github.com/curfew-ci/curfew/internal/source"
)

// store checks that there is a shared store in which what was counts: without one, parallel runs don't
// see each other.
func (j *judge) store(at source.Region, what string) verdict {
	if j.Policy == nil || j.Policy.Ledger == nil {
		return refused(Reason{
			Code: CodeNoStore, Message: what + " needs a ledger store that all runs share", Received: "none",
			Expected: "ledger.store in the organisation's policy", Fix: "have the organisation set up a store, or do without " + what,
			Region: at,
		})
	}
	want := j.Policy.Ledger.Store
	if j.Facts.Ledger != nil && j.Facts.Ledger.Store == want {
		return proven()
	}
	r := Reason{
		Code: CodeNoStore, Message: what + " needs the organisation's ledger store, which wasn't read", Received: "unknown",
		Expected: want, Fix: "make the store readable", Unknown: true, Region: at, Policy: j.Policy.At("/ledger/store"),
	}
	if j.Facts.Ledger != nil {
		r.Message, r.Received, r.Unknown = what+" needs the organisation's ledger store: another one was read", j.Facts.Ledger.Store, false
	}
	return refused(r)
}

// limits checks how many leases of the grant there are.
func (j *judge) limits() verdict {
	l := j.grant.Limits
	switch {
	case l == nil:
		return refused() // the grant's standing has said so
	case l.None:
		return proven()
	}
	ptr := Pointer("identities", j.id, "grants", j.name, "limits")
	v := j.store(j.Manifest.At(ptr), "limits")
	if !v.proven {
		return v
	}
	count, ok := j.Facts.Ledger.Leases[j.q.Grant]
	if !ok {
		return refused(Reason{
			Code: CodeLimit, Message: "how many leases of the grant there are is unknown", Received: "unknown",
			Expected: "fewer than " + strconv.Itoa(l.Concurrent) + " alive, and than " + strconv.Itoa(l.PerDay) + " in 24 hours",
			Fix:      "make the ledger's store readable", Unknown: true, Region: j.Manifest.At(ptr),
		})
	}
	return j.below(count.Alive, l.Concurrent, ptr+"/concurrent", "alive").and(j.below(count.LastDay, l.PerDay, ptr+"/per-day", "issued in 24 hours"))
}

// below checks that one more lease stays within a limit.
func (j *judge) below(n, limit int, ptr, what string) verdict {
	if n < limit {
		return proven()
	}
	return refused(Reason{
		Code: CodeLimit, Message: "as many leases as the grant allows are " + what + " already", Received: strconv.Itoa(n),
		Expected: "fewer than " + strconv.Itoa(limit), Fix: "wait for one to end, or have the owner raise the limit", Region: j.Manifest.At(ptr),
	})
}

// ttl is how long the lease may live: no longer than the grant says (in an emergency, than break-glass
// says), than the ceiling for its privilege, than the identity itself, and than was asked for.
func (j *judge) ttl() (time.Duration, verdict) {
	term, at := j.term()
	left := j.Ends(j.id).Sub(j.Now)
	least := min(left, term.Std()).Truncate(time.Second)
	if term <= 0 || left <= 0 {
		return 0, refused() // what is missing, or has ended, has been said
	}
	r := Reason{
		Code: CodeTTL, Message: "the lease is asked to live longer than it may", Received: "as long as it may",
		Expected: "at most " + Duration(least).String(), Fix: "ask for less, or for no ttl, which gives the longest", Region: at,
	}
	asked := j.q.Task.TTL
	if asked != nil {
		r.Received = asked.String()
	}
	switch {
	case least <= 0:
		r.Message, r.Fix = "the identity's standing ends within a second", "have the owner renew what ends"
	case asked == nil:
		return least, proven()
	case *asked > 0 && asked.Std() <= least:
		return asked.Std(), proven()
	}
	return 0, refused(r)
}

// term is what the manifest and the ceilings allow, and where the manifest says so; 0 where it doesn't.
func (j *judge) term() (Duration, source.Region) {
	term, ceiling := Duration(0), j.ttlCeiling(j.Policy.PrivilegeOf(&j.identity, &j.grant))
	at := j.at("identities", j.id, "grants", j.name, "ttl")
	if e := j.q.Task.BreakGlass; e != nil {
		term, at = j.Manifest.BreakGlass[e.Entry].TTL, j.at("break-glass", e.Entry, "ttl")
		if c := j.emergencyTTL(); c > 0 {
			ceiling = c
		}
	} else if j.grant.TTL != nil {
		term = *j.grant.TTL
	}
	if ceiling > 0 {
		term = min(term, ceiling)
	}
	return term, at
}

// emergencyTTL is the organisation's ceiling for emergency leases; 0 where it has none.
func (j *judge) emergencyTTL() Duration {
	if j.Policy == nil || j.Policy.Ceilings == nil || j.Policy.Ceilings.BreakGlass == nil {
		return 0
	}
	return j.Policy.Ceilings.BreakGlass.TTL
}

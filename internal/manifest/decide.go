package manifest

import (
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
)

// Question is what a job wants to know: may I have this?
type Question struct {
	// Claims of the job's ID token. Decide takes them as verified.
	Claims identity.Claims
	// Grant is IDENTITY/GRANT.
	Grant string
	// Task is what it asks for, and what for.
	Task Task
}

// Decision is the answer, and why.
type Decision struct {
	// Allow is true only where every condition is proven.
	Allow bool
	// Grant is IDENTITY/GRANT, as asked.
	Grant string
	// Owner of the identity; "" where there is no such identity.
	Owner string
	// Privilege of the grant, the organisation's floor included.
	Privilege Privilege
	// TTL is how long the lease may live; 0 where it is denied.
	TTL time.Duration
	// Ends is when; the zero time where it is denied.
	Ends time.Time
	// Guard says whether what protects the manifest was proven.
	Guard GuardState
	// Triggers that were taken; nil where it is denied.
	Triggers []Taken
	// Conditions that were looked at, in that order.
	Conditions []Condition
	// Reasons why not, in the order of the conditions.
	Reasons []Reason
}

// Taken is a trigger that was proven and counts as the lease's task.
type Taken struct {
	Kind   string `json:"kind"`             // ticket, environment-approval …, always, or break-glass
	Ref    string `json:"ref,omitempty"`    // ticket, environment, tag, cron, rule, or break-glass entry
	Status string `json:"status,omitempty"` // of a ticket
	Once   bool   `json:"once,omitempty"`   // the ticket is used up by this lease
}

// Condition is one thing that must be proven.
type Condition struct {
	Name   string `json:"name"`
	Proven bool   `json:"proven"`
}

// verdict is what came of one condition. The zero verdict proves nothing, so that what is forgotten
// denies. One without reasons fails because of another one, which has them.
type verdict struct {
	proven  bool
	reasons []Reason
}

func proven() verdict { return verdict{proven: true} }

func refused(rs ...Reason) verdict { return verdict{reasons: rs} }

// unless is proven where nothing speaks against it.
func unless(rs []Reason) verdict { return verdict{proven: len(rs) == 0, reasons: rs} }

// and is proven where both are.
func (v verdict) and(w verdict) verdict {
	return verdict{proven: v.proven && w.proven, reasons: append(v.reasons, w.reasons...)}
}

// judge holds what the conditions look at.
type judge struct {
	Standing
	q        Question
	who      identity.Identity
	id, name string // of identity and grant
	identity Identity
	grant    Grant
	taken    []Taken
	guard    GuardState
}

// Decide answers q by the manifest m under the organisation's policy p (nil where there is none), by
// what is known at now. It allows only what is proven in every respect: a fact that is missing denies
// like one that speaks against it. All conditions are looked at, so that one answer names all reasons.
func Decide(m *Manifest, p *Policy, q Question, facts Facts, now time.Time) Decision {
	j := &judge{Standing: Standing{Manifest: m, Policy: p, Facts: facts, Now: now}, q: q}
	d := Decision{Grant: q.Grant}
	found := j.find()
	if d.take("grant", found); !found.proven {
		return d
	}
	d.Owner, d.Privilege = j.identity.Owner, p.PrivilegeOf(&j.identity, &j.grant)
	d.take("token", j.token())
	d.take("issuer", j.issuer())
	d.take("claims", j.claims())
	d.take("event", j.event())
	d.take("organisation", j.organisation())
	d.take("identity-standing", unless(j.Identity(j.id)))
	d.take("grant-standing", unless(j.Grant(j.id, j.name)))
	d.take("separation", j.separation())
	if q.Task.BreakGlass == nil {
		d.take("trigger", j.trigger())
	} else {
		d.take("break-glass", j.breakGlass(q.Task.BreakGlass))
	}
	d.take("limits", j.limits())
	d.take("guard", j.guarded())
	ttl, v := j.ttl()
	d.take("ttl", v)
	d.Guard = j.guard
	d.Allow = d.allProven()
	if !d.Allow && len(d.Reasons) == 0 {
		d.Reasons = []Reason{unexplained(m)}
	}
	if d.Allow {
		d.TTL, d.Ends, d.Triggers = ttl, now.Add(ttl), j.taken
	}
	return d
}

// take adds a condition.
func (d *Decision) take(name string, v verdict) {
	d.Conditions = append(d.Conditions, Condition{name, v.proven})
	d.Reasons = append(d.Reasons, v.reasons...)
}

func (d *Decision) allProven() bool {
	for _, c := range d.Conditions {
		if !c.Proven {
			return false
		}
	}
	return len(d.Conditions) > 0
}

// unexplained stands where a condition failed without a reason, so that no denial is silent.
func unexplained(m *Manifest) Reason {
	return Reason{
		Code: CodeGrantIncomplete, Message: "a condition isn't proven, and none says why", Received: "unknown",
		Expected: "every condition proven", Fix: "report this as a fault of curfew's, with the manifest", Region: m.At(""),
	}
}

// find looks up what is asked for.
func (j *judge) find() verdict {
	var ok bool
	if j.id, j.name, ok = CutGrant(j.q.Grant); !ok {
		return refused(Reason{
			Code: CodeGrantUnknown, Message: "a grant is named IDENTITY/GRANT", Received: j.q.Grant,
			Expected: oneOf(grantNames(j.Manifest)), Fix: "name one of the manifest's grants",
			Region: j.Manifest.At("/identities"),
		})
	}
	if j.identity, ok = j.Manifest.Identities[j.id]; !ok {
		return refused(j.noIdentity(j.id))
	}
	if j.grant, ok = j.identity.Grants[j.name]; !ok {
		return refused(j.noGrant(j.id, j.name))
	}
	return proven()
}

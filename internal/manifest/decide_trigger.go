package manifest

import (
	"slices"
	"strconv"
	"strings"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/source"
)

// trigger checks that the task is there for which the grant may be leased.
func (j *judge) trigger() verdict {
	if j.grant.When == nil {
		return refused() // the grant's standing has said so
	}
	return j.when(Pointer("identities", j.id, "grants", j.name, "when"), j.grant.When)
}

// when checks one trigger, or any or all of several. Of alternatives that all fail, every reason is
// given: any of them may be the one that was meant.
func (j *judge) when(ptr string, w *When) verdict {
	switch {
	case w.Always:
		j.taken = append(j.taken, Taken{Kind: "always"})
		return proven()
	case len(w.Any) > 0:
		v, before := refused(), len(j.taken)
		for i := range w.Any {
			one := j.when(ptr+Pointer("any", strconv.Itoa(i)), &w.Any[i])
			if one.proven {
				return one
			}
			j.taken = j.taken[:before] // a part that was proven counts for nothing by itself
			v.reasons = append(v.reasons, one.reasons...)
		}
		return v
	case len(w.All) > 0:
		v := proven()
		for i := range w.All {
			v = v.and(j.when(ptr+Pointer("all", strconv.Itoa(i)), &w.All[i]))
		}
		return v
	}
	return j.oneTrigger(ptr, &w.Trigger)
}

// oneTrigger looks for a proof of t. Where none will do, the reasons are those of the nearest.
func (j *judge) oneTrigger(ptr string, t *Trigger) verdict {
	if v := j.sameRun(j.Manifest.At(ptr)); !v.proven {
		return v
	}
	kind, check := j.checkOf(t)
	if check == nil {
		return refused(Reason{
			Code: CodeGrantIncomplete, Message: "the trigger asks for nothing", Received: "absent", Expected: "a trigger",
			Fix: "say what triggers a lease, or always where that is meant", Region: j.Manifest.At(ptr),
		})
	}
	var nearest *verdict
	for i := range j.Facts.Triggers {
		proof := &j.Facts.Triggers[i]
		v, fits := check(ptr+"/"+kind, proof)
		if !fits {
			continue
		}
		if v.proven {
			j.taken = append(j.taken, t.taken(proof))
			return v
		}
		if nearest == nil || len(v.reasons) < len(nearest.reasons) {
			nearest = &v
		}
	}
	if nearest != nil {
		return *nearest
	}
	return refused(Reason{
		Code: CodeTrigger, Message: "there is no proof of the trigger " + kind, Received: "none", Expected: t.String(),
		Fix: "bring about what the trigger asks for, and let it be proven", Unknown: true, Region: j.Manifest.At(ptr),
	})
}

// checkOf is the trigger's kind, and what compares it with a proof: its verdict, and whether the proof
// is of that kind at all.
func (j *judge) checkOf(t *Trigger) (string, func(ptr string, p *Proof) (verdict, bool)) {
	switch {
	case t.Ticket != nil:
		return "ticket", func(ptr string, p *Proof) (verdict, bool) {
			return ifGiven(p.Ticket, func(x *TicketProof) verdict { return j.ticket(ptr, t.Ticket, x) })
		}
	case t.EnvironmentApproval != nil:
		return "environment-approval", func(ptr string, p *Proof) (verdict, bool) {
			return ifGiven(p.EnvironmentApproval, func(x *ApprovalProof) verdict { return j.approval(ptr, t.EnvironmentApproval, x) })
		}
	case t.SignedTag != nil:
		return "signed-tag", func(ptr string, p *Proof) (verdict, bool) {
			return ifGiven(p.SignedTag, func(x *TagProof) verdict { return j.signedTag(ptr, t.SignedTag, x) })
		}
	case t.Schedule != nil:
		return "schedule", func(ptr string, p *Proof) (verdict, bool) {
			return ifGiven(p.Schedule, func(x *ScheduleProof) verdict { return j.schedule(ptr, t.Schedule, x) })
		}
	case t.Policy != nil:
		return "policy", func(ptr string, p *Proof) (verdict, bool) {
			return ifGiven(p.Policy, func(x *PolicyProof) verdict { return j.rule(ptr, t.Policy, x) })
		}
	}
	return "", nil
}

func ifGiven[T any](p *T, check func(*T) verdict) (verdict, bool) {
	if p == nil {
		return verdict{}, false
	}
	return check(p), true
}

// sameRun checks that the facts are about the run and attempt that the token is of: proofs of another
// run prove nothing about this one.
func (j *judge) sameRun(at source.Region) verdict {
	if j.who.Platform() == "" {
		return refused()
	}
	run := j.Facts.Run
	id, okID := j.who.Get(identity.Run)
	attempt, okAttempt := j.who.Get(identity.Attempt)
	if run != nil && okID && okAttempt && run.ID == id && run.Attempt == attempt {
		return proven()
	}
	r := Reason{
		Code: CodeRunUnclear, Message: "the facts don't say which run they are about", Received: "unknown",
		Expected: "run " + j.q.Claims.Describe(j.who.ClaimFor(identity.Run)) +
			", attempt " + j.q.Claims.Describe(j.who.ClaimFor(identity.Attempt)),
		Fix: "gather the facts for the run that asks", Unknown: run == nil, Region: at,
	}
	if run != nil {
		r.Message = "the facts are about another run"
		r.Received = "run " + quote(run.ID) + ", attempt " + quote(run.Attempt)
	}
	return refused(r)
}

// expect is proven where ok; otherwise it says what was received at ptr, and what was expected.
func (j *judge) expect(ok bool, ptr, what, received, expected, fix string) verdict {
	if ok {
		return proven()
	}
	return refused(Reason{
		Code: CodeTrigger, Message: what, Received: received, Expected: expected, Fix: fix, Region: j.Manifest.At(ptr),
	})
}

// taken is t with the proof that it was taken by.
func (t *Trigger) taken(p *Proof) Taken {
	switch {
	case t.Ticket != nil:
		return Taken{Kind: "ticket", Ref: p.Ticket.ID, Status: p.Ticket.Status, Once: t.Ticket.Use != UseReusable}
	case t.EnvironmentApproval != nil:
		return Taken{Kind: "environment-approval", Ref: p.EnvironmentApproval.Environment}
	case t.SignedTag != nil:
		return Taken{Kind: "signed-tag", Ref: p.SignedTag.Ref}
	case t.Schedule != nil:
		return Taken{Kind: "schedule", Ref: p.Schedule.Cron}
	}
	return Taken{Kind: "policy", Ref: p.Policy.Rule}
}

// String says what a trigger asks for.
func (t *Trigger) String() string {
	switch {
	case t.Ticket != nil:
		return "a ticket in " + string(t.Ticket.System) + " " + t.Ticket.Project + ", " + list(t.Ticket.Status, "or") +
			", that names the " + string(t.Ticket.References)
	case t.EnvironmentApproval != nil:
		return count(t.EnvironmentApproval.Min, "approval") + " of the job's environment"
	case t.SignedTag != nil:
		return "a tag signed by " + list(slices.Clone(t.SignedTag.Keys), "or")
	case t.Schedule != nil:
		return "a run by the schedule " + strings.TrimSpace(t.Schedule.Cron) + ", at most " + t.Schedule.Window.String() + " late"
	case t.Policy != nil:
		return "the rule " + t.Policy.Rule + " to be true"
	case t.Always:
		return "always"
	}
	return "nothing that can be proven"
}

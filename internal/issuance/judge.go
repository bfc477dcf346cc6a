package issuance

import (
	"context"
	"slices"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/policy"
)

// judgement is what the manifest and the policies came to.
type judgement struct {
	decision       manifest.Decision
	identity, name string // of the grant
	grant          manifest.Grant
	facts          manifest.Facts
	at             time.Time
	ends           time.Time // of what the identity is entitled to
}

// judge asks manifest and policies whether the lease may be. Both are asked whatever the other says, so that
// one denial has all reasons.
func (w *way) judge(ctx context.Context, r *rules) (judgement, *DeniedError) {
	j := judgement{at: w.o.Now(), facts: r.Facts}
	var ok bool
	j.identity, j.name, _ = manifest.CutGrant(w.req.Grant)
	j.grant, ok = r.manifest.Identities[j.identity].Grants[j.name]
	why := w.gather(ctx, r, &j)
	if r.Workspace {
		j.facts.Guard = nil // it protects a branch, not a folder
	}
	j.decision = manifest.Decide(r.manifest, r.org, manifest.Question{
		Claims: w.who.Claims, Grant: w.req.Grant, Task: w.req.Task,
	}, j.facts, j.at)
	rs := append(r.unguarded(), w.unfit(&j)...)
	for i := range j.decision.Reasons {
		rs = append(rs, ofManifest(j.decision.Reasons[i]))
	}
	if !j.decision.Allow {
		rs = append(append(rs, r.unknown(&j.decision)...), why...)
	}
	if ok {
		rs = append(rs, w.judgePolicies(ctx, r, &j)...)
	}
	if !j.decision.Allow || !ok || len(rs) > 0 {
		return j, orEnded(ctx, deny(rs[:min(len(rs), maxReasons)]...))
	}
	j.ends = manifest.Standing{Manifest: r.manifest, Policy: r.org, Facts: j.facts, Now: j.at}.Ends(j.identity)
	return j, ended(ctx)
}

// orEnded adds to a denial that the job was cancelled, which may be why nothing could be proven.
func orEnded(ctx context.Context, d *DeniedError) *DeniedError {
	if e := ended(ctx); e != nil {
		d.Reasons, d.cause = append(e.Reasons, d.Reasons...), e.cause
	}
	return d
}

// gather fills in the facts: those that the token proves, the triggers, the ledger's and the collector's. What could
// not be had stays unknown, and denies where it is needed; it returns why.
func (w *way) gather(ctx context.Context, r *rules, j *judgement) []Reason {
	attested := w.attested(ctx, r)
	run := manifest.Run{}
	if j.facts.Run != nil {
		run = *j.facts.Run
	}
	run.ID, _ = w.who.Get(identity.Run)
	run.Attempt, _ = w.who.Get(identity.Attempt)
	j.facts.Run, j.facts.Triggers, j.facts.Ledger = &run, nil, nil
	var why []Reason
	if w.req.Task.BreakGlass == nil {
		j.facts.Triggers, why = w.prove(ctx, r, j.grant, j.at)
	}
	switch {
	case w.intended:
		w.keepCounts(j)
	case w.store.named:
		facts, err := w.count(ctx)
		if err != nil {
			why = append(why, Reason{
				Code: CodeStore, Message: "the shared ledger store can't be read", Received: err.Error(), Expected: "what it records of the grant",
				Fix: "make the store readable",
			})
			break
		}
		j.facts.Ledger = facts
		why = append(why, w.countUses(ctx, j)...)
	}
	facts, unproven := attested()
	j.facts.Guard, j.facts.Certified = facts.Guard, facts.Certified
	if !w.intended {
		Emergencies(j.facts.Ledger, facts)
	}
	if !Attests(r.org) && !j.brokenGlass() {
		unproven = nil // of what nothing is needed
	}
	return append(why, unproven...)
}

// brokenGlass reports whether break-glass was ever used.
func (j *judgement) brokenGlass() bool {
	return j.facts.Ledger != nil && len(j.facts.Ledger.BreakGlass) > 0
}

// keepCounts lets the second decision count as the first did: what was counted then, the slots hold now, and
// a store that is quick counts this very lease.
func (w *way) keepCounts(j *judgement) {
	j.facts.Ledger = w.first.facts.Ledger
	for _, p := range j.facts.Triggers {
		for _, before := range w.first.facts.Triggers {
			if p.Ticket != nil && before.Ticket != nil && slices.Equal(OnceKey(p.Ticket), OnceKey(before.Ticket)) {
				p.Ticket.Used = before.Ticket.Used
			}
		}
	}
}

// judgePolicies asks the policies.
func (w *way) judgePolicies(ctx context.Context, r *rules, j *judgement) []Reason {
	d := &policy.Decision{
		Allow: j.decision.Allow, Guard: r.guard(j.decision.Guard), TTLSeconds: int64(j.decision.TTL / time.Second),
	}
	for _, t := range j.decision.Triggers {
		d.Triggers = append(d.Triggers, policy.Trigger(t))
	}
	var rs []Reason
	v := r.policies.Judge(ctx, w.input(r, d), j.at)
	for _, text := range v.Reasons {
		rs = append(rs, Reason{Code: CodePolicy, Message: "a policy doesn't allow it: " + text, Fix: "bring about what the policy asks for, or have its owner change it"})
	}
	if !v.Allowed && len(rs) == 0 {
		rs = []Reason{{Code: CodePolicy, Message: "a policy doesn't allow it, and doesn't say why", Fix: "see docs/policy.md"}}
	}
	return rs
}

// input is what the policies judge by.
func (w *way) input(r *rules, d *policy.Decision) policy.Input {
	id, name, _ := manifest.CutGrant(w.req.Grant)
	i := r.manifest.Identities[id]
	g := i.Grants[name]
	kind := i.Kind
	if kind == "" {
		kind = manifest.Workload
	}
	in := policy.Input{
		Claims: w.who.Claims, Decision: d,
		Grant: policy.Grant{
			ID: w.req.Grant, Identity: id, Name: name, Owner: i.Owner, Kind: string(kind),
			Privilege: string(r.org.PrivilegeOf(&i, &g)), Provider: g.Provider(), Target: target(&g),
		},
	}
	if g.TTL != nil {
		in.Grant.TTLSeconds = int64(g.TTL.Std() / time.Second)
	}
	in.Task.RunID, _ = w.who.Get(identity.Run)
	in.Task.Attempt, _ = w.who.Get(identity.Attempt)
	if run := r.Facts.Run; run != nil {
		in.Task.TriggeringActor, in.Task.ChangeAuthor = run.TriggeringActor, run.ChangeAuthor
	}
	if t := w.req.Task.TTL; t != nil {
		in.Task.TTLSeconds = int64(t.Std() / time.Second)
	}
	if e := w.req.Task.BreakGlass; e != nil {
		in.Task.BreakGlass = &policy.BreakGlass{Entry: e.Entry, Incident: e.Incident, Reason: e.Reason}
	}
	return in
}

// again decides once more, by what holds now: a ticket may have been withdrawn and a manifest changed since
// the exchange was allowed.
func (w *way) again(ctx context.Context) *DeniedError {
	if denied := ended(ctx); denied != nil {
		return denied
	}
	r, denied := w.read(ctx)
	if denied != nil {
		return denied
	}
	if what := r.differs(w.rules); what != "" {
		return deny(Reason{
			Code: CodeChanged, Message: what + " was changed while the lease was on its way", Received: "commit " + r.Rules.Manifest.Commit,
			Expected: "what commit " + w.rules.Rules.Manifest.Commit + " says", Fix: "run the job again: the new one decides",
		})
	}
	j, denied := w.judge(ctx, r)
	if denied != nil {
		return denied
	}
	if !slices.Equal(j.decision.Triggers, w.first.decision.Triggers) {
		return deny(Reason{
			Code: CodeTask, Message: "another trigger holds now than the one that the lease was begun for",
			Received: kinds(j.decision.Triggers), Expected: kinds(w.first.decision.Triggers), Fix: "run the job again",
		})
	}
	return nil
}

// kinds lists triggers for a person.
func kinds(all []manifest.Taken) string {
	out := ""
	for i, t := range all {
		if i > 0 {
			out += ", "
		}
		out += t.Kind + " " + t.Ref + " " + t.Status
	}
	return out
}

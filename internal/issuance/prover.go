package issuance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// Prover finds proofs of one kind of trigger: asks the ticket system, or the platform's API.
type Prover interface {
	// Prove looks for proofs that c's trigger came about, as things are now. That there is none is no error;
	// an error says why nobody could look, or what is wrong with what was found, and proves nothing either.
	Prove(ctx context.Context, c Case) ([]manifest.Proof, error)
}

// Case is what is to be proven.
type Case struct {
	Who     identity.Identity // verified
	Grant   string            // IDENTITY/GRANT
	Trigger manifest.Trigger  // exactly one is set
	Now     time.Time
	// Tickets that the job names, as it named them.
	Tickets []string
	// Owner is who owns the grant's identity: "@organisation/team" or "@person".
	Owner string
	// System is where the tickets that the trigger asks for live; nil where the organisation's policy doesn't say.
	System *manifest.System
	// File reads a file of the job's repository at the commit that the manifest is of, by its path from the root.
	File func(ctx context.Context, path string) ([]byte, error)
}

// maxProofs is how many proofs of one trigger are looked at.
const maxProofs = 100

// errProof is why a prover's answer counts for nothing.
var errProof = errors.New("the prover answered with proofs of another kind, or with too many")

// triggers lists those under a when.
func triggers(w *manifest.When) []manifest.Trigger {
	if w == nil {
		return nil
	}
	var out []manifest.Trigger
	for i := range w.Any {
		out = append(out, triggers(&w.Any[i])...)
	}
	for i := range w.All {
		out = append(out, triggers(&w.All[i])...)
	}
	if kind(w.Trigger) != "" {
		out = append(out, w.Trigger)
	}
	return out
}

// kind is the manifest's word for a trigger that needs proof; "" for one that needs none.
func kind(t manifest.Trigger) string {
	switch {
	case t.Ticket != nil:
		return "ticket"
	case t.EnvironmentApproval != nil:
		return "environment-approval"
	case t.SignedTag != nil:
		return "signed-tag"
	case t.Schedule != nil:
		return "schedule"
	case t.Policy != nil:
		return "policy"
	}
	return ""
}

// isOf reports whether a proof is of a kind, and of no other.
func isOf(p manifest.Proof, kind string) bool {
	given := map[string]bool{
		"ticket": p.Ticket != nil, "environment-approval": p.EnvironmentApproval != nil, "signed-tag": p.SignedTag != nil,
		"schedule": p.Schedule != nil, "policy": p.Policy != nil,
	}
	n := 0
	for _, is := range given {
		if is {
			n++
		}
	}
	return n == 1 && given[kind]
}

// prove gathers the proofs of all triggers of the grant, and why some could not be looked for.
func (w *way) prove(ctx context.Context, r *rules, grant manifest.Grant, now time.Time) ([]manifest.Proof, []Reason) {
	var proofs []manifest.Proof
	var unknown []Reason
	for _, t := range triggers(grant.When) {
		if t.Policy != nil {
			said, why := w.ask(ctx, r, t.Policy.Rule, now)
			proofs, unknown = append(proofs, said), append(unknown, why...)
			continue
		}
		found, err := w.proveOne(ctx, r, t, now)
		if err != nil {
			unknown = append(unknown, unproven(t, err))
			continue
		}
		proofs = append(proofs, found...)
	}
	return proofs, unknown
}

// unproven is why a trigger has no proof: by what was found, or because nobody could look.
func unproven(t manifest.Trigger, err error) Reason {
	r := Reason{
		Code: CodeProver, Message: "the trigger " + kind(t) + " could not be proven", Received: err.Error(), Expected: t.String(),
		Fix: "mend what is said here, or see that what proves it can be reached, and run the job again",
	}
	var looked *UnprovenError
	if errors.As(err, &looked) {
		r.Code, r.Fix = string(manifest.CodeTrigger), "bring about what the trigger asks for, and run the job again"
	}
	return r
}

// ask is what a rule of the policies says.
func (w *way) ask(ctx context.Context, r *rules, rule string, now time.Time) (manifest.Proof, []Reason) {
	v := r.policies.Rule(ctx, rule, w.input(r, nil), now)
	var why []Reason
	for _, text := range v.Reasons {
		why = append(why, Reason{
			Code: CodePolicy, Message: "the rule " + rule + " doesn't hold", Received: text, Expected: "true", Fix: "bring about what it asks for",
		})
	}
	return manifest.Proof{Policy: &manifest.PolicyProof{Rule: rule, Allow: v.Allowed}}, why
}

func (w *way) proveOne(ctx context.Context, r *rules, t manifest.Trigger, now time.Time) ([]manifest.Proof, error) {
	asked, cancel := w.limited(ctx)
	defer cancel()
	c := CaseOf(r.manifest, r.org, w.req.Grant, t)
	c.Who, c.Now, c.Tickets = w.who, now, w.req.Task.Tickets
	c.File = func(ctx context.Context, path string) ([]byte, error) {
		return w.o.Governance.File(ctx, w.who, r.Rules.Manifest.Commit, path)
	}
	return proveBy(asked, w.o.Provers, c)
}

// proveBy asks the prover of a case's kind, and takes of its answer what can be an answer.
func proveBy(ctx context.Context, provers map[string]Prover, c Case) ([]manifest.Proof, error) {
	prover := provers[kind(c.Trigger)]
	if prover == nil {
		return nil, fmt.Errorf("this curfew has nothing that proves a trigger of the kind %s: read the rules at GitHub, where it can be", kind(c.Trigger))
	}
	found, err := prover.Prove(ctx, c)
	if err != nil {
		return nil, err
	}
	for _, p := range found {
		if !isOf(p, kind(c.Trigger)) || len(found) > maxProofs {
			return nil, errProof
		}
		if p.Ticket != nil {
			p.Ticket.Used = nil // the store's to say
		}
	}
	return found, nil
}

// Look asks for proofs of all triggers under a when, as a lease would, but of rules of policies: what was found, and why
// there isn't more. of is the case of a trigger.
func Look(ctx context.Context, provers map[string]Prover, when *manifest.When, of func(manifest.Trigger) Case) (proofs []manifest.Proof, why []Reason) {
	for _, t := range triggers(when) {
		if t.Policy != nil || provers[kind(t)] == nil {
			continue
		}
		found, err := proveBy(ctx, provers, of(t))
		if err != nil {
			why = append(why, unproven(t, err))
			continue
		}
		proofs = append(proofs, found...)
	}
	return proofs, why
}

// CaseOf is what the rules say of a case: whose the grant is, and where the trigger's tickets live.
func CaseOf(m *manifest.Manifest, org *manifest.Policy, grant string, t manifest.Trigger) Case {
	c := Case{Grant: grant, Trigger: t}
	id, _, _ := manifest.CutGrant(grant)
	if owner, known := m.OwnerOf(m.Identities[id].Owner, org); known {
		c.Owner = owner.Team + owner.Person // the manifest has one of them
	}
	if t.Ticket != nil && org != nil {
		c.System = org.Systems.Get(t.Ticket.System)
	}
	return c
}

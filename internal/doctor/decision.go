package doctor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// decision is what the manifest decides now, with what proves the grant's triggers now. Policies in Rego aren't asked.
func (e *exam) decision(ctx context.Context, w *wanted) Finding {
	facts := e.rules.Facts
	run := manifest.Run{}
	if facts.Run != nil {
		run = *facts.Run
	}
	run.ID, _ = e.who.Get(identity.Run)
	run.Attempt, _ = e.who.Get(identity.Attempt)
	attested, unproven := e.attested(ctx)
	facts.Run, facts.Ledger = &run, e.counted(ctx, w.name)
	issuance.Emergencies(facts.Ledger, attested)
	facts.Guard, facts.Certified = attested.Guard, attested.Certified
	proofs, why := e.triggers(ctx, w)
	facts.Triggers = proofs
	if e.rules.Workspace {
		facts.Guard = nil // it protects a branch, not a folder
	}
	d := manifest.Decide(e.m, e.p, manifest.Question{Claims: e.who.Claims, Grant: w.name, Task: e.o.Task}, facts, e.o.Now())
	f := e.decided(&d)
	if !d.Allow {
		f = e.explained(f, w, why)
		if unproven != nil {
			f = f.with(*unproven)
		}
	}
	if lacks := e.lacking(ctx, w); len(lacks) > 0 {
		f.Status = Wrong
		f = f.with(lacks...)
	}
	if !provable(w.grant.When, e.o.Provers) {
		f.Status = Wrong
		f = f.with(Point{
			What: "nothing here proves a trigger of this kind, so that a lease is denied", Received: "rules that are read on this machine",
			Expected: "rules that are read by GitHub's API, as what proves tickets, approvals and schedules is", Fix: e.o.Job.Platform.Prove,
			Place: e.at(w, "when"),
		})
	}
	if f.Status == Wrong && d.Allow {
		f.Message = "allowed by the manifest, and still no lease is to be had"
	}
	return f
}

// lacking is what the decision doesn't look at, and the provider can't do without.
func (e *exam) lacking(ctx context.Context, w *wanted) []Point {
	var out []Point
	if err := e.narrowed(ctx, w); err != nil {
		out = append(out, Point{
			What: "the session policy that narrows the grant can't be read", Received: err.Error(), Expected: w.grant.Narrow.File + " beside the manifest",
			Fix: "commit " + w.grant.Narrow.File, Place: e.at(w, "narrow"),
		})
	}
	if least := manifest.Duration(lease.Least(w.grant.Provider())); w.grant.TTL != nil && *w.grant.TTL < least {
		out = append(out, Point{
			What: "the provider issues for nothing so short, and nothing ends what it issues", Received: "ttl " + w.grant.TTL.String(), Expected: least.String() + " or more",
			Fix: "give the grant a ttl of " + least.String(), Place: e.at(w, "ttl"),
		})
	}
	return out
}

// at is where a key of a grant stands.
func (e *exam) at(w *wanted, key string) string {
	id, name, _ := manifest.CutGrant(w.name)
	return e.m.At(manifest.Pointer("identities", id, "grants", name, key)).String()
}

// narrowed is why the session policy of a grant can't be read, which a lease needs; nil where it can, or has none.
func (e *exam) narrowed(ctx context.Context, w *wanted) error {
	n := w.grant.Narrow
	if n == nil || n.None || n.File == "" {
		return nil
	}
	_, err := e.file(ctx, n.File)
	return err
}

// file reads one beside the manifest, which a grant names.
func (e *exam) file(ctx context.Context, path string) ([]byte, error) {
	asked, cancel := e.limited(ctx)
	defer cancel()
	src, err := e.o.Governance.File(asked, e.who, e.rules.Manifest.Commit, path)
	if err == nil && len(src) == 0 {
		err = errors.New("it is empty")
	}
	return src, err
}

// decided takes over a decision, with its reasons.
func (e *exam) decided(d *manifest.Decision) Finding {
	if d.Allow {
		f := ok(fmt.Sprintf("allowed by the manifest, for %s until %s", manifest.Duration(d.TTL), d.Ends.UTC().Format(time.RFC3339)))
		if e.rules.OrgRego != nil || e.rules.RepoRego != nil {
			f = f.with(Point{What: "not asked", Received: "the policies in Rego, which a lease needs as well"})
		}
		return f
	}
	f := unchecked("by the manifest it hangs on what is looked for when a lease is asked for")
	for i := range d.Reasons {
		r := &d.Reasons[i]
		if !e.later(r) {
			f.Status, f.Message = Wrong, "denied by the manifest"
		}
		f.Points = append(f.Points, Point{r.Message + " [" + string(r.Code) + "]", r.Received, r.Expected, r.Fix, r.Region.String()})
	}
	return f
}

// later reports whether a lease may yet find what is missing: triggers are proven and the store is read by then.
// What else is unknown stays so.
func (e *exam) later(r *manifest.Reason) bool {
	switch r.Code {
	case manifest.CodeTrigger, manifest.CodeNoStore, manifest.CodeLimit, manifest.CodeReviewUnknown:
		return r.Unknown
	case manifest.CodeGuard, manifest.CodeUncertified:
		return r.Unknown && e.o.Store == nil
	}
	return false
}

// provable reports whether a lease could prove what is under a when at all.
func provable(w *manifest.When, provers map[string]issuance.Prover) bool {
	switch {
	case w == nil:
		return true // the decision has said so
	case len(w.Any) > 0:
		for i := range w.Any {
			if provable(&w.Any[i], provers) {
				return true
			}
		}
		return false
	case len(w.All) > 0:
		for i := range w.All {
			if !provable(&w.All[i], provers) {
				return false
			}
		}
		return true
	case w.Ticket != nil:
		return provers["ticket"] != nil
	case w.EnvironmentApproval != nil:
		return provers["environment-approval"] != nil
	case w.SignedTag != nil:
		return provers["signed-tag"] != nil
	case w.Schedule != nil:
		return provers["schedule"] != nil
	}
	return true
}

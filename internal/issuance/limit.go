package issuance

import (
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
)

const (
	// margin is how long after the end of its time a job can still have its credential: it takes a while until
	// the platform stops it.
	margin = 5 * time.Minute
	// slack is how far our clock and a provider's may differ, and the way to it takes.
	slack = 10 * time.Minute
	day   = 24 * time.Hour
)

// reach finds the provider and the audience that it expects.
func (w *way) reach() *DeniedError {
	name := w.first.grant.Provider()
	provider, err := w.o.Providers(name)
	if err != nil || provider == nil {
		d := deny(Reason{Code: CodeProvider, Message: "no credential of this provider can be leased", Received: name, Expected: strings.Join(lease.Providers(), ", "), Fix: "give the grant another provider"})
		d.cause = err
		return d
	}
	w.provider, w.audience = provider, lease.Audience(&w.first.grant)
	if w.audience == "" || IsReserved(w.audience) {
		return deny(Reason{
			Code: CodeAudience, Message: "the grant's audience can't be asked for: who gets a token for it could pass for this job before curfew itself",
			Received: w.audience, Expected: "an audience of the provider's", Fix: "give the grant the audience that the provider's trust names",
		})
	}
	return nil
}

// IsReserved reports whether an audience is curfew's own: that of the first token, or of the tokens that
// seal records, "curfew-ledger:…". Nobody else may be sent a token for it.
func IsReserved(audience string) bool {
	return audience == Audience || len(audience) > len(Audience) && audience[:len(Audience)+1] == Audience+"-"
}

// term is how long the lease may live: no longer than was decided, than the job can run, and than the provider
// issues for.
func (w *way) term() *DeniedError {
	w.ttl = w.first.decision.TTL
	longest, fixed := lease.Term(w.first.grant.Provider())
	if longest > 0 {
		w.ttl = min(w.ttl, longest)
	}
	if w.req.Left > 0 {
		w.ttl = min(w.ttl, w.req.Left+margin)
	}
	w.ttl = w.ttl.Truncate(time.Second)
	if w.ttl < time.Second || w.req.Left < 0 {
		return deny(Reason{
			Code: CodeTTL, Message: "there is no time left for which a lease could be issued", Received: w.req.Left.String() + " left of the job",
			Expected: "at least a second", Fix: "ask for the lease earlier in the job",
		})
	}
	if least := manifest.Duration(lease.Least(w.first.grant.Provider())); w.ttl < least.Std() {
		return deny(Reason{
			Code: CodeTTL, Message: "the provider issues for nothing so short, and nothing ends what it issues", Received: manifest.Duration(w.ttl).String(),
			Expected: least.String() + " or more", Fix: "give the grant a ttl of " + least.String() + ", and the job as much time less 5m",
		})
	}
	w.latest = w.first.at.Add(w.ttl + slack)
	if fixed {
		w.latest = w.first.at.Add(longest + slack)
	}
	return nil
}

// limit is one thing that may be had so many times.
type limit struct {
	what string
	ledger.Claim
}

// limitations lists what is counted for this lease. Their slots are taken before the exchange, so that no
// number of parallel jobs gets more than there are; what was counted in the ledger comes too late for that.
func (w *way) limitations() []limit {
	project, _ := w.who.Get(identity.Project)
	now, g := w.first.at, w.first.grant
	var out []limit
	if l := g.Limits; l != nil && !l.None {
		out = append(out,
			limit{"leases alive at one time", ledger.Claim{Key: AliveKey(project, w.req.Grant), Limit: l.Concurrent, NotAfter: w.latest}},
			limit{"leases in 24 hours", ledger.Claim{Key: DayKey(project, w.req.Grant), Limit: l.PerDay, NotAfter: now.Add(day)}})
	}
	if e := w.req.Task.BreakGlass; e != nil {
		uses := w.rules.manifest.BreakGlass[e.Entry].MaxUses
		out = append(out, limit{"uses of the break-glass entry", ledger.Claim{
			Key: []string{ledger.BreakGlassKind, project, e.Entry}, Limit: uses.Count, NotAfter: now.Add(uses.Per.Std()), Use: w.glass.slot(),
		}})
	}
	for _, t := range w.first.decision.Triggers {
		if t.Once {
			out = append(out, limit{"leases of the ticket", ledger.Claim{Key: onceOf(w.first.facts.Triggers, t), Limit: 1}})
		}
	}
	return out
}

// AliveKey is the key of the slots that leases of a grant hold while they may be alive.
func AliveKey(project, grant string) []string {
	return []string{"limits", project, grant, "concurrent"}
}

// DayKey is the key of the slots that leases of a grant hold for 24 hours.
func DayKey(project, grant string) []string { return []string{"limits", project, grant, "per-day"} }

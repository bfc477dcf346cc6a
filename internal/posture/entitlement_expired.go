package posture

import (
	"fmt"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/usage"
)

// entitlementExpired reports jobs that run as an identity that has ended or is suspended, and reads of
// secrets whose exception has ended. What files can't tell (certifications, reviews) needs facts that a
// scan doesn't have, and isn't judged.
func entitlementExpired(p *Pass) {
	if p.Manifest == nil {
		return
	}
	standing := manifest.Standing{Manifest: p.Manifest, Policy: p.Policy, Now: p.Now}
	ended := map[string][]manifest.Reason{}
	for _, id := range p.Manifest.IdentityIDs() {
		ended[id] = over(standing.Identity(id))
	}
	seen := map[string]bool{}
	for _, j := range p.Usage.Jobs {
		matches := p.own(j)
		for _, m := range matches {
			if rs := ended[m.ID]; len(rs) > 0 {
				p.reportEnded(j, &m, rs)
			}
		}
		if j.OnlyCalled {
			continue
		}
		for i := range j.Secrets {
			p.reportEndedRead(j, &j.Secrets[i], matches, seen)
		}
	}
}

// over keeps the reasons that say that an entitlement's time is over.
func over(reasons []manifest.Reason) []manifest.Reason {
	var out []manifest.Reason
	for _, r := range reasons {
		switch r.Code {
		case manifest.CodeExpired, manifest.CodeSponsor, manifest.CodeOverdue, manifest.CodeReviewMissed:
			if !r.Unknown {
				out = append(out, r)
			}
		}
	}
	return out
}

func (p *Pass) reportEnded(j *usage.Job, m *manifest.JobMatch, reasons []manifest.Reason) {
	r := reasons[0]
	f := finding.Finding{
		Message:  fmt.Sprintf("job %q runs as identity %q, but %s (%s)", j.Job.ID.Value, m.ID, r.Message, r.Received),
		Region:   at(j.File, j.Job.ID.Span),
		Label:    fmt.Sprintf("identity %q", m.ID),
		Fix:      r.Fix,
		Owner:    m.Identity.Owner,
		Identity: m.ID,
		Job:      j.Job.ID.Value,
		Key:      "job " + j.Job.ID.Value + " identity " + m.ID,
	}
	for _, r := range reasons {
		f.Related = append(f.Related, manifestLine(r.Region, "%s", r.Message))
	}
	p.Report(f)
}

// reportEndedRead reports a read that only exceptions past their end allow, once a place.
func (p *Pass) reportEndedRead(j *usage.Job, r *usage.SecretRead, matches []manifest.JobMatch, seen map[string]bool) {
	all := p.entitled(j, r, matches)
	if len(all) == 0 {
		return
	}
	last := all[0]
	for _, e := range all {
		if !e.exception.Expires.Over(p.Now) {
			return
		}
		if e.exception.Expires.Compare(last.exception.Expires) > 0 {
			last = e
		}
	}
	place := r.Region.String() + " " + r.Name
	if seen[place] {
		return
	}
	seen[place] = true
	p.Report(finding.Finding{
		Message:    fmt.Sprintf("%s is read by job %q, but exception %q ended on %s", r.Name, j.Job.ID.Value, last.id, last.exception.Expires),
		Region:     r.Region,
		Label:      fmt.Sprintf("job %q", j.Job.ID.Value),
		Related:    []finding.Related{manifestLine(p.Manifest.At(manifest.Pointer("exceptions", last.id, "expires")), "exception %q has ended", last.id)},
		Flow:       flow("secret "+r.Name, r.Region, j, j.File, r.Step),
		Fix:        fmt.Sprintf("stop using %s and revoke it, or have its owner accept the risk again until a later day", r.Name),
		Owner:      last.exception.Owner,
		Identity:   last.identity,
		Job:        j.Job.ID.Value,
		Key:        "secret " + r.Name + " " + scopeKey(r.String),
		Credential: &finding.Credential{Secret: r.Name},
	})
}

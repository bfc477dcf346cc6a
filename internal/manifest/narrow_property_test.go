package manifest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
)

// TestNeverWiderThanThePolicy holds decisions by manifests of all kinds, many of which ask for more than
// the organisation allows, against the policy alone, read by other code than Decide's.
func TestNeverWiderThanThePolicy(t *testing.T) {
	allowed, denied := 0, 0
	for _, wild := range []bool{false, true} {
		eachWorld(t, wild, func(t *testing.T, w *world) {
			m, p := w.parse(t)
			if p == nil {
				return
			}
			for _, s := range w.samples(t, m, p) {
				d := s.decide(m)
				if s.policy == nil {
					if d.Allow {
						t.Errorf("%s: allowed without the policy that the manifest extends", s.grant)
					}
					continue
				}
				if !d.Allow {
					denied++
					continue
				}
				allowed++
				if why := beyondPolicy(s.policy, m, &s, &d); why != "" {
					t.Errorf("%s, %s: %s", s.grant, s.what, why)
				}
			}
		})
	}
	t.Logf("%d allowed, %d denied", allowed, denied)
	if allowed < 50 || denied < 50 {
		t.Error("the property was held against too little")
	}
}

// beyondPolicy says why the policy by itself wouldn't have a lease, "" where it would.
func beyondPolicy(p *Policy, m *Manifest, s *sample, d *Decision) string {
	id, name, _ := strings.Cut(s.grant, "/")
	x := m.Identities[id]
	g := x.Grants[name]
	privilege := p.PrivilegeOf(&x, &g)
	owner, _ := s.claims.Text("repository_owner_id")
	if namespace, ok := s.claims.Text("namespace_id"); ok {
		owner = namespace
	}
	iss, _ := s.claims.Text("iss")
	issuers := p.Issuers
	if issuers == nil {
		issuers = identity.BuiltInIssuers()
	}
	most := p.Ceilings.TTL.For(privilege).Std()
	if s.task.BreakGlass != nil && p.Ceilings.BreakGlass != nil {
		most = p.Ceilings.BreakGlass.TTL.Std()
	}
	switch {
	case owner != p.Organization.ID:
		return "the organisation doesn't own the project"
	case !slices.Contains(issuers, iss):
		return "the issuer isn't listed"
	case d.TTL > most:
		return "it lives longer than " + most.String()
	case d.TTL > g.TTL.Std() && s.task.BreakGlass == nil:
		return "it lives longer than the grant"
	case x.Expires.End().Before(s.now.Add(d.TTL)):
		return "it lives longer than the identity"
	case x.Expires.day.After(s.now.Add(p.Ceilings.IdentityTerm.Std())):
		return "the identity's term is too long"
	}
	for _, why := range []string{beyondDuties(p, &x, s, d), beyondCertification(p, id, &x, s, d), beyondGuard(p, s)} {
		if why != "" {
			return why
		}
	}
	return ""
}

func beyondDuties(p *Policy, x *Identity, s *sample, d *Decision) string {
	_, release := x.Grants["release"]
	_, migrate := x.Grants["migrate"]
	name := s.grant[strings.IndexByte(s.grant, '/')+1:]
	if release && migrate && (name == "release" || name == "migrate") {
		return "one identity has both release and migrate"
	}
	for _, taken := range d.Triggers {
		if taken.Kind != "ticket" {
			continue
		}
		good := slices.ContainsFunc(s.facts.Triggers, func(pr Proof) bool {
			t := pr.Ticket
			return t != nil && t.ID == taken.Ref && slices.Contains(p.Systems.Jira.Projects, t.Project) &&
				slices.ContainsFunc(t.Approvers, func(a string) bool {
					return a != "@alice" && a != s.facts.Run.TriggeringActor && a != s.facts.Run.ChangeAuthor
				})
		})
		if !good {
			return "no ticket of the organisation's was approved by someone else"
		}
	}
	return ""
}

func beyondCertification(p *Policy, id string, x *Identity, s *sample, d *Decision) string {
	if p.Certification == nil {
		return ""
	}
	for _, g := range x.Grants {
		every := p.Certification.Every.For(p.PrivilegeOf(x, &g)) + p.Certification.Grace
		c, ok := s.facts.Certified[id]
		if !ok || c.Time.Add(every.Std()).Before(s.now.Add(d.TTL)) {
			return "the identity isn't certified"
		}
	}
	return ""
}

func beyondGuard(p *Policy, s *sample) string {
	if p.Guard == nil || !p.Guard.Required {
		return ""
	}
	f, l := s.facts.Guard, s.facts.Ledger
	project, _ := s.claims.Text("repository_id")
	if v, ok := s.claims.Text("project_id"); ok {
		project = v
	}
	if f == nil || l == nil || l.Store != p.Ledger.Store || f.Collector != p.Ledger.Collector || f.Project != project ||
		s.now.Sub(f.Taken.Time) > 24*time.Hour || !f.DefaultBranch || f.Approvals < 1 || !f.CodeOwners || !f.LastPushApproval || len(f.Bypass) > 0 {
		return "the guard isn't proven"
	}
	return ""
}

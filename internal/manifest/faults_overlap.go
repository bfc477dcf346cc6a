package manifest

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
)

// overlaps looks for identities that one job or one token may both have. Each is reported once, against
// the first before it, however many there are.
func (f *faulter) overlaps() {
	var all, proving []*named // those with claims apart: comparing the others would only take time
	for _, id := range f.m.IdentityIDs() {
		x := &named{f.m.Identities[id], id}
		if e := firstOf(all, func(e *named) bool { return e.RunsAs.overlaps(&x.RunsAs) }); e != nil {
			f.report(FaultOverlap, Pointer("identities", id, "runs-as"), "one job may run as both "+quote(e.id)+" and "+quote(id)+
				": it may do what either may", "let each name jobs of its own, or make one identity of the two")
		}
		all = append(all, x)
		if len(x.Claims) == 0 {
			continue
		}
		if e := firstOf(proving, func(e *named) bool {
			return claimsOverlap(e.Claims, x.Claims) && !sameGrants(e.Grants, x.Grants)
		}); e != nil {
			f.report(FaultOverlap, Pointer("identities", id, "claims"), "a token may prove both "+quote(e.id)+" and "+quote(id)+
				": each may lease what is granted to the other", "let a claim tell them apart, for example environment")
		}
		proving = append(proving, x)
	}
}

// named is an identity and its id.
type named struct {
	Identity
	id string
}

func firstOf(all []*named, holds func(*named) bool) *named {
	if i := slices.IndexFunc(all, holds); i >= 0 {
		return all[i]
	}
	return nil
}

func (r *RunsAs) overlaps(s *RunsAs) bool {
	return r.Job.overlaps(&s.Job) && r.Workflow.overlaps(&s.Workflow)
}

// claimsOverlap reports whether both ask for the same claims, with values that one token can have. Where
// one asks for a claim that the other doesn't, it is the narrower one, and meant to be.
func claimsOverlap(a, b map[string]Match) bool {
	if len(a) != len(b) {
		return false
	}
	for name, m := range a {
		if o, ok := b[name]; !ok || !m.overlaps(&o) {
			return false
		}
	}
	return true
}

func sameGrants(a, b map[string]Grant) bool {
	return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b)
}

// overlaps reports whether some value matches both.
func (m *Match) overlaps(o *Match) bool {
	switch {
	case len(m.Any) == 1 && len(o.Any) == 1:
		return m.Any[0] == o.Any[0]
	case m.Glob == "":
		return slices.ContainsFunc(m.Any, o.Matches)
	case o.Glob == "":
		return slices.ContainsFunc(o.Any, m.Matches)
	}
	p, q := m.Glob, o.Glob
	for {
		i, j := strings.IndexAny(p, separators), strings.IndexAny(q, separators)
		if i < 0 || j < 0 {
			return i < 0 && j < 0 && segmentsOverlap(p, q)
		}
		if p[i] != q[j] || !segmentsOverlap(p[:i], q[:j]) {
			return false
		}
		p, q = p[i+1:], q[j+1:]
	}
}

// segmentsOverlap reports whether some text without separators matches both patterns. Where both have a
// "*", only their beginnings and ends can disagree: between those the pieces of one can follow the
// pieces of the other.
func segmentsOverlap(p, q string) bool {
	switch {
	case !strings.Contains(p, "*"):
		return segment(q, p)
	case !strings.Contains(q, "*"):
		return segment(p, q)
	}
	p1, q1 := p[:strings.IndexByte(p, '*')], q[:strings.IndexByte(q, '*')]
	p2, q2 := p[strings.LastIndexByte(p, '*')+1:], q[strings.LastIndexByte(q, '*')+1:]
	return (strings.HasPrefix(p1, q1) || strings.HasPrefix(q1, p1)) &&
		(strings.HasSuffix(p2, q2) || strings.HasSuffix(q2, p2))
}

// oneTarget looks for two grants of one credential under different terms: the weaker ones count.
func (f *faulter) oneTarget(id string, x *Identity) {
	first := map[string]string{}
	for _, name := range f.m.GrantIDs(id) {
		g := x.Grants[name]
		target := g.target()
		earlier, ok := first[target]
		if !ok {
			first[target] = name
			continue
		}
		if e := x.Grants[earlier]; !sameTerms(&e, &g) {
			f.report(FaultContradiction, Pointer("identities", id, "grants", name), "grants "+quote(earlier)+" and "+quote(name)+
				" lease the same credential on different terms: the weaker ones count", "keep one of the two, or give it a role of its own")
		}
	}
}

func sameTerms(a, b *Grant) bool {
	return reflect.DeepEqual(a.TTL, b.TTL) && reflect.DeepEqual(a.Narrow, b.Narrow) &&
		reflect.DeepEqual(a.Limits, b.Limits) && reflect.DeepEqual(a.When, b.When)
}

// target is what tells the credential of a grant from others: provider and name there, each ended by NUL.
func (g *Grant) target() string {
	var parts []string
	switch {
	case g.AWS != nil:
		parts = []string{g.AWS.Role}
	case g.GCP != nil:
		parts = []string{g.GCP.Provider, g.GCP.ServiceAccount}
	case g.Azure != nil:
		parts = []string{g.Azure.Tenant, g.Azure.Client}
	case g.Vault != nil:
		parts = []string{g.Vault.Address, g.Vault.Namespace, g.Vault.Mount, g.Vault.Role}
	case g.GitHub != nil:
		parts = []string{g.GitHub.Exchange, g.GitHub.Identity}
	case g.OAuth != nil:
		parts = []string{g.OAuth.TokenURL, g.OAuth.Audience}
	case g.Kubernetes != nil:
		parts = []string{g.Kubernetes.Server, g.Kubernetes.Audience}
	default:
		for _, r := range []*Registry{g.NPM, g.PyPI, g.Crates} {
			if r != nil {
				parts = []string{cmp.Or(r.Endpoint, "registry"), r.Package}
			}
		}
	}
	return g.Provider() + "\x00" + strings.Join(parts, "\x00")
}

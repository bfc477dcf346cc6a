package posture

import (
	"fmt"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/usage"
	"github.com/curfew-ci/curfew/internal/workflow"
)

// oidcTargetMismatch reports logins by OIDC whose target isn't what any grant of the job's identities for
// that provider names, and those whose job runs in another environment than the token must prove. Without a
// grant for the provider there is nothing to compare with, and nothing is said.
func oidcTargetMismatch(p *Pass) {
	if p.Manifest == nil {
		return
	}
	seen := map[source.Region]bool{}
	for _, j := range p.Usage.Jobs {
		for i := range j.Logins {
			l := &j.Logins[i]
			if len(l.OIDC) == 0 || seen[l.Region] {
				continue
			}
			if near := p.nearestGrant(j, l); near != nil && (near.differs != "" || near.environment != nil) {
				seen[l.Region] = true
				p.reportTarget(j, l, near)
			}
		}
	}
}

// aim is a grant that a login may be for, and where the two differ.
type aim struct {
	identity, grant string
	differs         string   // the first part of the target that isn't the grant's; "" where none differs
	parts           int      // how many differ
	environment     []string // what the token must prove and the job doesn't have; nil where it does
}

// nearestGrant is the grant that fits a login best, the first of several in the manifest's order; nil where
// the job's identities have none for the provider.
func (p *Pass) nearestGrant(j *usage.Job, l *usage.Login) *aim {
	var best *aim
	for _, m := range p.acting(j) {
		for _, name := range p.Manifest.GrantIDs(m.ID) {
			g := m.Identity.Grants[name]
			if g.Provider() != l.Provider {
				continue
			}
			a := &aim{identity: m.ID, grant: name, environment: otherEnvironment(j, &m.Identity)}
			for _, part := range targetOf(&g) {
				if asked := l.Target[part.name]; part.value != "" && isLiteral(asked) && !sameValue(asked.Value, part.value) {
					a.parts++
					if a.differs == "" {
						a.differs = part.name
					}
				}
			}
			if best == nil || a.parts < best.parts || a.parts == best.parts && a.environment == nil && best.environment != nil {
				best = a
			}
		}
	}
	return best
}

// part is one word of a target, by the manifest's name; its value is "" where the grant leaves it open.
type part struct{ name, value string }

// targetOf lists what a grant says of where it leads, what says most first. A region is no boundary.
func targetOf(g *manifest.Grant) []part {
	switch {
	case g.AWS != nil:
		return []part{{"role", g.AWS.Role}, {"audience", g.AWS.Audience}}
	case g.GCP != nil:
		return []part{{"provider", g.GCP.Provider}, {"service-account", g.GCP.ServiceAccount}, {"audience", g.GCP.Audience}}
	case g.Azure != nil:
		return []part{{"client", g.Azure.Client}, {"tenant", g.Azure.Tenant}, {"subscription", g.Azure.Subscription}, {"audience", g.Azure.Audience}}
	case g.Vault != nil:
		audience := g.Vault.Audience
		if audience == "" {
			audience = g.Vault.Address
		}
		return []part{{"role", g.Vault.Role}, {"address", g.Vault.Address}, {"mount", g.Vault.Mount}, {"namespace", g.Vault.Namespace}, {"audience", audience}}
	}
	return nil
}

// sameValue compares what a workflow and a manifest write; a slash at either end is nothing to the actions.
func sameValue(a, b string) bool {
	return strings.Trim(strings.TrimSpace(a), "/") == strings.Trim(b, "/")
}

// otherEnvironment lists the environments of which the identity's token must prove one, where j runs in
// none of them. A computed environment can be any, and what a workflow of another repository runs in isn't
// known.
func otherEnvironment(j *usage.Job, i *manifest.Identity) []string {
	want, listed := i.Claims["environment"]
	if !listed || want.IsGlob() || len(want.Any) == 0 || j.Job.Uses != nil {
		return nil
	}
	var name *workflow.String
	if j.Job.Environment != nil {
		name = j.Job.Environment.Name
	}
	if name.Present() && (!isLiteral(name) || slices.ContainsFunc(want.Any, func(w string) bool { return strings.EqualFold(w, name.Value) })) {
		return nil
	}
	return want.Any
}

func (p *Pass) reportTarget(j *usage.Job, l *usage.Login, a *aim) {
	identity := p.Manifest.Identities[a.identity]
	grant := a.identity + "/" + a.grant
	f := finding.Finding{
		Region: l.Region, Label: loginLabel(j, l), Job: j.Job.ID.Value, Identity: a.identity, Owner: identity.Owner,
		Key: "job " + j.Job.ID.Value + " " + l.Provider + " " + stepKey(l.Step),
	}
	title := p.Usage.Known.Service(l.Provider).Title
	if a.differs == "" {
		wanted := strings.Join(a.environment, " or ")
		f.Message = fmt.Sprintf("job %q logs in to %s for grant %q, but not in environment %s, which its token must prove", j.Job.ID.Value, title, grant, wanted)
		f.Fix = fmt.Sprintf("run the job in environment %s, or have the owner change the claim", wanted)
		f.Related = []finding.Related{manifestLine(p.Manifest.At(manifest.Pointer("identities", a.identity, "claims", "environment")), "identity %q proves its environment", a.identity)}
		p.Report(f)
		return
	}
	asked := l.Target[a.differs]
	switch {
	case asked.Scope.Job == j.Job:
		f.Region = source.Region{Path: j.File.Path, Span: asked.Span}
	case asked.Scope.Step != nil && asked.Scope.Step == l.Step:
		f.Region = source.Region{Path: l.Region.Path, Span: asked.Span}
	}
	f.Key += " " + a.differs
	f.Message = fmt.Sprintf("job %q logs in to %s by %s %q, which isn't what grant %q names", j.Job.ID.Value, title, a.differs, asked.Value, grant)
	f.Fix = fmt.Sprintf("use the %s that the grant names, or have the owner grant this one", a.differs)
	pointer := manifest.Pointer("identities", a.identity, "grants", a.grant, l.Provider, a.differs)
	f.Related = []finding.Related{manifestLine(p.Manifest.At(pointer), "grant %q names another %s", grant, a.differs)}
	p.Report(f)
}

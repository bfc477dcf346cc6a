package posture

import (
	"fmt"
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/usage"
	"github.com/curfew-ci/curfew/internal/workflow"
)

// sessionTooLong reports logins by OIDC that ask for a longer life than the grant that they use. Without
// a grant for the provider there is nothing to compare with, and nothing is said.
func sessionTooLong(p *Pass) {
	if p.Manifest == nil {
		return
	}
	seen := map[source.Region]bool{}
	for _, j := range p.Usage.Jobs {
		for i := range j.Logins {
			l := &j.Logins[i]
			if len(l.OIDC) == 0 || l.Duration == nil || l.Duration.Seconds == 0 || seen[l.Region] {
				continue
			}
			if id, name, ok := p.longestGrant(j, l); ok {
				seen[l.Region] = p.reportSession(j, l, id, name)
			}
		}
	}
}

// longestGrant is the grant that allows a login the longest life, among those of the job's identities
// that can be meant: same provider and, where both are known, same target.
func (p *Pass) longestGrant(j *usage.Job, l *usage.Login) (identity, grant string, ok bool) {
	longest := time.Duration(-1)
	for _, m := range p.acting(j) {
		for _, name := range p.Manifest.GrantIDs(m.ID) {
			g := m.Identity.Grants[name]
			if g.Provider() == l.Provider && g.TTL != nil && sameTarget(&g, l) && g.TTL.Std() > longest {
				longest, identity, grant = g.TTL.Std(), m.ID, name
			}
		}
	}
	return identity, grant, longest >= 0
}

// sameTarget reports whether a login can be for a grant: what either leaves open may be anything.
func sameTarget(g *manifest.Grant, l *usage.Login) bool {
	var target, granted string
	switch {
	case g.AWS != nil:
		target, granted = "role", g.AWS.Role
	case g.GCP != nil:
		target, granted = "service-account", g.GCP.ServiceAccount
	case g.Azure != nil:
		target, granted = "client", g.Azure.Client
	case g.Vault != nil:
		target, granted = "role", g.Vault.Role
	default:
		return true
	}
	asked := l.Target[target]
	return !isLiteral(asked) || asked.Value == granted
}

func isLiteral(s *workflow.String) bool { return s.Present() && s.Value != "" && len(s.Refs) == 0 }

func (p *Pass) reportSession(j *usage.Job, l *usage.Login, id, name string) bool {
	identity := p.Manifest.Identities[id]
	g := identity.Grants[name]
	asked, input := time.Duration(l.Duration.Seconds)*time.Second, l.Duration.Known
	if asked <= g.TTL.Std() {
		return false
	}
	f := finding.Finding{
		Region: l.Region, Label: loginLabel(j, l), Job: j.Job.ID.Value, Identity: id, Owner: identity.Owner,
		Fix: fmt.Sprintf("write `%s: %d%s`, or have the owner lengthen the grant", input.Input, g.TTL.Std()/input.Unit, input.Suffix),
		Related: []finding.Related{manifestLine(p.Manifest.At(manifest.Pointer("identities", id, "grants", name, "ttl")),
			"grant %q is for %s", id+"/"+name, g.TTL)},
		Key: "job " + j.Job.ID.Value + " " + l.Provider + " " + stepKey(l.Step),
	}
	how := "by the action's default"
	if v := l.Duration.Value; v != nil {
		how = "by `" + input.Input + "`"
		f.Region = source.Region{Path: l.Region.Path, Span: v.Span}
	}
	f.Message = fmt.Sprintf("job %q asks for a session of %s %s, but grant %q is for %s", j.Job.ID.Value, spell(asked), how, id+"/"+name, g.TTL)
	p.Report(f)
	return true
}

// spell writes a duration without its empty parts: 1h, 15m, 90s.
func spell(d time.Duration) string {
	switch {
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return fmt.Sprintf("%ds", d/time.Second)
}

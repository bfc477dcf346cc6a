package posture

import (
	"fmt"
	"slices"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/usage"
	"github.com/curfew-ci/curfew/rules"
)

// staticCloudKey reports logins to a cloud by a stored credential, where the cloud would take the job's
// OIDC token. A job that has both is static-beside-oidc's.
func staticCloudKey(p *Pass) {
	p.staticLogins(func(j *usage.Job, l *usage.Login) *finding.Finding {
		if l.Instead == "" || oidcLogin(j, l.Provider) != nil {
			return nil
		}
		title := p.Usage.Known.Service(l.Provider).Title
		return &finding.Finding{
			Message: fmt.Sprintf("job %q logs in to %s by the stored %s, though %s takes the job's OIDC token", j.Job.ID.Value, title, secretsOf(j, l), title),
			Fix:     fmt.Sprintf("%s; then delete %s", l.Instead, secretsOf(j, l)),
		}
	})
}

// staticLogins reports what judge makes of each login to a cloud by a stored credential, once for each
// place that a credential comes from. A key that the manifest registers for the job is suppressed by the
// exception for as long as that holds.
func (p *Pass) staticLogins(judge func(*usage.Job, *usage.Login) *finding.Finding) {
	type place struct {
		at       source.Region
		provider string
	}
	seen := map[place]bool{}
	for _, j := range p.Usage.Jobs {
		for i := range j.Logins {
			l := &j.Logins[i]
			if len(l.Static) == 0 || p.Usage.Known.Service(l.Provider).Kind != rules.Cloud {
				continue
			}
			in, names := credentialOf(l), storedNames(j, l)
			if len(names) == 0 || seen[place{in.Region, l.Provider}] {
				continue
			}
			f := judge(j, l)
			if f == nil {
				continue
			}
			seen[place{in.Region, l.Provider}] = true
			f.Region, f.Label, f.Job = in.Region, loginLabel(j, l), j.Job.ID.Value
			f.Flow = flow("stored "+secretsOf(j, l), in.Region, j, j.File, nil)
			f.Flow = append(f.Flow, finding.Step{Message: "login to " + p.Usage.Known.Service(l.Provider).Title, Region: l.Region})
			f.Key = l.Provider + " " + in.Name + " " + scopeKey(in.Value)
			if len(names) == 1 && names[0] != "" {
				f.Credential = &finding.Credential{Secret: names[0]}
			}
			f.Suppressed = p.accepted(j, names)
			p.Report(*f)
		}
	}
}

// credentialOf is the input of l that says best where the key comes in: the last, since names and ids
// tend to come first.
func credentialOf(l *usage.Login) *usage.Input { return &l.Static[len(l.Static)-1] }

func loginLabel(j *usage.Job, l *usage.Login) string {
	if l.Step == nil {
		return fmt.Sprintf("job %q", j.Job.ID.Value)
	}
	return fmt.Sprintf("job %q, step %s", j.Job.ID.Value, l.Step.Title())
}

// oidcLogin is a login of j to the same provider by OIDC, or nil.
func oidcLogin(j *usage.Job, provider string) *usage.Login {
	for i := range j.Logins {
		if l := &j.Logins[i]; l.Provider == provider && len(l.OIDC) > 0 {
			return l
		}
	}
	return nil
}

// storedNames lists the stored secrets that l carries, each once; identifiers among them are left out
// unless there is nothing else.
func storedNames(j *usage.Job, l *usage.Login) []string {
	var all, keys []string
	for i := range l.Static {
		for _, inWorkflow := range l.Static[i].Secrets {
			for _, name := range j.Stored(inWorkflow) {
				if slices.Contains(all, name) {
					continue
				}
				all = append(all, name)
				if !rules.NamesIdentifier(name) {
					keys = append(keys, name)
				}
			}
		}
	}
	if len(keys) == 0 {
		return all
	}
	return keys
}

// secretsOf names what l carries: "secrets A and B".
func secretsOf(j *usage.Job, l *usage.Login) string {
	names := slices.Clone(storedNames(j, l))
	for i, n := range names {
		if n == "" {
			names[i] = "of a computed name"
		}
	}
	if len(names) == 1 {
		return "secret " + names[0]
	}
	return "secrets " + listed(names, 4)
}

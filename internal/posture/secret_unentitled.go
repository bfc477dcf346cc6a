package posture

import (
	"fmt"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/usage"
	"github.com/curfew-ci/curfew/rules"
)

// secretUnentitled reports stored secrets that a job reads and no identity of the job lists, once for
// each place that reads. What is read by no name at all is for other rules: nothing can entitle to it.
func secretUnentitled(p *Pass) {
	for _, u := range p.unentitled() {
		if p.elsewhere(u) == nil { // else secret-outside-environment says so
			p.reportUnentitled(u)
		}
	}
}

// unentitled is one place that reads a secret, and the jobs that it does so for.
type unentitledRead struct {
	read *usage.SecretRead
	jobs []*usage.Job
}

func (p *Pass) unentitled() []*unentitledRead {
	type key struct {
		path   string
		offset int
		name   string
	}
	var out []*unentitledRead
	seen := map[key]*unentitledRead{}
	for _, j := range p.Usage.Jobs {
		if j.OnlyCalled || len(j.Secrets) == 0 {
			continue // what it reads is listed with the jobs that call it
		}
		matches := p.own(j)
		for i := range j.Secrets {
			r := &j.Secrets[i]
			if r.Name == "" || len(p.entitled(j, r, matches)) > 0 {
				continue
			}
			k := key{r.Region.Path, r.Region.Start.Offset, r.Name}
			if seen[k] == nil {
				seen[k] = &unentitledRead{read: r}
				out = append(out, seen[k])
			}
			seen[k].jobs = append(seen[k].jobs, j)
		}
	}
	return out
}

func (p *Pass) reportUnentitled(u *unentitledRead) {
	r, j := u.read, u.jobs[0]
	f := finding.Finding{
		Region: r.Region, Label: jobNames(u.jobs), Job: oneJob(u.jobs),
		Flow:       flow("secret "+r.Name, r.Region, j, j.File, r.Step),
		Key:        "secret " + r.Name + " " + scopeKey(r.String),
		Credential: &finding.Credential{Secret: r.Name},
	}
	if r.Via != nil {
		f.Flow = flow("secret "+r.Name, r.Region, j, r.Via.File, r.Step)
		f.Key = "job " + j.Job.ID.Value + " secret " + r.Name
	}
	p.explain(&f, u)
	if p.isIdentifier(r) {
		asIdentifier(&f, r)
	} else if instead := p.instead(j, r); instead != "" {
		f.Fix = instead + "; or " + f.Fix
	}
	p.Report(f)
}

// explain says which line of the manifest decided, and what would entitle the job.
func (p *Pass) explain(f *finding.Finding, u *unentitledRead) {
	r, j := u.read, u.jobs[0]
	who := jobNames(u.jobs)
	if p.Manifest == nil {
		f.Message = fmt.Sprintf("%s is read by %s, and there is no manifest that entitles anything to it", r.Name, who)
		f.Fix = "run `curfew init`, which writes " + manifest.Path + " from what the workflows use today"
		f.Related = []finding.Related{noManifest()}
		return
	}
	matches := p.own(j)
	if p.differ(u.jobs) {
		f.Message = fmt.Sprintf("%s is read by %s, which no identity entitles to it", r.Name, who)
		f.Fix = fmt.Sprintf("read it in the step that needs it, and list an exception for %s under `secrets:` of the identity that runs there", r.Name)
		f.Related = []finding.Related{manifestLine(p.Manifest.KeyAt("/identities"), "no identity of these jobs lists an exception for %s", r.Name)}
		return
	}
	if len(matches) == 0 {
		f.Message = fmt.Sprintf("%s is read by %s, as which no identity runs", r.Name, who)
		f.Fix = fmt.Sprintf("add an identity with %s that lists an exception for %s under `secrets:`", runsAs(j), r.Name)
		f.Related = []finding.Related{manifestLine(p.Manifest.KeyAt("/identities"), "no identity runs as job %q of %s", j.Job.ID.Value, j.File.Path)}
		return
	}
	m := matches[0]
	f.Identity, f.Owner = m.ID, m.Identity.Owner
	if others := p.exceptionsFor(r.Name, matches); len(others) > 0 {
		p.explainStore(f, u, others[0])
		return
	}
	f.Message = fmt.Sprintf("%s is read by %s, and identity %q doesn't list it", r.Name, who, m.ID)
	f.Fix = fmt.Sprintf("add an exception for %s with an owner and an end, and its id to `secrets:` of identity %q", r.Name, m.ID)
	f.Related = []finding.Related{manifestLine(p.listOf(m.ID), "identity %q lists no exception for %s", m.ID, r.Name)}
}

// differ reports whether jobs run as different identities.
func (p *Pass) differ(jobs []*usage.Job) bool {
	ids := func(j *usage.Job) string {
		var out []string
		for _, m := range p.own(j) {
			out = append(out, m.ID)
		}
		return strings.Join(out, " ")
	}
	return slices.ContainsFunc(jobs[1:], func(j *usage.Job) bool { return ids(j) != ids(jobs[0]) })
}

// listOf is where an identity lists its secrets, or the identity where it has no list.
func (p *Pass) listOf(id string) source.Region {
	if len(p.Manifest.Identities[id].Secrets) == 0 {
		return p.Manifest.KeyAt(manifest.Pointer("identities", id))
	}
	return p.Manifest.KeyAt(manifest.Pointer("identities", id, "secrets"))
}

// explainStore is for an exception that is there, but for a secret kept elsewhere.
func (p *Pass) explainStore(f *finding.Finding, u *unentitledRead, e entry) {
	r, who := u.read, jobNames(u.jobs)
	store := e.exception.Store
	f.Related = []finding.Related{manifestLine(p.Manifest.At(manifest.Pointer("exceptions", e.id, "store")), "exception %q says where %s is kept", e.id, r.Name)}
	f.Message = fmt.Sprintf("%s is read by %s, but exception %q is for a secret of %s, which no workflow reads", r.Name, who, e.id, store.Kind)
	f.Fix = fmt.Sprintf("write `store: actions` where that is meant, or add an exception for the %s that the workflow reads", r.Name)
}

// asIdentifier makes less of a finding about what opens nothing by itself.
func asIdentifier(f *finding.Finding, r *usage.SecretRead) {
	f.Severity = finding.Low
	f.Fix = fmt.Sprintf("if %s is no secret, store it as a variable and read `vars.%s`; otherwise %s", r.Name, r.Name, f.Fix)
}

// isIdentifier reports whether what r reads opens nothing by itself, by the input or variable that
// receives it.
func (p *Pass) isIdentifier(r *usage.SecretRead) bool {
	if a := p.actionOf(r); a != nil {
		for _, in := range a.Identifiers {
			if strings.EqualFold(in, r.Under) {
				return true
			}
		}
		for _, in := range a.Credentials {
			if strings.EqualFold(in, r.Under) {
				return false
			}
		}
	}
	if r.Place == usage.StepEnv || r.Place == usage.JobEnv || r.Place == usage.WorkflowEnv {
		if v := p.Usage.Known.Variable(r.Under); v != nil {
			return v.Holds == rules.HoldsIdentifier
		}
	}
	return rules.NamesIdentifier(r.Name)
}

// instead says how job j does without the secret; "" where nothing is known.
func (p *Pass) instead(j *usage.Job, r *usage.SecretRead) string {
	if r.Via != nil {
		j = r.Via
	}
	for i := range j.Logins {
		l := &j.Logins[i]
		for k := range l.Static {
			if l.Step == r.Step && slices.Contains(l.Static[k].Secrets, r.Name) {
				return l.Instead
			}
		}
	}
	if s := p.Usage.Known.ByName(r.Name); s != nil {
		return s.Instead
	}
	return ""
}

// actionOf is what is known of the action that is given r; nil where there is none.
func (p *Pass) actionOf(r *usage.SecretRead) *rules.Action {
	if r.Step == nil || r.Step.Uses == nil {
		return nil
	}
	return p.Usage.Known.Action(r.Step.Uses.Slug())
}

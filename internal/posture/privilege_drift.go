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

// privilegeDrift reports access that a change adds and that the manifest, as the same change leaves it,
// doesn't entitle the job to: secrets, rights of the GITHUB_TOKEN, OIDC logins, and triggers of jobs that
// hold any of those.
func privilegeDrift(p *Pass) {
	if p.Base == nil {
		return
	}
	before := map[jobName]*usage.Job{}
	files := map[string]*workflow.File{}
	for _, j := range p.Base.Usage.Jobs {
		before[nameOf(j)] = j
		files[j.File.Path] = j.File
	}
	for _, j := range p.Usage.Jobs {
		d := drift{Pass: p, now: j, was: before[nameOf(j)], entitled: p.proposed(j)}
		if d.was == nil {
			d.was = &usage.Job{Token: usage.Token{Declared: true}}
		}
		d.secrets()
		d.token()
		d.logins()
		if f := files[j.File.Path]; f != nil && privileged(j) {
			d.triggers(f.Workflow)
		}
	}
}

type jobName struct{ path, id string }

func nameOf(j *usage.Job) jobName { return jobName{j.File.Path, j.Job.ID.Value} }

// drift compares one job with itself before the change.
type drift struct {
	*Pass
	now, was *usage.Job
	entitled []manifest.JobMatch // the identities that the job has in the manifest as changed
}

// proposed lists the identities that the changed manifest is sure to give to j: its own, and those of the
// jobs that it runs as where its workflow is only called.
func (p *Pass) proposed(j *usage.Job) []manifest.JobMatch {
	if p.Proposed == nil {
		return nil
	}
	out := p.Proposed.Match(j.File.Path, j.Job.ID.Value)
	for _, a := range j.Acting() {
		if a != j {
			out = append(out, p.Proposed.Match(a.File.Path, a.Job.ID.Value)...)
		}
	}
	return slices.DeleteFunc(out, func(m manifest.JobMatch) bool { return m.Verdict != manifest.Matched })
}

func (d *drift) report(r source.Region, severity finding.Severity, key, what, fix string) {
	why, how := "the manifest doesn't entitle the job to it", fix+" in the same change, for its owner to approve; or take it out"
	if d.Proposed == nil {
		why, how = "there is no manifest to entitle the job to it", "write one with `curfew init`, for somebody to approve; or take it out"
	}
	f := finding.Finding{
		Severity: severity,
		Message:  fmt.Sprintf("this change %s, and %s", what, why),
		Region:   r,
		Label:    fmt.Sprintf("new in job %q", d.now.Job.ID.Value),
		Fix:      how,
		Job:      d.now.Job.ID.Value,
		Key:      "job " + d.now.Job.ID.Value + " " + key,
	}
	if len(d.entitled) > 0 {
		f.Identity, f.Owner = d.entitled[0].ID, d.entitled[0].Identity.Owner
	}
	d.Report(f)
}

func (d *drift) secrets() {
	seen := map[string]bool{}
	for i := range d.was.Secrets {
		seen[d.was.Secrets[i].Name] = true
	}
	for i := range d.now.Secrets {
		s := &d.now.Secrets[i]
		if seen[s.Name] || d.maySecret(s.Name) {
			continue
		}
		seen[s.Name] = true
		what := fmt.Sprintf("lets job %q read secret %s", d.now.Job.ID.Value, s.Name)
		if s.Name == "" {
			what = fmt.Sprintf("lets job %q read secrets that can't be listed", d.now.Job.ID.Value)
		}
		d.report(s.Region, 0, "secret "+s.Name, what, "register the secret under `exceptions:` and name it in the identity's `secrets`")
	}
}

func (d *drift) maySecret(name string) bool {
	for _, m := range d.entitled {
		for _, id := range m.Identity.Secrets {
			if strings.EqualFold(d.Proposed.Exceptions[id].Secret, name) {
				return true
			}
		}
	}
	return false
}

// token reports rights that the job's GITHUB_TOKEN didn't have. What the platform's default gave before
// isn't known: from there every map counts as narrower.
func (d *drift) token() {
	now, was := &d.now.Token, &d.was.Token
	id := d.now.Job.ID.Value
	const fix = "raise the identity's `token` ceiling"
	if !now.Declared || !was.Declared {
		if was.Declared && d.was.Job != nil {
			d.report(at(d.now.File, d.now.Job.ID.Span), 0, "token default",
				fmt.Sprintf("leaves the GITHUB_TOKEN of job %q to the platform's default", id), fix+" and write `permissions:`")
		}
		return
	}
	if now.All != "" {
		if was.All != now.All && was.All != "write-all" {
			d.report(now.Region, 0, "token "+now.All, fmt.Sprintf("gives job %q %s", id, now.All), fix+" and list the scopes")
		}
		return
	}
	for _, s := range now.Scopes {
		if levelOf(was, s.Name) < rank(s.Level) && !d.mayScope(s) {
			d.report(s.Region, 0, "token "+s.Name+": "+s.Level,
				fmt.Sprintf("gives the GITHUB_TOKEN of job %q %s: %s", id, s.Name, s.Level), fix)
		}
	}
}

func (d *drift) mayScope(s usage.TokenScope) bool {
	return slices.ContainsFunc(d.entitled, func(m manifest.JobMatch) bool {
		return m.Identity.Token[s.Name].Covers(manifest.Access(s.Level))
	})
}

// levelOf is the rank of what t has of a scope.
func levelOf(t *usage.Token, scope string) int {
	if t.All != "" {
		return rank(strings.TrimSuffix(t.All, "-all"))
	}
	for _, s := range t.Scopes {
		if s.Name == scope {
			return rank(s.Level)
		}
	}
	return 0
}

func rank(level string) int { return map[string]int{"read": 1, "write": 2}[level] }

func (d *drift) logins() {
	for i := range d.now.Logins {
		l := &d.now.Logins[i]
		if len(l.OIDC) == 0 || slices.ContainsFunc(d.was.Logins, func(w usage.Login) bool { return loginKey(&w) == loginKey(l) }) {
			continue
		}
		if slices.ContainsFunc(d.entitled, func(m manifest.JobMatch) bool { return hasGrant(&m.Identity, l.Provider) }) {
			continue
		}
		d.report(l.Region, 0, "login "+loginKey(l), fmt.Sprintf("lets job %q log in to %s", d.now.Job.ID.Value, l.Provider),
			"add a grant for it to the identity")
	}
}

// loginKey tells logins apart by whom they log in to and as what.
func loginKey(l *usage.Login) string {
	parts := []string{l.Provider}
	for name, v := range l.Target {
		parts = append(parts, name+"="+v.Value)
	}
	slices.Sort(parts[1:])
	return strings.Join(parts, " ")
}

func hasGrant(x *manifest.Identity, provider string) bool {
	for name := range x.Grants {
		if g := x.Grants[name]; g.Provider() == provider {
			return true
		}
	}
	return false
}

// privileged reports whether j holds anything worth reaching.
func privileged(j *usage.Job) bool {
	return len(j.Secrets) > 0 || len(j.Logins) > 0 || j.Token.All == "write-all" ||
		slices.ContainsFunc(j.Token.Scopes, func(s usage.TokenScope) bool { return s.Level == "write" })
}

// triggers reports events that didn't start the job before. The ones that a token passes with by itself
// are covered by any identity; another must be named by its claims.
func (d *drift) triggers(was *workflow.Workflow) {
	for _, e := range d.now.File.Workflow.On {
		name := e.Name.Value
		if was.Event(name) != nil || d.mayEvent(name) {
			continue
		}
		severity := finding.Medium
		if slices.Contains([]string{"pull_request_target", "issue_comment", "workflow_run", "issues"}, name) {
			severity = finding.High
		}
		d.report(at(d.now.File, e.Name.Span), severity, "on "+name,
			fmt.Sprintf("lets %s start job %q, which holds credentials", name, d.now.Job.ID.Value),
			"name the event in the identity's `claims.event_name`")
	}
}

func (d *drift) mayEvent(name string) bool {
	return slices.ContainsFunc(d.entitled, func(m manifest.JobMatch) bool {
		if c, ok := m.Identity.Claims["event_name"]; ok {
			return c.Matches(name)
		}
		return slices.Contains([]string{"push", "schedule", "workflow_dispatch", "release"}, name)
	})
}

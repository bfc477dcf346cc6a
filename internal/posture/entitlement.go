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

// own lists the identities whose runs-as names job j itself.
func (p *Pass) own(j *usage.Job) []manifest.JobMatch {
	if p.Manifest == nil {
		return nil
	}
	return p.Manifest.Match(j.File.Path, j.Job.ID.Value)
}

// acting lists the identities as which j runs: its own and, where its workflow is only called, those of
// the jobs that call it. Each is there once.
func (p *Pass) acting(j *usage.Job) []manifest.JobMatch {
	out := p.own(j)
	if !j.OnlyCalled {
		return out
	}
	for _, a := range j.Acting() {
		for _, m := range p.own(a) {
			if !slices.ContainsFunc(out, func(x manifest.JobMatch) bool { return x.ID == m.ID }) {
				out = append(out, m)
			}
		}
	}
	return out
}

// entry is an exception that an identity lists.
type entry struct {
	id        string
	identity  string
	exception manifest.Exception
}

// exceptionsFor lists the exceptions for a stored secret among what matches list, whatever their store.
func (p *Pass) exceptionsFor(secret string, matches []manifest.JobMatch) []entry {
	var out []entry
	for _, m := range matches {
		for _, id := range m.Identity.Secrets {
			e, ok := p.Manifest.Exceptions[id]
			if ok && secret != "" && strings.EqualFold(e.Secret, secret) {
				out = append(out, entry{id, m.ID, e})
			}
		}
	}
	return out
}

// fits reports whether a secret that is read in environment can come from store. An environment that is
// computed can be any; where it is another one, the secret isn't there to be read.
func fits(store manifest.Store, environment *workflow.String) bool {
	switch store.Kind {
	case manifest.StoreActions, manifest.StoreActionsOrg, manifest.StoreDependabot:
		return true
	case manifest.StoreActionsEnv:
		return environment.Present() &&
			(strings.EqualFold(environment.Value, store.Name) || strings.Contains(environment.Value, "${{"))
	}
	return false
}

// entitled lists the exceptions that let j read r.
func (p *Pass) entitled(j *usage.Job, r *usage.SecretRead, matches []manifest.JobMatch) []entry {
	return slices.DeleteFunc(p.exceptionsFor(r.Name, matches), func(e entry) bool {
		return !fits(e.exception.Store, j.Environment(r))
	})
}

// accepted is the suppression by exceptions that hold for each of the stored secrets in job j; nil where
// one of them has none, or one that has ended. It ends with the first of them.
func (p *Pass) accepted(j *usage.Job, secrets []string) *finding.Suppression {
	var out *finding.Suppression
	matches := p.acting(j)
	for _, name := range secrets {
		all := slices.DeleteFunc(p.exceptionsFor(name, matches), func(e entry) bool {
			return e.exception.Expires.Over(p.Now)
		})
		if len(all) == 0 {
			return nil
		}
		e := all[0]
		if until := e.exception.Expires.String(); out == nil || until < out.Until {
			out = &finding.Suppression{
				Kind: "exception", Reason: e.exception.Reason, Until: until,
				Region: p.Manifest.KeyAt(manifest.Pointer("exceptions", e.id)),
			}
		}
	}
	return out
}

// excepted reports whether the identities as which j runs list an exception for each of the stored
// secrets.
func (p *Pass) excepted(j *usage.Job, secrets []string) bool {
	matches := p.acting(j)
	for _, name := range secrets {
		if len(p.exceptionsFor(name, matches)) == 0 {
			return false
		}
	}
	return true
}

// manifestLine is the related place that decided.
func manifestLine(region source.Region, format string, args ...any) finding.Related {
	return finding.Related{Role: "manifest", Message: fmt.Sprintf(format, args...), Region: region}
}

// noManifest is the related place where there is no manifest.
func noManifest() finding.Related {
	return manifestLine(source.Region{Path: manifest.Path}, "there is no manifest")
}

// runsAs is what an identity must say to run as j.
func runsAs(j *usage.Job) string {
	return fmt.Sprintf("`runs-as: { workflow: %s, job: %s }`", j.File.Path, j.Job.ID.Value)
}

// flow is a credential's way: credential, job, step.
func flow(credential string, from source.Region, j *usage.Job, file *workflow.File, s *workflow.Step) []finding.Step {
	out := []finding.Step{
		{Message: credential, Region: from},
		{Message: fmt.Sprintf("job %q", j.Job.ID.Value), Region: at(j.File, j.Job.ID.Span)},
	}
	if s != nil {
		out = append(out, finding.Step{Message: "step " + s.Title(), Region: at(file, stepSpan(s))})
	}
	return out
}

// stepSpan is the one line that names a step best.
func stepSpan(s *workflow.Step) source.Span {
	for _, x := range []*workflow.String{s.Name, s.ID} {
		if x.Present() {
			return x.Span
		}
	}
	if s.Uses != nil {
		return s.Uses.Value.Span
	}
	if s.Run.Present() {
		return s.Run.Span
	}
	return s.Span
}

// jobNames is `job "a"` or `jobs "a" and "b"`.
func jobNames(jobs []*usage.Job) string {
	names := make([]string, len(jobs))
	for i, j := range jobs {
		names[i] = fmt.Sprintf("%q", j.Job.ID.Value)
	}
	if len(names) == 1 {
		return "job " + names[0]
	}
	return "jobs " + listed(names, 3)
}

// oneJob is the id of the only job, "" where there are several.
func oneJob(jobs []*usage.Job) string {
	if len(jobs) != 1 {
		return ""
	}
	return jobs[0].Job.ID.Value
}

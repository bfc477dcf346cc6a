package posture

import (
	"fmt"
	"strings"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/usage"
	"github.com/curfew-ci/curfew/internal/workflow"
)

// secretScopeWide reports secrets in the env of a workflow or job where only some of its steps name the
// variable. The fix is the narrowing.
func secretScopeWide(p *Pass) {
	for _, f := range p.Files {
		if f.Workflow == nil {
			continue
		}
		p.wideEnv(f, f.Workflow.Env, nil, f.Workflow.Jobs)
		for _, j := range f.Workflow.Jobs {
			p.wideEnv(f, j.Env, j, []*workflow.Job{j})
		}
	}
}

// wideEnv judges one env that all steps of jobs have; job is nil for the workflow's.
func (p *Pass) wideEnv(f *workflow.File, env *workflow.Map, job *workflow.Job, jobs []*workflow.Job) {
	if env == nil {
		return
	}
	for i := range env.Entries {
		e := &env.Entries[i]
		for n := range e.Value.Refs {
			r := &e.Value.Refs[n]
			if r.Context != "secrets" || r.Name() == "" || r.Name() == "GITHUB_TOKEN" || usage.OnlyCompared(f, r) {
				continue
			}
			readers := readersOf(jobs, e.Name.Value)
			if readers.steps > 1 && len(readers.who) < readers.steps {
				p.reportWide(f, e, r, job, readers)
			}
		}
	}
}

func (p *Pass) reportWide(f *workflow.File, e *workflow.Entry, r *workflow.Ref, job *workflow.Job, readers readers) {
	out := finding.Finding{
		Message: fmt.Sprintf("secret %s is in the env of the whole workflow, where %s of %s can read it",
			r.Name(), counted(readers.steps, "step"), counted(readers.jobs, "job")),
		Region:     at(f, r.Span),
		Key:        "workflow env " + e.Name.Value + " " + r.Name(),
		Credential: &finding.Credential{Secret: r.Name()},
		Fix:        readers.fix(e.Name.Value, r.Name(), job == nil),
	}
	if job != nil {
		out.Severity = finding.Low
		out.Message = fmt.Sprintf("secret %s is in the env of job %q, where each of its %d steps can read it", r.Name(), job.ID.Value, readers.steps)
		out.Label = fmt.Sprintf("job %q", job.ID.Value)
		out.Job = job.ID.Value
		out.Key = "job " + job.ID.Value + " env " + e.Name.Value + " " + r.Name()
	}
	p.Report(out)
}

// readers are the steps that a variable reaches.
type readers struct {
	jobs, steps int      // that could read it
	who         []reader // that name it
	conditions  bool     // some if: names it
}

type reader struct {
	job  *workflow.Job
	step *workflow.Step
}

func readersOf(jobs []*workflow.Job, name string) readers {
	var out readers
	for _, j := range jobs {
		if len(j.Steps) > 0 {
			out.jobs++
		}
		for _, s := range j.Steps {
			out.steps++
			condition := readsEnv(s.If, name)
			out.conditions = out.conditions || condition
			// What runs only where the variable is set most likely needs it.
			if condition || names(s, name) {
				out.who = append(out.who, reader{j, s})
			}
		}
	}
	return out
}

// names reports whether step s names the variable in its script or, by the env context, in its inputs.
func names(s *workflow.Step, variable string) bool {
	if s.Run.Present() && containsWord(s.Run.Value, variable) || readsEnv(s.Run, variable) {
		return true
	}
	for _, m := range []*workflow.Map{s.With, s.Env} {
		if m == nil {
			continue
		}
		for i := range m.Entries {
			v := m.Entries[i].Value
			// A script given as an input, as to actions/github-script, names it like a run: does.
			if readsEnv(v, variable) || containsWord(v.Value, variable) {
				return true
			}
		}
	}
	return false
}

// readsEnv reports whether an expression of s reads variable by the env context.
func readsEnv(s *workflow.String, variable string) bool {
	if s == nil {
		return false
	}
	for i := range s.Refs {
		if r := &s.Refs[i]; r.Context == "env" && (len(r.Path) == 0 || strings.EqualFold(r.Path[0], variable)) {
			return true
		}
	}
	return false
}

// containsWord reports whether word stands in text, not as a part of a longer name.
func containsWord(text, word string) bool {
	for at := 0; ; at++ {
		i := strings.Index(text[at:], word)
		if i < 0 || word == "" {
			return false
		}
		at += i
		end := at + len(word)
		if (at == 0 || !isNameByte(text[at-1])) && (end == len(text) || !isNameByte(text[end])) {
			return true
		}
	}
}

func isNameByte(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z'
}

// fix says where the variable belongs.
func (r *readers) fix(variable, secret string, wholeWorkflow bool) string {
	fix := fmt.Sprintf("no step names `%s`: remove it, or move it to the env of the steps whose programs read it", variable)
	if len(r.who) > 0 {
		who := make([]string, len(r.who))
		for i, x := range r.who {
			who[i] = x.step.Title()
			if wholeWorkflow {
				who[i] += fmt.Sprintf(" of job %q", x.job.ID.Value)
			}
		}
		fix = fmt.Sprintf("move `%s` to the env of step %s", variable, listed(who, 4))
	}
	if r.conditions {
		fix += fmt.Sprintf("; for the conditions keep `HAS_%s: ${{ secrets.%s != '' }}`", variable, secret)
	}
	return fix
}

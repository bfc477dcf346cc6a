package posture

import (
	"fmt"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/workflow"
)

// tokenDefault reports jobs whose GITHUB_TOKEN nobody has sized: write-all, read-all, or no
// permissions key, so that the platform's default holds. An empty map is right.
func tokenDefault(p *Pass) {
	for _, f := range p.Files {
		if f.Workflow != nil {
			p.tokenAll(f)
			p.tokenUnsized(f)
		}
	}
}

// tokenAll reports read-all and write-all where some job is left with it.
func (p *Pass) tokenAll(f *workflow.File) {
	report := func(perms *workflow.Permissions, whose, job string) {
		if perms == nil || !perms.All.Present() {
			return
		}
		level, severity, may := perms.All.Value, finding.Low, "read everything that a GITHUB_TOKEN can"
		if level == "write-all" {
			severity, may = finding.High, "do everything that a GITHUB_TOKEN can"
		}
		p.Report(finding.Finding{
			Severity: severity,
			Message:  fmt.Sprintf("%s lets %s %s", level, whose, may),
			Region:   at(f, perms.All.Span),
			Fix:      "list the scopes that are needed, such as `permissions: { contents: read }`, or `permissions: {}` for none",
			Job:      job,
			Key:      level + " " + job,
		})
	}
	inherit := false
	for _, j := range f.Workflow.Jobs {
		report(j.Permissions, fmt.Sprintf("job %q", j.ID.Value), j.ID.Value)
		inherit = inherit || j.Permissions == nil
	}
	if inherit {
		report(f.Workflow.Permissions, "each job without permissions of its own", "")
	}
}

// tokenUnsized reports, once a workflow, the jobs that are left with the platform's default.
func (p *Pass) tokenUnsized(f *workflow.File) {
	w := f.Workflow
	if w.Permissions != nil || onlyCalled(w) {
		return
	}
	var jobs []*workflow.Job
	var names []string
	for _, j := range w.Jobs {
		if j.Permissions == nil && !p.calleeSizes(j) {
			jobs = append(jobs, j)
			names = append(names, `"`+j.ID.Value+`"`)
		}
	}
	if len(jobs) == 0 {
		return
	}
	message := "job " + names[0] + " has no permissions key, nor has the workflow: a setting of the repository sizes its GITHUB_TOKEN"
	if len(names) > 1 {
		message = "jobs " + listed(names, 3) + " have no permissions key, nor has the workflow: a setting of the repository sizes their GITHUB_TOKEN"
	}
	p.Report(finding.Finding{
		Message: message,
		Region:  at(f, jobs[0].ID.Span),
		Fix:     "write `permissions: {}` at the top of the workflow and give each job the scopes that it needs",
		Key:     "default",
	})
}

// onlyCalled reports whether w runs only when another workflow calls it, whose permissions it then has.
func onlyCalled(w *workflow.Workflow) bool {
	return len(w.On) == 1 && w.On[0].Name.Value == "workflow_call"
}

// calleeSizes reports whether j calls a workflow of this repository that sizes each of its jobs itself.
func (p *Pass) calleeSizes(j *workflow.Job) bool {
	f := p.callee(j)
	if f == nil {
		return false
	}
	for _, inner := range f.Workflow.Jobs {
		if f.Workflow.Permissions == nil && inner.Permissions == nil {
			return false
		}
	}
	return true
}

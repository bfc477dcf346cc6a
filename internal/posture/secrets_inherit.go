package posture

import (
	"fmt"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/workflow"
)

// secretsInherit reports jobs that hand every secret to a reusable workflow. Where that workflow is of
// this repository, the message says which secrets it reads and the fix hands on just those.
func secretsInherit(p *Pass) {
	for _, f := range p.Files {
		if f.Workflow == nil {
			continue
		}
		for _, j := range f.Workflow.Jobs {
			if j.Secrets != nil && j.Secrets.Inherit.Present() && j.Uses != nil {
				p.inherit(f, j)
			}
		}
	}
}

func (p *Pass) inherit(f *workflow.File, j *workflow.Job) {
	out := finding.Finding{
		Region: at(f, j.Secrets.Inherit.Span),
		Label:  fmt.Sprintf("job %q", j.ID.Value),
		Job:    j.ID.Value,
		Key:    "job " + j.ID.Value,
	}
	target := j.Uses.Value.Value
	callee := p.callee(j)
	if callee == nil {
		out.Message = fmt.Sprintf("every secret of the repository is handed to %s, and what that reads can't be seen from here", target)
		out.Fix = "hand on each secret that it documents by name, `secrets: { NAME: ${{ secrets.NAME }} }`"
		p.Report(out)
		return
	}
	out.Severity = finding.Low
	r := reach{pass: p, seen: map[string]bool{}}
	r.follow(callee)
	slices.Sort(r.names)
	switch {
	case r.unknown:
		out.Severity = finding.Medium
		out.Message = fmt.Sprintf("every secret of the repository is handed to %s, which hands them on or reads them by computed names", target)
		out.Fix = "let " + callee.Path + " name the secrets that it reads, then hand on those by name"
	case len(r.names) == 0:
		out.Message = fmt.Sprintf("every secret of the repository is handed to %s, which reads none", target)
		out.Fix = "remove `secrets: inherit`"
	default:
		out.Message = fmt.Sprintf("every secret of the repository is handed to %s, which reads only %s", target, listed(r.names, 8))
		out.Fix = fmt.Sprintf("write `secrets: { %s }`%s", handOn(r.names), undeclared(callee, r.names))
		if len(r.names) > 8 {
			out.Fix = "hand on those by name under `secrets:`" + undeclared(callee, r.names)
		}
	}
	p.Report(out)
}

// reach gathers the secrets that a workflow and those it calls can read.
type reach struct {
	pass    *Pass
	seen    map[string]bool // files
	names   []string        // upper case, each once
	unknown bool            // there may be others
}

func (r *reach) follow(f *workflow.File) {
	if r.seen[f.Path] {
		return
	}
	r.seen[f.Path] = true
	for s := range f.Strings {
		for i := range s.Refs {
			r.read(&s.Refs[i])
		}
	}
	for _, j := range f.Workflow.Jobs {
		if j.Secrets == nil || !j.Secrets.Inherit.Present() {
			continue
		}
		if inner := r.pass.callee(j); inner != nil {
			r.follow(inner)
		} else {
			r.unknown = true
		}
	}
}

func (r *reach) read(ref *workflow.Ref) {
	if ref.Context != "secrets" {
		return
	}
	name := ref.Name()
	switch {
	case name == "":
		r.unknown = true
	case name != "GITHUB_TOKEN" && !slices.Contains(r.names, name):
		r.names = append(r.names, name)
	}
}

// handOn renders the entries of an explicit map.
func handOn(names []string) string {
	entries := make([]string, len(names))
	for i, n := range names {
		entries[i] = fmt.Sprintf("%s: ${{ secrets.%s }}", n, n)
	}
	return strings.Join(entries, ", ")
}

// undeclared says which names callee must still declare; a workflow takes no others by name.
func undeclared(callee *workflow.File, names []string) string {
	call := callee.Workflow.Event("workflow_call")
	var missing []string
	for _, n := range names {
		if call == nil || !slices.ContainsFunc(call.Secrets, func(s *workflow.CallSecret) bool {
			return strings.EqualFold(s.Name.Value, n)
		}) {
			missing = append(missing, n)
		}
	}
	if len(missing) == 0 {
		return ""
	}
	return fmt.Sprintf(" and declare %s under `on.workflow_call.secrets` of %s", listed(missing, 8), callee.Path)
}

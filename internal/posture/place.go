package posture

import (
	"fmt"
	"strings"

	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/workflow"
)

// at is the place of span in f.
func at(f *workflow.File, span source.Span) source.Region {
	return source.Region{Path: f.Path, Span: span}
}

// stepKey names a step without counting: its id, its name or its action; "" for a script without either.
func stepKey(s *workflow.Step) string {
	switch {
	case s == nil:
		return ""
	case s.ID.Present():
		return "#" + s.ID.Value
	case s.Name.Present():
		return s.Name.Value
	case s.Uses != nil:
		name, _, _ := strings.Cut(s.Uses.Value.Value, "@")
		return name
	}
	return ""
}

// scopeKey is where in its file a string belongs, by names that stay when lines move: the material of a
// finding's key.
func scopeKey(s *workflow.String) string {
	var parts []string
	if s.Scope.Job != nil {
		parts = append(parts, "job "+s.Scope.Job.ID.Value)
	}
	if k := stepKey(s.Scope.Step); k != "" {
		parts = append(parts, "step "+k)
	}
	return strings.Join(append(parts, s.Scope.Path...), "/")
}

// scopeLabel names a string's job and step to a person; "" outside of both.
func scopeLabel(s *workflow.String) string {
	var parts []string
	if s.Scope.Job != nil {
		parts = append(parts, fmt.Sprintf("job %q", s.Scope.Job.ID.Value))
	}
	if s.Scope.Step != nil {
		parts = append(parts, "step "+s.Scope.Step.Title())
	}
	return strings.Join(parts, ", ")
}

// jobID is the id of the job that s belongs to; "" outside of jobs.
func jobID(s *workflow.String) string {
	if s.Scope.Job == nil {
		return ""
	}
	return s.Scope.Job.ID.Value
}

// callee is the workflow of this repository that j calls, or nil.
func (p *Pass) callee(j *workflow.Job) *workflow.File {
	if j.Uses == nil || j.Uses.Kind != workflow.UsesLocal && j.Uses.Kind != workflow.UsesSelf {
		return nil
	}
	for _, f := range p.Files {
		if f.Workflow != nil && f.Path == j.Uses.Path {
			return f
		}
	}
	return nil
}

// listed joins names to "a, b and c"; of more than most it names the first ones and counts the rest.
func listed(names []string, most int) string {
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	if len(names) == 1 {
		return names[0]
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// counted renders "1 step", "2 steps".
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

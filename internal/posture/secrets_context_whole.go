package posture

import (
	"fmt"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/workflow"
)

// secretsContextWhole reports expressions that read the secrets context as a whole, or by a name that is
// computed: the runner is then sent every secret there is.
func secretsContextWhole(p *Pass) {
	for _, f := range p.Files {
		for s := range f.Strings {
			for i := range s.Refs {
				if r := &s.Refs[i]; r.Context == "secrets" && len(r.Path) == 0 {
					p.wholeSecrets(f, s, r)
				}
			}
		}
	}
}

func (p *Pass) wholeSecrets(f *workflow.File, s *workflow.String, r *workflow.Ref) {
	out := finding.Finding{
		Message: "the whole secrets context is read: the runner is sent every secret of the repository and its organisation",
		Region:  at(f, r.Span),
		Label:   scopeLabel(s),
		Fix:     "name each secret that is needed, `${{ secrets.NAME }}`, in the env of the step that needs it",
		Job:     jobID(s),
		Key:     "whole " + scopeKey(s),
	}
	if r.Dynamic {
		out.Severity = finding.Medium
		out.Message = fmt.Sprintf("a secret is read by a computed name%s: the runner is sent every secret, since any may be meant", inJob(s))
		out.Fix = "name the secrets, `${{ secrets.NAME }}`; a choice between some can be written `${{ cond && secrets.A || secrets.B }}`"
		out.Key = "computed " + scopeKey(s)
	}
	p.Report(out)
}

// inJob renders ` in job "x"`; "" outside of jobs.
func inJob(s *workflow.String) string {
	if s.Scope.Job == nil {
		return ""
	}
	return fmt.Sprintf(" in job %q", s.Scope.Job.ID.Value)
}

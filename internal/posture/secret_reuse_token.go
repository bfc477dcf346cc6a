package posture

import (
	"fmt"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/secret"
	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/workflow"
)

// placed is a token and the job that it is written out in.
type placed struct {
	token *secret.Token
	job   string
}

// reusedTokens reports a token that is written out in more than one job, at its second one. That it is written out at all
// is hardcoded-credential's.
func (p *Pass) reusedTokens() {
	first := map[string]placed{}
	told := map[string]bool{}
	for i := range p.Tokens {
		t := &p.Tokens[i]
		c := tokenCredential(t)
		job := p.jobAt(t.Region)
		if t.Covered || t.Unlikely != "" || c == nil || c.Fingerprint == "" || job == "" {
			continue
		}
		was, known := first[c.Fingerprint]
		switch {
		case !known:
			first[c.Fingerprint] = placed{t, job}
		case (was.job != job || was.token.Region.Path != t.Region.Path) && !told[c.Fingerprint]:
			told[c.Fingerprint] = true
			p.Report(finding.Finding{
				Severity: finding.Low,
				Message:  fmt.Sprintf("%s of job %q is written out in job %q as well: whoever has it of one acts as both", described(t), was.job, job),
				Region:   t.Region, Label: t.Kind,
				Fix:     "revoke it, and give each job a credential of its own that ends with it",
				Related: []finding.Related{{Role: "see", Message: fmt.Sprintf("job %q", was.job), Region: was.token.Region}},
				Job:     job, Key: tokenKey(t), Credential: c,
			})
		}
	}
}

// jobAt is the id of the job that a place is in; "" outside of jobs.
func (p *Pass) jobAt(region source.Region) string {
	for _, f := range p.Files {
		if f.Path == region.Path && f.Workflow != nil {
			return jobOf(f.Workflow, region.Start.Offset)
		}
	}
	return ""
}

func jobOf(w *workflow.Workflow, offset int) string {
	for _, j := range w.Jobs {
		if j.Span.Start.Offset <= offset && offset < j.Span.End.Offset {
			return j.ID.Value
		}
	}
	return ""
}

package posture

import (
	"fmt"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/usage"
)

// staticBesideOIDC reports stored keys of a cloud in a job that logs in to the same cloud by OIDC.
func staticBesideOIDC(p *Pass) {
	p.staticLogins(func(j *usage.Job, l *usage.Login) *finding.Finding {
		oidc := oidcLogin(j, l.Provider)
		if oidc == nil {
			return nil
		}
		title := p.Usage.Known.Service(l.Provider).Title
		return &finding.Finding{
			Message: fmt.Sprintf("job %q logs in to %s by OIDC, and still holds the stored %s", j.Job.ID.Value, title, secretsOf(j, l)),
			Fix:     fmt.Sprintf("remove `%s` here, then delete %s", credentialOf(l).Name, secretsOf(j, l)),
			Related: []finding.Related{{Role: "see", Message: "the login by OIDC", Region: oidc.Region}},
		}
	})
}

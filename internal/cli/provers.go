package cli

import (
	"github.com/curfew-ci/curfew/internal/github"
	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/tracker"
)

// proversAt are what proves triggers where the rules are GitHub's. Where Jira and ServiceNow are is the organisation's policy's to
// say; that nothing in the environment lets them be asked, their provers say where a grant needs them.
func proversAt(j *job, rules *github.Governance, client *github.Client) map[string]issuance.Prover {
	options := tracker.Options{Client: j.client, Now: j.env.Now}
	return map[string]issuance.Prover{
		"schedule": rules.Schedule(), "signed-tag": issuance.SignedTag{Tags: client}, "environment-approval": rules.Approvals(),
		"ticket": issuance.Tickets{
			manifest.SystemGitHub: rules.Tickets(),
			manifest.SystemJira: tracker.JiraProver{
				Options: options, Email: j.env.Getenv("JIRA_EMAIL"), Token: j.secret("JIRA_TOKEN"), Accounts: rules.Account,
			},
			manifest.SystemServiceNow: tracker.ServiceNowProver{
				Options: options, User: j.env.Getenv("SERVICENOW_USER"), Token: j.secret("SERVICENOW_TOKEN"), Accounts: rules.Account,
			},
		},
	}
}

// secret is a credential of the job's environment, which nothing prints from then on.
func (j *job) secret(name string) redact.Secret {
	s := secretOf(j.env, name)
	j.veil.hide(s)
	return s
}

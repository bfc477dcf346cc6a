package form

import "strings"

// claims are the claims of GitHub's and GitLab's job tokens
// (https://docs.github.com/actions/reference/security/oidc, https://docs.gitlab.com/ci/secrets/id_token_authentication/).
func claims() []string {
	return strings.Fields(`
		iss sub aud exp nbf iat jti
		actor actor_id base_ref check_run_id enterprise enterprise_id environment event_name head_ref
		job_workflow_ref job_workflow_sha ref ref_path ref_protected ref_type repository repository_id
		repository_owner repository_owner_id repository_visibility run_attempt run_id run_number
		runner_environment sha workflow workflow_ref workflow_sha
		ci_config_ref_uri ci_config_sha deployment_tier environment_action environment_protected
		groups_direct job_id namespace_id namespace_path pipeline_id pipeline_source project_id
		project_path project_visibility runner_id user_access_level user_email user_id user_identities
		user_login`)
}

// scopes are the permissions of a GITHUB_TOKEN
// (https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#permissions).
func scopes() []string {
	return strings.Fields(`
		actions artifact-metadata attestations checks code-quality contents copilot-requests deployments
		discussions id-token issues models packages pages pull-requests repository-projects
		security-events statuses vulnerability-alerts`)
}

package testservers

// GitLabClaims are those of a deploy job's token as GitLab documents them, without issuer, audience and times
// (https://docs.gitlab.com/ci/secrets/id_token_authentication/#token-payload), and nil for what GitHub's tokens have besides: for
// StartIssuer and Token, which start from JobClaims. The job's environment is GitLabEnviron's.
func GitLabClaims() map[string]any {
	claims := map[string]any{}
	for name := range JobClaims() {
		claims[name] = nil
	}
	for name, value := range map[string]any{
		"sub":          "project_path:acme/web:ref_type:branch:ref:main",
		"namespace_id": "4242", "namespace_path": "acme", "project_id": "987654", "project_path": "acme/web", "project_visibility": "private",
		"user_id": "1001", "user_login": "alice", "user_email": "alice@example.com", "user_access_level": "maintainer",
		"pipeline_id": "1205550012", "pipeline_source": "push", "job_id": "33344455566",
		"ref": "main", "ref_type": "branch", "ref_path": "refs/heads/main", "ref_protected": "true",
		"environment": "production", "environment_protected": "true", "deployment_tier": "production", "environment_action": "start",
		"runner_id": 12, "runner_environment": "gitlab-hosted", "sha": "9f2c41e09f2c41e09f2c41e09f2c41e09f2c41e0",
		"ci_config_ref_uri": "gitlab.com/acme/web//.gitlab-ci.yml@refs/heads/main", "ci_config_sha": "9f2c41e09f2c41e09f2c41e09f2c41e09f2c41e0",
	} {
		claims[name] = value
	}
	return claims
}

// GitLabEnviron is what GitLab's runner tells such a job of itself, NAME=VALUE each, for a clone at dir of a commit
// (https://docs.gitlab.com/ci/variables/predefined_variables/).
func GitLabEnviron(dir, commit string) []string {
	return []string{
		"GITLAB_CI=true", "CI=true", "CI_SERVER_URL=https://gitlab.com", "CI_API_V4_URL=https://gitlab.com/api/v4",
		"CI_PROJECT_DIR=" + dir, "CI_PROJECT_ID=987654", "CI_PROJECT_PATH=acme/web", "CI_DEFAULT_BRANCH=main",
		"CI_PIPELINE_ID=1205550012", "CI_PIPELINE_SOURCE=push", "CI_JOB_ID=33344455566", "CI_JOB_NAME=deploy: [prod, eu]",
		"CI_COMMIT_SHA=" + commit, "CI_COMMIT_BRANCH=main", "CI_COMMIT_REF_NAME=main", "CI_COMMIT_REF_PROTECTED=true", "GITLAB_USER_LOGIN=alice",
	}
}

package doctor

// Platform is a CI platform by its own words: what it calls what a job needs, and what gives a job that lacks it.
type Platform struct {
	Where             string // such a job's commands run
	Run, Attempt, Job string // the variables that say which job this is
	NoState           string // why no folder is known for records and leases

	NoTokens string   // why a job may not have ID tokens
	Tokens   []string // what lets it have them
	Rules    []string // what lets it read the manifest
	Unread   string   // where a manifest belongs that isn't where leases read it
	Prove    string   // what lets a trigger be proven that can't be where the rules are read on this machine
}

// GitHubActions is where jobs ask for ID tokens, and the manifest is read by the platform's API.
func GitHubActions() Platform {
	permissions := []string{"  permissions:", "    contents: read", "    actions: read", "    id-token: write"}
	tokens := append([]string{"add to the job, and where the workflow is a reusable one to the job that calls it too:"}, permissions...)
	rules := append([]string{"the manifest is read at GitHub by the step's GITHUB_TOKEN; give the job"}, permissions...)
	return Platform{
		Where: "a step of GitHub Actions", Run: "GITHUB_RUN_ID", Attempt: "GITHUB_RUN_ATTEMPT", Job: "GITHUB_JOB", NoState: "RUNNER_TEMP isn't set",
		NoTokens: "the job may not ask for ID tokens: ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN aren't both there",
		Tokens:   append(tokens, "in a container or under sudo, hand the two variables on"),
		Rules: append(rules, "and the step", "  env:", "    GITHUB_TOKEN: ${{ github.token }}",
			"where the organisation's policy is in a private repository, give it a token that can read that one too"),
		Unread: "bring it into that repository's default branch: leases read nothing else, whatever the job's own branch has",
		Prove:  "leave out --rules-from and --trust-workspace, or choose another trigger",
	}
}

// GitLabCI is where a job is given its ID tokens beforehand, and the manifest is read at the job's own commit.
func GitLabCI() Platform {
	return Platform{ //nolint:gosec // it says where tokens stand, and holds none
		Where: "a job of GitLab CI", Run: "CI_PIPELINE_ID", Attempt: "CI_JOB_ID", Job: "CI_JOB_NAME", NoState: "CI_PROJECT_DIR and CI_JOB_ID aren't both set",
		NoTokens: "the job has no ID token: no variable is called CURFEW_ID_TOKEN",
		Tokens: []string{
			"add to the job in .gitlab-ci.yml, with one token for each audience:", "  id_tokens:",
			"    CURFEW_ID_TOKEN: { aud: curfew }", "    CURFEW_ID_TOKEN_VAULT: { aud: https://vault.example.com }", "in a container of your own, hand the variables on",
		},
		Rules: []string{
			"the manifest is read in the clone of the job's own commit: run the job for the default branch, protect that branch,",
			"and let GIT_STRATEGY be clone or fetch; for other refs name the commit that decides by --rules-from DIR@COMMIT",
		},
		Unread: "bring it into the default branch, and run the job for a commit that has it",
		Prove:  "choose another trigger, such as always with a protected branch or environment under claims",
	}
}

package identity

// Attribute is something that a platform says about a job, by whichever claim.
type Attribute uint8

// The attributes.
const (
	Project     Attribute = iota + 1 // numeric id of the repository
	Owner                            // numeric id of the account or group that owns it
	Definition                       // file and ref of the workflow or pipeline that defines the job
	Event                            // what started the run
	Actor                            // login of the person who started it first
	ActorID                          // numeric id of that account, which stays when its login changes
	Run                              // id of the run or pipeline
	Attempt                          // which try of the run it is
	Revision                         // commit
	Ref                              // full ref: refs/heads/…, refs/tags/…
	Environment                      // deployment environment
	Protected                        // "true" where the platform lets only whom the project names move the ref
)

// platform is one kind of CI and the names of its claims.
type platform struct {
	name   string
	issuer string // of its public instance
	claims map[Attribute]string
	// events lists the values of Event that a manifest needn't name, since only who may write to the
	// repository can bring them about. Nil: the platform's events are no boundary.
	events []string
}

// platforms lists what is known, from the documentation of each platform's ID tokens:
// docs.github.com/en/actions/reference/security/oidc and docs.gitlab.com/ci/secrets/id_token_authentication.
func platforms() []platform {
	return []platform{
		{
			name:   "GitHub Actions",
			issuer: "https://token.actions.githubusercontent.com",
			claims: map[Attribute]string{
				Project: "repository_id", Owner: "repository_owner_id", Definition: "job_workflow_ref",
				Event: "event_name", Actor: "actor", ActorID: "actor_id", Run: "run_id", Attempt: "run_attempt",
				Revision: "sha", Ref: "ref", Environment: "environment",
				Protected: "ref_protected",
			},
			events: []string{"push", "schedule", "workflow_dispatch", "release"},
		},
		{
			name:   "GitLab CI",
			issuer: "https://gitlab.com",
			claims: map[Attribute]string{
				Project: "project_id", Owner: "namespace_id", Definition: "ci_config_ref_uri",
				Event: "pipeline_source", Actor: "user_login", ActorID: "user_id", Run: "pipeline_id", Attempt: "job_id",
				Revision: "sha", Ref: "ref_path", Environment: "environment",
				Protected: "ref_protected",
			},
		},
	}
}

// BuiltInIssuers are the issuers that hold where no policy says otherwise.
func BuiltInIssuers() []string {
	var out []string
	for _, p := range platforms() {
		out = append(out, p.issuer)
	}
	return out
}

// UnknownProject is the project id that a manifest carries until somebody looks it up. No project has
// it.
const UnknownProject = "0"

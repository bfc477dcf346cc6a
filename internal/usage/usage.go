package usage

import (
	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/workflow"
)

// Repo is what all jobs of a repository use, in order of path and place.
type Repo struct {
	Jobs []*Job
}

// Job is what one job uses.
type Job struct {
	File    *workflow.File
	Job     *workflow.Job
	Token   Token
	Secrets []SecretRead
	Logins  []Login
	Publish []Publish
}

// Token is the job's GITHUB_TOKEN.
type Token struct {
	// Declared is false where neither job nor workflow has a permissions key: the platform's default
	// holds, which a file can't tell.
	Declared bool
	// All is "read-all" or "write-all" where that is what's written.
	All string
	// Scopes maps each scope to read or write; scopes that are none or absent are left out.
	Scopes []TokenScope
	// Region is the permissions value that holds for the job.
	Region source.Region
}

// TokenScope is one right of a GITHUB_TOKEN and where it is written.
type TokenScope struct {
	Name   string // contents, id-token …
	Level  string // read or write
	Region source.Region
}

// Place is how a job comes by a secret.
type Place string

// The places, from widest to narrowest.
const (
	WorkflowEnv Place = "workflow env"
	JobEnv      Place = "job env"
	StepEnv     Place = "step env"
	StepWith    Place = "step input"
	StepRun     Place = "script"
	Container   Place = "container"
	Handed      Place = "reusable workflow" // named under secrets: of a calling job
	Inherited   Place = "secrets: inherit"
	Elsewhere   Place = "expression" // if:, outputs, environment url …
)

// SecretRead is one use of a stored secret by a job. GITHUB_TOKEN is never among them.
type SecretRead struct {
	Name   string // upper case; "" where the secrets context is read whole or by a computed name
	Ref    *workflow.Ref
	String *workflow.String // the scalar that holds the expression
	Step   *workflow.Step   // nil outside of steps
	Place  Place
	Under  string // the key that receives it: variable, input or secret name
	Region source.Region
}

// Login is a step that obtains a cloud's or service's credential.
type Login struct {
	Provider string // aws, gcp, azure, vault …
	Step     *workflow.Step
	Region   source.Region               // the uses: value
	Action   string                      // slug
	Static   []Input                     // inputs or variables that carry a static credential
	OIDC     []Input                     // inputs that select the exchange of the job's OIDC token
	Target   map[string]*workflow.String // role, audience, provider …, by the manifest's names
	Duration *Duration
}

// Input is an input or variable of a step and its value.
type Input struct {
	Name  string
	Value *workflow.String
}

// Duration is how long a login asks its credential to live.
type Duration struct {
	Value   *workflow.String // nil where the action's default holds
	Seconds int              // 0 where the value is an expression
}

// Publish is a step that publishes to a package registry.
type Publish struct {
	Registry string // npm, pypi, crates, rubygems …
	Step     *workflow.Step
	Region   source.Region
	Token    *Input // the static token, nil where none is given
}

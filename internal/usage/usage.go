package usage

import (
	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/workflow"
	"github.com/curfew-ci/curfew/rules"
)

// Repo is what all jobs of a repository use, in order of path and place.
type Repo struct {
	Jobs    []*Job
	Skipped []Skip
	Missing []Skip         // local actions and workflows that aren't among the files: what they use isn't known
	Known   *rules.Actions // by which actions and variables were known
}

// Skip is a reference that wasn't followed, and why.
type Skip struct {
	Region source.Region
	Reason string
}

// Job is what one job uses.
type Job struct {
	File    *workflow.File
	Job     *workflow.Job
	Token   Token
	Secrets []SecretRead
	Logins  []Login
	Publish []Publish
	Given   []Given

	// OnlyCalled is true in a workflow that has no trigger but workflow_call: the job runs as the job
	// that calls it, which answers for what it uses.
	OnlyCalled bool
	Callers    []*Job // the repository's jobs that call this job's workflow
	Callees    []*Job // the jobs of the repository's workflow that this job calls
	acting     []*Job
}

// Token is the job's GITHUB_TOKEN.
type Token struct {
	// Declared is false where neither job nor workflow has a permissions key: the platform's default
	// holds, which a file can't tell.
	Declared bool
	// All is "read-all" or "write-all" where that is what's written.
	All string
	// Scopes lists each scope with read or write, in the file's order; scopes that are none or absent
	// are left out, and so are those of All.
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

// SecretRead is one use of a stored secret by a job. GITHUB_TOKEN is never among them, nor is a comparison
// that only tells whether a secret is set.
//
// What a called workflow of the repository reads counts for the job that calls it: with
// secrets: inherit, every secret that the workflow and those it calls read, once per name and
// environment, at the word "inherit"; with a map, each secret that the map's values read. A secret that
// the workflow reads from its own job's environment, without being handed it, is the caller's too. Of a
// workflow of another repository only what is handed is known: inherit is one read without a name.
type SecretRead struct {
	Name   string           // upper case; "" where the secrets context is read whole or by a computed name
	Ref    *workflow.Ref    // nil where a workflow of another repository inherits
	String *workflow.String // the scalar that holds the expression
	Step   *workflow.Step   // nil outside of steps
	Place  Place
	Under  string        // the key that receives it: variable, input or secret name
	Region source.Region // in the job's own file
	Via    *Job          // the job of a called workflow that reads it; nil for the job itself
}

// Login is a step that obtains a cloud's or service's credential, or an environment that holds one.
type Login struct {
	Provider string                      // a service of rules/actions: aws, gcp, azure, vault …
	Step     *workflow.Step              // nil for the environment of a job or workflow
	Region   source.Region               // the uses: value, the command, or the first variable
	Action   string                      // slug; "" for commands and for environments outside of a uses: step
	Static   []Input                     // inputs or variables that carry a stored credential
	OIDC     []Input                     // inputs that select the exchange of the job's OIDC token
	Target   map[string]*workflow.String // role, audience, provider …, by the manifest's names
	Duration *Duration
	Instead  string // how to log in without a stored credential; "" where that isn't known
}

// Input is an input or variable of a step and its value. Where the value comes through inputs of a
// local action or through env, Value and Region are those of the expression that it comes from.
type Input struct {
	Name    string
	Value   *workflow.String
	Region  source.Region
	Secrets []string // stored secrets that it reads, upper case; "" for a computed name
}

// Duration is how long a login asks its credential to live.
type Duration struct {
	Known   *rules.Duration  // the input and its form
	Value   *workflow.String // nil where the action's default holds
	Seconds int              // 0 where the value is an expression
}

// Publish is a step that publishes to a package registry.
type Publish struct {
	Registry string // npm, pypi, crates, rubygems …
	Step     *workflow.Step
	Region   source.Region // the uses: value or the command
	Token    *Input        // the stored token, nil where none is given
}

// Given is a stored secret that is handed to an action, image or workflow of another repository by an
// input or by a variable of the step alone.
type Given struct {
	To    *workflow.Uses
	Known *rules.Action  // nil where rules/actions doesn't know it
	Step  *workflow.Step // in the job or in a local action; nil for a reusable workflow
	At    source.Region  // of To
	Input Input
}

// NeedsIdentity reports whether the job holds anything that a manifest must entitle it to: a stored
// secret, a write permission, or id-token. What a token has by the platform's default isn't known and
// doesn't count. Jobs of workflows that are only called need none of their own: see OnlyCalled.
func (j *Job) NeedsIdentity() bool {
	if j.OnlyCalled {
		return false
	}
	if len(j.Secrets) > 0 || j.Token.All == "write-all" {
		return true
	}
	for _, s := range j.Token.Scopes {
		if s.Level == "write" {
			return true
		}
	}
	return false
}

// Acting lists the jobs as which j runs: itself, or where its workflow is only called, those that call
// it and are not only called themselves. None means that only other repositories call it.
func (j *Job) Acting() []*Job {
	if !j.OnlyCalled {
		return []*Job{j}
	}
	return j.acting
}

// Environment is the deployment environment in which r is read, or nil.
func (j *Job) Environment(r *SecretRead) *workflow.String {
	at := j
	if r.Via != nil {
		at = r.Via
	}
	if at.Job.Environment == nil {
		return nil
	}
	return at.Job.Environment.Name
}

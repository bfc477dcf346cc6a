package workflow

import (
	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/yamltree"
)

// File is one parsed workflow or action.yml. Exactly one of Workflow and Action is set, unless the
// file is no YAML mapping at all: then both are nil and Problems says why.
type File struct {
	Path     string
	Text     *source.Text
	Workflow *Workflow
	Action   *Action
	Comments []yamltree.Comment
	Problems []Problem // what GitHub would refuse; the rest of the file is still read

	strings []*String // every scalar that may hold an expression, in the file's order
}

// Problem is something GitHub wouldn't take.
type Problem struct {
	Region  source.Region
	Message string
}

// String is a scalar and where it stands. The zero value stands for an absent one.
type String struct {
	Value string
	Span  source.Span // quotes and block indicators included
	Refs  []Ref       // what its ${{ }} expressions read, in order
	Calls []Call      // functions called in its expressions
	Bad   []Problem   // expressions that don't parse

	// Scope is where in the file the string belongs; Job and Step are nil outside of one.
	Scope Scope

	offsets offsetMap
}

// Present reports whether the scalar is in the file.
func (s *String) Present() bool { return s != nil && !s.Span.IsZero() }

// Scope is the part of a workflow that a string belongs to.
type Scope struct {
	Job  *Job
	Step *Step
	// Path names the keys from the innermost of file, job and step down to the string, for example
	// ["env", "NPM_TOKEN"], ["with", "token"], ["run"] or ["secrets", "X"]. Sequence items have no name.
	Path []string
}

// Ref is one read of a context by an expression: secrets.NPM_TOKEN, env['X'], toJSON(secrets).
type Ref struct {
	Context string   // lower case: "secrets", "github", "env", "vars", "needs", "inputs", "matrix" …
	Path    []string // the properties that follow, as written; [] where the context is read whole
	Whole   bool     // nothing follows, or an object filter (.*) does
	Dynamic bool     // an index that is not a literal: secrets[matrix.name]; Path ends before it
	Within  []string // functions around it, outermost first, lower case: ["fromjson"]
	Span    source.Span
}

// Name is the first property, upper-cased for contexts whose names are case-insensitive
// ("" where there is none).
func (r *Ref) Name() string {
	if len(r.Path) == 0 {
		return ""
	}
	return upper(r.Path[0])
}

// Call is one function call in an expression.
type Call struct {
	Name string // lower case
	Span source.Span
}

// Map is an ordered mapping of names to strings, such as env, with or outputs. Where the whole
// mapping is one expression (env: ${{ fromJSON(…) }}), Expr holds it and Entries is empty.
type Map struct {
	Span    source.Span
	Expr    *String
	Entries []Entry
}

// Entry is one key of a Map.
type Entry struct {
	Name  *String
	Value *String
}

// Get returns the value of name, compared without regard to case, or nil.
func (m *Map) Get(name string) *String {
	if m == nil {
		return nil
	}
	for i := range m.Entries {
		if equalFold(m.Entries[i].Name.Value, name) {
			return m.Entries[i].Value
		}
	}
	return nil
}

// Workflow is a file in .github/workflows.
type Workflow struct {
	Name        *String
	RunName     *String
	On          []*Event
	Permissions *Permissions // nil: not declared
	Env         *Map
	Jobs        []*Job // in the file's order
	Span        source.Span
}

// Event is one trigger.
type Event struct {
	Name    *String              // push, pull_request_target, workflow_call, schedule …
	Filters map[string][]*String // branches, tags, paths, types, workflows …, as written
	Crons   []*String            // of schedule

	Inputs  []*CallInput  // of workflow_call and workflow_dispatch
	Secrets []*CallSecret // of workflow_call
	Outputs *Map          // of workflow_call
}

// CallInput is one input that a reusable workflow, a dispatch or an action takes.
type CallInput struct {
	Name     *String
	Type     *String
	Default  *String
	Required bool
}

// CallSecret is one secret that a reusable workflow takes.
type CallSecret struct {
	Name     *String
	Required bool
}

// Permissions is a permissions key: either All or a map, which may be empty ({} grants nothing).
type Permissions struct {
	Span   source.Span // of the value
	Key    source.Span // of the word "permissions"
	All    *String     // read-all or write-all; nil for a map
	Scopes []PermissionScope
}

// PermissionScope is one line of a permissions map.
type PermissionScope struct {
	Name  *String // contents, id-token, packages …
	Level *String // read, write, none (models: also …)
}

// Job is one job of a workflow.
type Job struct {
	ID              *String // the key
	Name            *String
	Needs           []*String
	If              *String
	RunsOn          *RunsOn
	Environment     *Environment
	Permissions     *Permissions // nil: not declared
	Env             *Map
	Outputs         *Map
	Steps           []*Step
	TimeoutMinutes  *String
	ContinueOnError *String
	Strategy        *Map // matrix dimensions and the rest, flattened to their scalars
	Container       *Container
	Services        []*Container
	Uses            *Uses // a reusable workflow
	With            *Map  // its inputs
	Secrets         *JobSecrets
	Span            source.Span
}

// JobSecrets is what a job hands to a reusable workflow.
type JobSecrets struct {
	Inherit *String // the word "inherit"; nil for a map
	Map     *Map
}

// RunsOn names runners.
type RunsOn struct {
	Labels []*String
	Group  *String
	Expr   *String // the whole value is one expression
}

// Environment is a deployment environment.
type Environment struct {
	Name *String
	URL  *String
}

// Container is a job's container or one of its services.
type Container struct {
	Name        *String // of a service
	Image       *String
	Credentials *Map // username, password
	Env         *Map
	Options     *String
	Span        source.Span
}

// Step is one step of a job or of a composite action.
type Step struct {
	Index            int // from 0
	ID               *String
	Name             *String
	If               *String
	Uses             *Uses
	With             *Map
	Run              *String
	Shell            *String
	WorkingDirectory *String
	Env              *Map
	ContinueOnError  *String
	TimeoutMinutes   *String
	Span             source.Span
}

// Title is how to name the step to a person: its name, id, action or "step 3".
func (s *Step) Title() string {
	switch {
	case s.Name.Present():
		return s.Name.Value
	case s.ID.Present():
		return s.ID.Value
	case s.Uses != nil:
		return s.Uses.Value.Value
	}
	return "step " + itoa(s.Index+1)
}

// Action is an action.yml or action.yaml.
type Action struct {
	Name    *String
	Inputs  []*CallInput
	Outputs *Map
	Using   *String // composite, docker, node20 …
	Steps   []*Step // composite
	Main    *String // node
	Pre     *String
	Post    *String
	Image   *String // docker
	Env     *Map    // docker
	Args    []*String
	Span    source.Span
}

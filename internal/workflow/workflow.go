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
	Problems []Problem // what GitHub would refuse, in the file's order; the rest of the file is still read

	doc     *yamltree.Document
	strings []*String // every scalar that may hold an expression, in the file's order
}

// Problem is something GitHub wouldn't take.
type Problem struct {
	Region  source.Region
	Message string
}

// Workflow is a file in .github/workflows.
type Workflow struct {
	Name        *String
	RunName     *String
	On          []*Event
	Permissions *Permissions // nil: not declared
	Env         *Map
	Defaults    *Defaults
	Concurrency *Concurrency
	Jobs        []*Job // in the file's order
	Span        source.Span
}

// Event returns the trigger called name, or nil.
func (w *Workflow) Event(name string) *Event {
	for _, e := range w.On {
		if e.Name.Value == name {
			return e
		}
	}
	return nil
}

// Job returns the job with this id, or nil.
func (w *Workflow) Job(id string) *Job {
	for _, j := range w.Jobs {
		if j.ID.Value == id {
			return j
		}
	}
	return nil
}

// Event is one trigger.
type Event struct {
	Name      *String              // push, pull_request_target, workflow_call, schedule …
	Filters   map[string][]*String // branches, tags, paths, types, workflows …, as written
	Crons     []*String            // of schedule
	Timezones []*String            // of schedule, in which crons are meant that aren't meant in UTC

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

// Defaults is what run steps use where they don't say otherwise.
type Defaults struct {
	Shell            *String
	WorkingDirectory *String
}

// Concurrency limits what runs at the same time.
type Concurrency struct {
	Group            *String
	CancelInProgress *String
}

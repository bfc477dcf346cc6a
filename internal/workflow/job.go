package workflow

import (
	"strconv"
	"strings"

	"github.com/curfew-ci/curfew/internal/source"
)

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
	Defaults        *Defaults
	Concurrency     *Concurrency
	Uses            *Uses // a reusable workflow
	With            *Map  // its inputs
	Secrets         *JobSecrets
	Span            source.Span // from the id to the end of the last value
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
	Image       *String // or the whole container, where that is one expression
	Credentials *Map    // username, password
	Env         *Map
	Options     *String
	Ports       []*String
	Volumes     []*String
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

// Title tells the step from its siblings, to go after the word "step": its quoted name, id or action, or
// its number from 1.
func (s *Step) Title() string {
	switch {
	case s.Name.Present():
		return strconv.Quote(s.Name.Value)
	case s.ID.Present():
		return strconv.Quote(s.ID.Value)
	case s.Uses != nil:
		name, _, _ := strings.Cut(s.Uses.Value.Value, "@")
		return strconv.Quote(name)
	}
	return strconv.Itoa(s.Index + 1)
}

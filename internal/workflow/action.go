package workflow

import "github.com/curfew-ci/curfew/internal/source"

// Action is an action.yml or action.yaml.
type Action struct {
	Name    *String
	Inputs  []*CallInput
	Outputs *Map
	Using   *String // composite, docker, node20 …
	Steps   []*Step // composite
	Main    *String // node
	Pre     *String // node; docker: pre-entrypoint
	PreIf   *String
	Post    *String // node; docker: post-entrypoint
	PostIf  *String
	Image   *String // docker
	Env     *Map    // docker
	Args    []*String
	Span    source.Span
}

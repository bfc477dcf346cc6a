package workflow

import (
	"path"
	"strings"
)

// folder is where GitHub looks for workflows: in the folder itself, not below it.
const folder = ".github/workflows"

// IsDefinition reports whether the file at name, relative to a repository's root, is a workflow or an
// action's metadata.
func IsDefinition(name string) bool { return IsWorkflow(name) || isAction(name) }

// IsWorkflow reports whether the file at name is a workflow that GitHub runs.
func IsWorkflow(name string) bool {
	return path.Dir(name) == folder && (strings.HasSuffix(name, ".yml") || strings.HasSuffix(name, ".yaml"))
}

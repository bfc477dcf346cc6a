package workflow

import (
	"path"
	"strings"
)

// folder is where GitHub looks for workflows: in the folder itself, not below it.
const folder = ".github/workflows"

// IsDefinition reports whether the file at name, relative to a repository's root, is a workflow or an
// action's metadata.
func IsDefinition(name string) bool { return isWorkflow(name) || isAction(name) }

// isWorkflow reports whether the file at name is a workflow that GitHub runs.
func isWorkflow(name string) bool {
	return path.Dir(name) == folder && (strings.HasSuffix(name, ".yml") || strings.HasSuffix(name, ".yaml"))
}

// isAction reports whether the file at name is an action's metadata: it may stand anywhere but among
// the workflows.
func isAction(name string) bool {
	base := path.Base(name)
	if base != "action.yml" && base != "action.yaml" {
		return false
	}
	dir := path.Dir(name)
	return dir != folder && !strings.HasSuffix(dir, "/"+folder)
}

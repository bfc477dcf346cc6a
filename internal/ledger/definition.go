package ledger

import (
	"fmt"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/identity"
)

// ofDefinition says why a token's job isn't one of the workflows that count, each by its ref as the claim
// job_workflow_ref has it, in that workflow's own repository. what they are is for messages: "the collector's".
func ofDefinition(id identity.Identity, what string, definitions ...string) error {
	definition, ok := id.Get(identity.Definition)
	if !ok || definition == "" || !slices.Contains(definitions, definition) {
		claim, expected := id.ClaimFor(identity.Definition), "there are none"
		if len(definitions) > 0 {
			expected = fmt.Sprintf("%s is %q", what, strings.Join(definitions, `" or "`))
		}
		return fmt.Errorf("the ID token's %s is %s, %s", claim, id.Claims.Describe(claim), expected)
	}
	// A workflow that may be called has its name in the tokens of whoever calls it, on machines of theirs.
	if repository, ok := id.Claims.Text("repository"); !ok || !strings.HasPrefix(definition, repository+"/.github/workflows/") {
		return fmt.Errorf("the ID token's repository is %s: who calls a workflow from another repository isn't that workflow", id.Claims.Describe("repository"))
	}
	return nil
}

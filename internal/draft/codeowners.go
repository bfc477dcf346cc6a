package draft

import (
	"strings"

	"github.com/curfew-ci/curfew/internal/ownership"
)

// ownerOf is the first team or user that owns path, as "@org/team" or "@user"; "" where nobody does.
// Addresses are passed over: a manifest's owners are people who can be asked on the platform.
func ownerOf(code *ownership.File, path string) string {
	owners, _ := code.Of(path)
	for _, o := range owners {
		if strings.HasPrefix(o, "@") {
			return o
		}
	}
	return ""
}

package draft

import (
	"bytes"
	"fmt"

	"github.com/hmarr/codeowners"
)

// codeOwners answers who owns a path.
type codeOwners struct{ rules codeowners.Ruleset }

func readCodeOwners(src []byte) (codeOwners, error) {
	rules, err := codeowners.ParseFile(bytes.NewReader(src))
	if err != nil {
		return codeOwners{}, fmt.Errorf("read CODEOWNERS: %w; mend the line or move the file away", err)
	}
	return codeOwners{rules}, nil
}

// of is the first team or user that owns path, as "@org/team" or "@user"; "" where nobody does.
// Addresses are passed over: a manifest's owners are people who can be asked on the platform.
func (c codeOwners) of(path string) string {
	rule, err := c.rules.Match(path)
	if err != nil || rule == nil {
		return ""
	}
	for _, o := range rule.Owners {
		if o.Type == codeowners.TeamOwner || o.Type == codeowners.UsernameOwner {
			return o.String()
		}
	}
	return ""
}

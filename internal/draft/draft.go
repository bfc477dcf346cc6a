package draft

import (
	"time"

	"github.com/curfew-ci/curfew/internal/ownership"
	"github.com/curfew-ci/curfew/internal/usage"
)

// Term is how far ahead a drafted identity or exception expires: the longest that an exception may
// have without an organisation saying otherwise, so that a draft nobody reviews ends by itself.
const Term = 90 * 24 * time.Hour

// Input is what a first manifest is written from.
type Input struct {
	Usage      *usage.Repo
	CodeOwners []byte // the CODEOWNERS file, nil where there is none
	Repository string // OWNER/NAME, "" where it isn't known
	Branch     string // the default branch, "" where it isn't known
	Now        time.Time
}

// Manifest writes a manifest that entitles each job to what it uses today and nothing more. Every
// value that the repository's files don't prove ends in a "# review:" comment. The bytes are the same
// for the same input.
func Manifest(in Input) ([]byte, error) {
	owners, err := ownership.Parse("CODEOWNERS", in.CodeOwners)
	if err != nil {
		return nil, err
	}
	return print(newPlan(in, owners), in), nil
}

package gitrepo

import (
	"context"
	"errors"

	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
)

// Objects opens the object database of the tree's repository. Close it after use.
func (t *Tree) Objects(ctx context.Context) (*odb.DB, error) { return nil, errors.New("not yet") }

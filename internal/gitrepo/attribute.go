package gitrepo

import (
	"context"

	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
)

// Hit is a secret at a path.
type Hit struct {
	Path  PathID
	Blobs []odb.Num // all blobs that hold the secret at this path
}

// Attribution says where in a history a Hit is held: which commits have, at its path, one of its blobs.
type Attribution struct {
	// First is the first commit in order that holds it. None of its parents does, or they would stand
	// before it: it introduced the secret. Where several did, on parallel branches or by removing and adding it
	// again, it is the first of them in order. NoCommit where only a tag of a tree or blob holds it.
	First CommitIndex

	// Last is the last commit in order that holds it; of parallel branches, on whichever. Later commits of
	// the same branch don't have it.
	Last CommitIndex

	// InHead says that the commit that is checked out holds it.
	InHead bool

	// Tips is how many refs and other working trees' HEADs hold it that point elsewhere than HEAD; TipNames are
	// the names of some: branches before remote branches before others, then by name.
	Tips     int
	TipNames []string
}

// Attribute says for each of hits where it is held. It reads the trees above the hits' paths once more.
func (h *History) Attribute(ctx context.Context, hits []Hit) ([]Attribution, error) { return nil, nil }

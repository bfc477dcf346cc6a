package gitrepo

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
)

// repository is what git says of the repository that a Tree belongs to.
type repository struct {
	hash   odb.Hash
	common string // the folder that all its working trees share, with "objects" in it; absolute
}

// repository asks git, which knows how working trees, submodules and extensions.objectFormat are laid out.
func (t *Tree) repository(ctx context.Context) (repository, error) {
	if t.at.gitDir == "" {
		return repository{}, fmt.Errorf("read %s: %w", t.at.dir, errNoRepository)
	}
	// The folder comes last: its name may hold a newline.
	out, _, err := t.git(ctx, nil, "rev-parse", "--show-object-format", "--git-common-dir")
	if err != nil {
		return repository{}, fmt.Errorf("read %s: %w", t.at.dir, err)
	}
	format, common, _ := strings.Cut(strings.TrimSuffix(string(out), "\n"), "\n")
	if !filepath.IsAbs(common) {
		common = filepath.Join(t.at.dir, common)
	}
	for _, hash := range []odb.Hash{odb.SHA1, odb.SHA256} {
		if format == hash.String() {
			return repository{hash: hash, common: common}, nil
		}
	}
	return repository{}, fmt.Errorf("read %s: objects are named by %q: expected sha1 or sha256", t.at.dir, format)
}

// Objects opens the object database of the tree's repository, bare or not, and of the repositories that it
// borrows objects from. Close it after use.
func (t *Tree) Objects(ctx context.Context) (*odb.DB, error) {
	repo, err := t.repository(ctx)
	if err != nil {
		return nil, err
	}
	var db *odb.DB
	err = odb.Guard(func() (err error) {
		db, err = odb.Open(filepath.Join(repo.common, "objects"), repo.hash)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open the objects of %s: %w", t.at.dir, err)
	}
	return db, nil
}

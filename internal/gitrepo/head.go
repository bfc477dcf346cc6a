package gitrepo

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
)

// Head is the commit that is checked out; nil where there is none: outside of a repository, before the first commit, or
// where it can't be read.
func (t *Tree) Head(ctx context.Context) *Commit {
	c, err := t.Commit(ctx, "HEAD")
	if err != nil {
		return nil
	}
	return c
}

// HeadRef is the branch that is checked out, in full; "" where none is.
func (t *Tree) HeadRef(ctx context.Context) string {
	if t.at.gitDir == "" {
		return ""
	}
	out, _, err := t.git(ctx, nil, "symbolic-ref", "--quiet", "HEAD")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// Holds reports whether the commit has a file of that name.
func (c *Commit) Holds(name string) bool { return c.blobs[name] != "" }

// HoldsAs reports whether the commit has a file of that name with that content. Content is compared as it is: what git
// would convert first, line ends for one, it doesn't hold. To convert it would run what the repository configures.
func (c *Commit) HoldsAs(name string, content []byte) bool {
	want, err := odb.ParseID(c.blobs[name])
	if err != nil {
		return false
	}
	hash := odb.SHA1
	if len(c.blobs[name]) == 2*odb.SHA256.Size() {
		hash = odb.SHA256
	}
	return hash.Sum(odb.Blob, content) == want
}

// CommitID is the full id of the commit that rev names.
func (t *Tree) CommitID(ctx context.Context, rev string) (string, error) {
	id, err := t.resolve(ctx, rev)
	if err != nil {
		return "", err
	}
	return id.String(), nil
}

// InRepository reports whether the tree is a repository's, or a part of one's.
func (t *Tree) InRepository() bool { return t.at.gitDir != "" }

// Folder is the tree's place in its repository, with slashes; "" where it is the whole of one, or in none.
func (t *Tree) Folder() string {
	rel, err := filepath.Rel(t.at.worktree, t.at.dir)
	if err != nil || t.at.worktree == "" || rel == "." {
		return ""
	}
	return filepath.ToSlash(rel)
}

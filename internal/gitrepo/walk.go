package gitrepo

import (
	"context"
	"io/fs"
	"path"
	"strings"
)

// maxDepth is how many folders deep a walk goes. Each step opens all the folders above it.
const maxDepth = 200

// walk names everything below the folder but folders themselves and what is git's own.
func (t *Tree) walk(ctx context.Context) (names []string, skipped []*Skip, err error) {
	err = fs.WalkDir(t.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			skipped = append(skipped, unreadable(name, err))
		case path.Base(name) == ".git" && d.IsDir():
			return fs.SkipDir
		case d.IsDir() && strings.Count(name, "/") >= maxDepth:
			skipped = append(skipped, &Skip{Path: name, Reason: "folders that are nested too deep", Fix: "scan it by itself"})
			return fs.SkipDir
		case !d.IsDir() && path.Base(name) != ".git":
			names = append(names, name)
		}
		return nil
	})
	return names, skipped, err
}

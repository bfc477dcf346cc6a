package gitrepo

import (
	"fmt"
	"os"
	"path/filepath"
)

// layout says where a tree and its repository are. All paths are absolute and without symbolic links.
type layout struct {
	dir      string // the tree
	worktree string // the folder that has .git, dir or one above it; "" where there is none
	gitDir   string // worktree/.git, or dir where that is a bare repository; "" where there is neither
}

// discover finds the repository that dir belongs to: the nearest folder at or above it that has a .git.
//
// Git's own search isn't used: it lets a repository's configuration name another working tree, and takes
// any folder for a bare repository that is made to look like one, as a folder of a hostile tree can be.
// Here dir counts as bare only where there is no .git above it.
func discover(dir string) (layout, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return layout{}, err
	}
	abs, err = filepath.EvalSymlinks(abs)
	if err != nil {
		return layout{}, fmt.Errorf("open %s: %w; name a folder that exists", dir, cause(err))
	}
	if !isDir(abs) {
		return layout{}, fmt.Errorf("open %s: not a folder; name the folder that holds it", dir)
	}
	for at := abs; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, ".git")); err == nil {
			return layout{abs, at, filepath.Join(at, ".git")}, nil
		}
		if at == filepath.Dir(at) {
			break
		}
	}
	if isBare(abs) {
		return layout{dir: abs, gitDir: abs}, nil
	}
	return layout{dir: abs}, nil
}

// isBare reports whether dir has what git asks of a repository's own folder.
func isBare(dir string) bool {
	head, err := os.Lstat(filepath.Join(dir, "HEAD"))
	return err == nil && !head.IsDir() && isDir(filepath.Join(dir, "objects")) && isDir(filepath.Join(dir, "refs"))
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// MaxFileBytes is the size above which a file is not read.
const MaxFileBytes = 16 << 20

// Tree is the files under one folder: a repository's working tree, a part of one, or a plain folder.
type Tree struct {
	dir  string
	root *os.Root
	git  bool
}

// Skip is a file that is not read, and why. It is an error so that reading can return it.
type Skip struct {
	Path   string
	Reason string // "symbolic link", "larger than 16 MiB" …: the same for all files skipped alike
	Fix    string // what would change that, "" where nothing needs to
}

func (s *Skip) Error() string { return s.Path + ": " + s.Reason }

// Open opens the folder dir.
func Open(dir string) (*Tree, error) {
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return nil, fmt.Errorf("open %s: %w; name a folder that exists", dir, cause(err))
	case !info.IsDir():
		return nil, fmt.Errorf("open %s: not a folder; name the folder that holds it", dir)
	}
	inside, err := inRepository(dir)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", dir, cause(err))
	}
	return &Tree{dir: dir, root: root, git: inside}, nil
}

// Close releases the folder.
func (t *Tree) Close() error { return t.root.Close() }

// Files lists the files to read, sorted, with slashes: in a repository those that git tracks and those
// that it doesn't ignore, elsewhere all. What is never read (links, submodules, devices) is in skipped.
func (t *Tree) Files(ctx context.Context) (files []string, skipped []*Skip, err error) {
	names, skipped, err := t.list(ctx)
	if err != nil {
		return nil, nil, err
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		info, err := t.root.Lstat(filepath.FromSlash(name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue // tracked, but deleted in the working tree
		case err != nil:
			skipped = append(skipped, unreadable(name, err))
		case info.Mode().IsRegular():
			files = append(files, name)
		default:
			skipped = append(skipped, &Skip{Path: name, Reason: kindOf(info.Mode())})
		}
	}
	return files, skipped, nil
}

func (t *Tree) list(ctx context.Context) ([]string, []*Skip, error) {
	if t.git {
		return t.listGit(ctx)
	}
	return t.walk(ctx)
}

// listGit asks git. Entries that end in "/" are repositories of their own; tag S marks files that a
// sparse checkout leaves out.
func (t *Tree) listGit(ctx context.Context) ([]string, []*Skip, error) {
	out, err := git(ctx, t.dir, nil, "ls-files", "-z", "-t", "--cached", "--others", "--exclude-standard")
	if err != nil {
		return nil, nil, fmt.Errorf("list files: %w", err)
	}
	var names []string
	var skipped []*Skip
	for entry := range strings.SplitSeq(string(out), "\x00") {
		tag, name, ok := strings.Cut(entry, " ")
		switch {
		case !ok:
		case strings.HasSuffix(name, "/"):
			skipped = append(skipped, &Skip{Path: name, Reason: "a repository of its own", Fix: "scan it by itself"})
		case tag == "S":
			if _, err := t.root.Lstat(filepath.FromSlash(name)); err != nil {
				skipped = append(skipped, &Skip{Path: name, Reason: "outside of the sparse checkout", Fix: "git sparse-checkout disable"})
				continue
			}
			names = append(names, name)
		default:
			names = append(names, name)
		}
	}
	return names, skipped, nil
}

// walk lists a plain folder.
func (t *Tree) walk(ctx context.Context) ([]string, []*Skip, error) {
	var names []string
	var skipped []*Skip
	err := fs.WalkDir(t.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			skipped = append(skipped, unreadable(name, err))
		case !d.IsDir():
			names = append(names, name)
		}
		return nil
	})
	return names, skipped, err
}

// ReadFile returns a file's content. A *Skip says why there is none; an error that wraps
// fs.ErrNotExist, that there is no such file.
func (t *Tree) ReadFile(name string) ([]byte, error) {
	local := filepath.FromSlash(name)
	info, err := t.root.Lstat(local)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	case err != nil:
		return nil, unreadable(name, err)
	case !info.Mode().IsRegular():
		return nil, &Skip{Path: name, Reason: kindOf(info.Mode())}
	}
	// Without O_NONBLOCK, a pipe put in the file's place since would hang the scan.
	f, err := t.root.OpenFile(local, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, unreadable(name, err)
	}
	defer f.Close() //nolint:errcheck // only read
	src, err := io.ReadAll(io.LimitReader(f, MaxFileBytes+1))
	switch {
	case err != nil:
		return nil, unreadable(name, err)
	case len(src) > MaxFileBytes:
		return nil, &Skip{Path: name, Reason: fmt.Sprintf("larger than %d MiB", MaxFileBytes>>20)}
	}
	return src, nil
}

func kindOf(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeSymlink != 0:
		return "symbolic link, not followed"
	case mode.IsDir():
		return "a submodule"
	}
	return "not a regular file"
}

func unreadable(name string, err error) *Skip {
	return &Skip{Path: name, Reason: cause(err).Error(), Fix: "make it readable for the user that scans"}
}

// cause is what went wrong without the call and the path, which the caller says better.
func cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

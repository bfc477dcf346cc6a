package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"sync/atomic"
)

// Tree is the files under one folder: a repository's working tree, a part of one, or a plain folder. All
// its paths are relative to that folder, with slashes. Its methods may be called by several goroutines.
type Tree struct {
	at     layout
	root   *os.Root
	origin atomic.Pointer[string] // the remote's URL, once git has told it
}

// Open opens the folder dir. Close it after use.
func Open(dir string) (*Tree, error) {
	at, err := discover(dir)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(at.dir)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", dir, cause(err))
	}
	return &Tree{at: at, root: root}, nil
}

// Close releases the folder.
func (t *Tree) Close() error { return t.root.Close() }

// Shares reports whether t and other are folders of one working tree, or one bare repository.
func (t *Tree) Shares(other *Tree) bool {
	return t.at.gitDir != "" && t.at.gitDir == other.at.gitDir
}

// Files lists the regular files to read, sorted: in a repository those that git tracks and those that are
// neither tracked nor ignored, elsewhere all. A tracked file that was deleted is not in the tree and not
// told. Whatever else is there and never read is in skipped, sorted as well.
//
// A link is never followed. It is skipped, and only told where it doesn't lead to something of this tree
// that is listed by its own name.
func (t *Tree) Files(ctx context.Context) (files []string, skipped []*Skip, err error) {
	names, skipped, err := t.list(ctx)
	if err != nil {
		return nil, nil, err
	}
	slices.Sort(names)
	names = slices.Compact(names)
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		skip, file := t.judge(name, names)
		if skip != nil {
			skipped = append(skipped, skip)
		}
		if file {
			files = append(files, name)
		}
	}
	sortSkips(skipped)
	return files, skipped, nil
}

// judge looks at one of names, which are sorted, and says whether it is a file to read, or what to tell.
func (t *Tree) judge(name string, names []string) (skip *Skip, file bool) {
	info, err := t.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, false
	case err != nil:
		return unreadable(name, err), false
	case info.Mode()&fs.ModeSymlink != 0:
		return t.link(name, names), false
	}
	skip = unfit(name, info)
	return skip, skip == nil
}

// list names what is below the folder. Where git can't tell, or knows of nothing, as in a folder that is
// ignored as a whole, everything is named.
func (t *Tree) list(ctx context.Context) ([]string, []*Skip, error) {
	switch {
	case t.at.gitDir == "":
		return t.walk(ctx)
	case t.at.worktree == "":
		return nil, []*Skip{{Path: ".", Reason: "a bare repository, which has no files", Fix: "scan a checkout of it"}}, nil
	}
	out, complaints, err := t.git(ctx, nil, "ls-files", "-z", "-t", "--cached", "--others", "--exclude-standard")
	if ctx.Err() != nil {
		return nil, nil, ctx.Err()
	}
	if err == nil && len(out) > 0 {
		names, skipped := t.parseList(string(out))
		return names, append(skipped, unlisted(string(complaints))...), nil
	}
	names, skipped, walkErr := t.walk(ctx)
	if err != nil {
		reason := "which files git tracks (all were read instead): " + err.Error()
		skipped = append(skipped, &Skip{Path: ".", Reason: reason, Fix: "mend the repository"})
	}
	return names, skipped, walkErr
}

// parseList reads what "git ls-files -z -t" wrote: a tag, a blank and a path, each ended by NUL. Tag S
// marks what a sparse checkout leaves out; a path that ends in a slash is a repository of its own.
func (t *Tree) parseList(out string) (names []string, skipped []*Skip) {
	for entry := range strings.SplitSeq(strings.TrimSuffix(out, "\x00"), "\x00") {
		tag, name, _ := strings.Cut(entry, " ")
		if own, ok := strings.CutSuffix(name, "/"); ok {
			skipped = append(skipped, &Skip{Path: own, Reason: "a repository of its own", Fix: fixModule})
			continue
		}
		if tag == "S" && t.absent(name) {
			skipped = append(skipped, &Skip{Path: name, Reason: "left out by the sparse checkout", Fix: "git sparse-checkout disable"})
			continue
		}
		names = append(names, name)
	}
	return names, skipped
}

func (t *Tree) absent(name string) bool {
	_, err := t.root.Lstat(name)
	return errors.Is(err, fs.ErrNotExist)
}

// unlisted lists the folders of which git complained that it couldn't look into them; it ends well all
// the same.
func unlisted(complaints string) []*Skip {
	var out []*Skip
	for line := range strings.Lines(complaints) {
		rest, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "warning: could not open directory '")
		if !ok {
			continue
		}
		name, reason, _ := strings.Cut(rest, "': ")
		out = append(out, &Skip{Path: path.Clean(name), Reason: "could not be read: " + strings.ToLower(reason), Fix: fixRights})
	}
	return out
}

// workflows is the folder whose files have a meaning by their place, which they lack where a link leads.
const workflows = ".github/workflows"

// link judges a symbolic link: nil where it leads to one of names, which are sorted, or to a folder that
// has some of them, and doesn't stand where a workflow is looked for.
func (t *Tree) link(name string, names []string) *Skip {
	target, err := t.root.Readlink(name)
	if err != nil {
		return unreadable(name, err)
	}
	if name == ".github" || name == workflows || path.Dir(name) == workflows {
		return &Skip{Path: name, Reason: "a symbolic link among what the platform runs, which is not followed", Fix: fixPlain}
	}
	at := path.Join(path.Dir(name), target)
	if path.IsAbs(target) || !fs.ValidPath(at) {
		return &Skip{Path: name, Reason: "a symbolic link that leaves the tree", Fix: fixLink}
	}
	_, listed := slices.BinarySearch(names, at)
	i, _ := slices.BinarySearch(names, at+"/")
	if listed || at == "." || i < len(names) && strings.HasPrefix(names[i], at+"/") {
		return nil
	}
	return &Skip{Path: name, Reason: "a symbolic link to nothing that is listed", Fix: fixLink}
}

package gitrepo

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
)

// modeFile is the type bits of a regular file's mode, executable or not.
const modeFile = 0o100000

// ReadFile returns a file of at most so many bytes. The error wraps fs.ErrNotExist where the commit has none, and
// is a *Skip where it has something else than a regular file: a link, a submodule, a folder.
func (p *Pinned) ReadFile(ctx context.Context, name string, most int) ([]byte, error) {
	if !fs.ValidPath(name) || name == "." {
		return nil, fmt.Errorf("%q is not the path of a file in a repository", name)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var content []byte
	err := odb.Guard(func() error {
		folder, err := p.folder(ctx, path.Dir(name))
		if err != nil {
			return err
		}
		e, err := p.entry(folder, path.Base(name), name)
		if err != nil {
			return err
		}
		if e.mode&modeType != modeFile {
			return &Skip{Path: name, Reason: "not a regular file but a link, a submodule or a folder", Fix: fixPlain}
		}
		content, err = p.object(ctx, escaped(name), e.id, odb.Blob)
		return err
	})
	if err == nil && len(content) > most {
		err = &Skip{Path: name, Reason: fmt.Sprintf("of %d bytes, larger than %d", len(content), most), Fix: "shorten it"}
	}
	if err != nil {
		return nil, err
	}
	return content, nil
}

// Names lists what a folder holds beside folders, sorted: files, and also links and submodules, which ReadFile then
// refuses. The error wraps fs.ErrNotExist where there is no such folder.
func (p *Pinned) Names(ctx context.Context, dir string) ([]string, error) {
	if !fs.ValidPath(dir) {
		return nil, fmt.Errorf("%q is not a path in a repository", dir)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var names []string
	err := odb.Guard(func() error {
		folder, err := p.folder(ctx, dir)
		if err != nil {
			return err
		}
		return p.entries(folder, dir, func(e entry) {
			if e.mode&modeType != modeTree {
				names = append(names, string(e.name))
			}
		})
	})
	slices.Sort(names)
	return names, err
}

// Names lists what a folder of the tree holds beside folders, sorted: files, and also links, which ReadFile then
// refuses. The error wraps fs.ErrNotExist where there is no such folder; a link to one is none.
func (t *Tree) Names(dir string) ([]string, error) {
	info, err := t.root.Lstat(dir)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, cause(err))
	}
	if !info.IsDir() {
		return nil, &Skip{Path: dir, Reason: "not a folder", Fix: fixPlain}
	}
	f, err := t.root.OpenFile(dir, openFlags, 0)
	if err != nil {
		return nil, unreadable(dir, err)
	}
	defer f.Close() //nolint:errcheck // only read
	entries, err := f.ReadDir(-1)
	if err != nil {
		return nil, unreadable(dir, err)
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

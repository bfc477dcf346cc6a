package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// lockFile is what Replace locks, in the folder's root. It is no object's name.
const lockFile = ".lock"

// Replace writes an object that is there with that tag; ErrChanged where it has another by now,
// ErrNotFound where it isn't there. A reader sees the old data or the new, never part of either.
func (f *Folder) Replace(ctx context.Context, name, tag string, data []byte) error {
	if err := f.ready(ctx, name); err != nil {
		return f.wrap("replace", name, err)
	}
	temporary, err := f.temporary(data)
	if err != nil {
		return f.wrap("replace", name, err)
	}
	defer f.root.Remove(temporary) //nolint:errcheck // renamed, or never read
	unlock, err := f.lock()
	if err != nil {
		return f.wrap("replace", name, fmt.Errorf("lock: %w", err))
	}
	err = f.swap(name, tag, temporary)
	return f.wrap("replace", name, errors.Join(err, unlock()))
}

// swap puts a file in another's place. Who calls it holds the lock.
func (f *Folder) swap(name, tag, temporary string) error {
	have, err := f.read(name)
	if err != nil {
		return err
	}
	if tagOf(have) != tag {
		return ErrChanged
	}
	if err := f.root.Rename(temporary, name); err != nil {
		return err
	}
	return f.sync(path.Dir(name))
}

// List names objects. It walks all of the folder that prefix leads to, however few it returns.
func (f *Folder) List(ctx context.Context, prefix, after string, limit int) ([]string, error) {
	if limit < 1 || limit > MaxList {
		return nil, f.wrap("list", prefix, fmt.Errorf("a limit of %d: expected 1 to %d", limit, MaxList))
	}
	top := "."
	if i := strings.LastIndexByte(prefix, '/'); i >= 0 {
		if top = prefix[:i]; checkName(top) != nil {
			return nil, f.wrap("list", prefix, checkName(top))
		}
	}
	var names []string
	err := fs.WalkDir(f.root.FS(), top, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case name == top && errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case entry.IsDir() && name != top && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		case entry.Type().IsRegular() && strings.HasPrefix(name, prefix) && name > after && checkName(name) == nil:
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		return nil, f.wrap("list", prefix, err)
	}
	slices.Sort(names)
	return names[:min(len(names), limit)], nil
}

package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
)

// Pinned is a commit that is named by its full id, of which nothing is believed that the id doesn't prove. The
// commit, each tree on the way and the file are hashed and compared with their names: git hashes no pack that it
// reads, so that who can write into the object database can put anything under any name. Refs, replacements and
// grafts have no say. Its methods may be called by several goroutines, but for Close.
//
// Where ids are SHA-1, they prove as much as SHA-1 does.
type Pinned struct {
	ID string // of the commit, hexadecimal digits

	tree   *Tree
	db     *odb.DB
	mu     sync.Mutex
	reader *odb.Reader // mu's
	root   []byte      // the commit's tree, verified
}

// OpenPinned opens the commit of the repository that dir belongs to, by its id of 40 or 64 lower-case hexadecimal
// digits. Paths are relative to the commit's root, whatever dir is. Close it after use.
func OpenPinned(ctx context.Context, dir, id string) (*Pinned, error) {
	named, err := odb.ParseID(id)
	if err != nil || named.String() != id {
		return nil, fmt.Errorf("%q is no full commit id: expected 40 or 64 lower-case hexadecimal digits, since what a branch, a tag or a shorter id names can be changed", id)
	}
	tree, err := Open(dir)
	if err != nil {
		return nil, err
	}
	p := &Pinned{ID: id, tree: tree}
	if p.db, err = tree.Objects(ctx); err == nil {
		err = p.begin(ctx, named)
	}
	if err != nil {
		_ = p.Close()
		return nil, err
	}
	return p, nil
}

// begin reads the commit, and the tree that it names.
func (p *Pinned) begin(ctx context.Context, id odb.ID) error {
	p.reader = p.db.NewReader(contentCache)
	return odb.Guard(func() error {
		commit, err := p.object(ctx, "commit "+p.ID, id.Raw(), odb.Commit)
		if err != nil {
			return err
		}
		tree, _, _, ok := commitLinks(commit, nil, nil, p.db.Hash().Size())
		if !ok {
			return fmt.Errorf("commit %s names no tree", p.ID)
		}
		p.root, err = p.object(ctx, "the root of commit "+p.ID, tree, odb.Tree)
		return err
	})
}

// Close releases the repository.
func (p *Pinned) Close() error {
	var err error
	if p.db != nil {
		err = p.db.Close()
	}
	return errors.Join(err, p.tree.Close())
}

// object reads one, and compares its content with its id. What it returns is the caller's own.
func (p *Pinned) object(ctx context.Context, what string, raw []byte, want odb.Kind) ([]byte, error) {
	n, ok := p.db.FindRaw(raw)
	if !ok {
		return nil, fmt.Errorf("%s isn't in %s: %s", what, p.tree.at.dir, p.tree.fixAbsent(ctx, p.db))
	}
	kind, content, err := p.reader.Read(n)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	if sum := p.db.Hash().Sum(kind, content); kind != want || !slices.Equal(sum.Raw(), raw) {
		id, _ := odb.RawID(raw)
		return nil, fmt.Errorf("%s isn't the %s %s that it is stored as: somebody has changed the object database; clone the repository anew", what, want, id)
	}
	return slices.Clone(content), nil
}

// folder reads the tree of a folder; "." is the root's.
func (p *Pinned) folder(ctx context.Context, dir string) ([]byte, error) {
	raw := p.root
	if dir == "." {
		return raw, nil
	}
	at := ""
	for name := range strings.SplitSeq(dir, "/") {
		at = strings.TrimPrefix(at+"/"+name, "/")
		e, err := p.entry(raw, name, at)
		if err != nil {
			return nil, err
		}
		if e.mode&modeType != modeTree {
			return nil, &Skip{Path: at, Reason: "not a folder", Fix: fixPlain}
		}
		if raw, err = p.object(ctx, escaped(at), e.id, odb.Tree); err != nil {
			return nil, err
		}
	}
	return raw, nil
}

// entry is the one of a tree that has a name; at is its path. Two of one name are none that could be told apart.
func (p *Pinned) entry(raw []byte, name, at string) (entry, error) {
	var found []entry
	err := p.entries(raw, at, func(e entry) {
		if string(e.name) == name {
			found = append(found, e)
		}
	})
	switch {
	case err != nil:
		return entry{}, err
	case len(found) > 1:
		return entry{}, fmt.Errorf("%s stands more than once in commit %s", escaped(at), p.ID)
	case len(found) == 0:
		return entry{}, fmt.Errorf("%s in commit %s: %w", escaped(at), p.ID, fs.ErrNotExist)
	}
	return found[0], nil
}

// entries calls each for those of a tree.
func (p *Pinned) entries(raw []byte, at string, each func(entry)) error {
	size := p.db.Hash().Size()
	for i := 0; i < len(raw); {
		end := entryEnd(raw, i, size)
		if end == 0 {
			return fmt.Errorf("the folder of %s in commit %s is damaged", escaped(at), p.ID)
		}
		e, ok := entryAt(raw, i, end, size)
		if !ok {
			return fmt.Errorf("the folder of %s in commit %s is damaged", escaped(at), p.ID)
		}
		each(e)
		i = end
	}
	return nil
}

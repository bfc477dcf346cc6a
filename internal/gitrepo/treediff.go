package gitrepo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
)

// maxDiffText bounds what is read to compare two commits: the bytes of the folders that differ, and what git would write
// of each file that does. The whole of the largest public repositories takes half of it.
const maxDiffText = 256 << 20

// diffLine is what git writes of a file that differs, but for its path: two modes, two ids and what parts them.
const diffLine = 100

// treeDiff lists how two trees differ. git does the same, but holds all of it before it says any: a few trees that name
// each other often make it fill the memory.
type treeDiff struct {
	ctx    context.Context //nolint:containedctx // of the one call that the comparison lives in
	db     *odb.DB
	reader *odb.Reader
	room   int // what is left of maxDiffText
	out    []rawDiff
}

// compare lists what head has otherwise than base, below the tree's folder.
func (c *Changes) compare(ctx context.Context, base, head odb.ID) ([]rawDiff, error) {
	d := &treeDiff{ctx: ctx, db: c.db, reader: c.db.NewReader(historyCache), room: maxDiffText}
	err := odb.Guard(func() error {
		was, err := d.top(base, c.tree.top())
		if err != nil {
			return err
		}
		now, err := d.top(head, c.tree.top())
		if err != nil {
			return err
		}
		return d.folders("", was, now, 0)
	})
	if err != nil {
		return nil, c.tree.incomplete(ctx, "list what changed", err)
	}
	return d.out, nil
}

// top is the raw id of the folder that names lead to in a commit; nil where there is none.
func (d *treeDiff) top(commit odb.ID, names []string) ([]byte, error) {
	raw, err := d.read(commit.Raw(), odb.Commit)
	if err != nil {
		return nil, err
	}
	at, _, _, ok := commitLinks(raw, nil, nil, d.db.Hash().Size())
	if !ok {
		return nil, fmt.Errorf("commit %s names no folder", commit)
	}
	for _, name := range names {
		entries, err := d.entries(at)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(entries, func(e entry) bool { return e.tree() != nil && string(e.name) == name })
		if i < 0 {
			return nil, nil
		}
		at = entries[i].id
	}
	return at, nil
}

// folders compares two folders by their raw ids, of which one may be nil. Path is "" or ends in a slash.
func (d *treeDiff) folders(path string, was, now []byte, depth int) error {
	if bytes.Equal(was, now) {
		return nil
	}
	if depth > maxTreeDepth {
		return errors.New("folders are nested too deep: search them with git log -p by hand")
	}
	before, err := d.entries(was)
	if err != nil {
		return err
	}
	after, err := d.entries(now)
	if err != nil {
		return err
	}
	gone := make(map[string]entry, len(before))
	for _, e := range before {
		gone[string(e.name)] = e
	}
	for _, e := range after {
		if err := d.entry(path, gone[string(e.name)], e, depth); err != nil {
			return err
		}
	}
	for _, e := range after {
		delete(gone, string(e.name))
	}
	for _, e := range before {
		if _, ok := gone[string(e.name)]; ok {
			if err := d.entry(path, e, entry{}, depth); err != nil {
				return err
			}
		}
	}
	return nil
}

// entry compares what folders have under one name, of which either may be the zero value.
func (d *treeDiff) entry(path string, was, now entry, depth int) error {
	if was.mode == now.mode && bytes.Equal(was.id, now.id) {
		return nil
	}
	name := was.name
	if name == nil {
		name = now.name
	}
	path += string(name)
	if err := d.take(len(path) + diffLine); err != nil {
		return err
	}
	d.file(path, was, now)
	return d.folders(path+"/", was.tree(), now.tree(), depth+1)
}

// file lists what there is at a path instead of what was, as far as either is no folder.
func (d *treeDiff) file(path string, was, now entry) {
	diff := rawDiff{path: path, status: 'M'}
	if was.isFile() {
		diff.oldMode = was.mode
		diff.oldBlob, _ = odb.RawID(was.id)
	} else {
		diff.status = 'A'
	}
	if now.isFile() {
		diff.mode = now.mode
		diff.now, _ = odb.RawID(now.id)
	} else {
		diff.status = 'D'
	}
	if was.isFile() || now.isFile() {
		d.out = append(d.out, diff)
	}
}

// tree is the raw id of an entry that is a folder; nil of any other.
func (e entry) tree() []byte {
	if e.mode&modeType == modeTree {
		return e.id
	}
	return nil
}

// isFile reports whether there is something that is no folder.
func (e entry) isFile() bool { return e.id != nil && e.mode&modeType != modeTree }

// entries reads the folder of a raw id; nil has none.
func (d *treeDiff) entries(id []byte) ([]entry, error) {
	if err := d.ctx.Err(); id == nil || isEmptyTree(id) || err != nil {
		return nil, err
	}
	raw, err := d.read(id, odb.Tree)
	if err != nil {
		return nil, err
	}
	if err := d.take(len(raw) + diffLine); err != nil {
		return nil, err
	}
	entries, ok := splitTree(slices.Clone(raw), d.db.Hash().Size()) // the reader's own goes as it reads on
	if !ok {
		id, _ := odb.RawID(id)
		return nil, fmt.Errorf("folder %s is damaged: %s", id, fixDamage)
	}
	return entries, nil
}

// splitTree lists the entries of a tree; false where it is damaged.
func splitTree(raw []byte, idSize int) (out []entry, ok bool) {
	for at, end := 0, 0; at < len(raw); at = end {
		if end = entryEnd(raw, at, idSize); end == 0 {
			return nil, false
		}
		e, ok := entryAt(raw, at, end, idSize)
		if !ok {
			return nil, false
		}
		out = append(out, e)
	}
	return out, true
}

// read reads an object of a kind. The result holds until the next.
func (d *treeDiff) read(raw []byte, kind odb.Kind) ([]byte, error) {
	id, _ := odb.RawID(raw)
	n, ok := d.db.FindRaw(raw)
	if !ok {
		return nil, fmt.Errorf("the repository lacks %s %s", kind, id)
	}
	is, content, err := d.reader.Read(n)
	switch {
	case err != nil:
		return nil, err
	case is != kind:
		return nil, fmt.Errorf("object %s is a %s, named as a %s: %s", id, is, kind, fixDamage)
	}
	return content, nil
}

// take notes how much was read.
func (d *treeDiff) take(n int) error {
	if d.room -= n; d.room < 0 {
		return fmt.Errorf("more than %d MiB of folders and files differ: name a nearer base, or scan the repository's folders one by one", maxDiffText>>20)
	}
	return nil
}

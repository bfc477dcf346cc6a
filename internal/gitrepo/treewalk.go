package gitrepo

import (
	"context"
	"encoding/hex"

	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
)

// maxTreeDepth is how many folders deep a tree is read: git's own core.maxTreeDepth.
const maxTreeDepth = 2048

// maxHeld bounds the bytes of trees that are kept to compare with.
const maxHeld = 128 << 20

// boundary is the commit of pairs that HistoryOptions.Since has and that are not listed.
const boundary CommitIndex = -2

// treeWalk gathers the pairs of blobs and paths that trees hold.
//
// Each folder keeps the content of the tree that was read there last. Of the next one only the entries that
// differ from it are looked at. That loses nothing, whatever the order of the commits: the entries that both
// have were looked at, and so was all below them, when they were new to this folder.
type treeWalk struct {
	ctx    context.Context //nolint:containedctx // of the one call that the walk lives in
	db     *odb.DB
	reader *odb.Reader
	gaps   *gaps
	paths  *paths
	top    []string // names of the folders down to the one that is wanted

	commit  CommitIndex // whose tree is being read
	read    places      // the trees that were read, by folder
	blobs   places      // the blobs that were found, by path
	found   []foundPair
	modules map[PathID]struct{}

	folders []int32  // by PathID as far as needed, the index of its folder in last + 1
	last    [][]byte // by folder, the tree that was read there last
	held    int      // bytes of last
	fresh   []int32  // a stack: where the entries to look at begin
	visits  int
}

// foundPair is a pair with its blob.
type foundPair struct {
	blob odb.Num
	Pair
}

func newTreeWalk(ctx context.Context, db *odb.DB, reader *odb.Reader, top []string) *treeWalk {
	w := &treeWalk{ctx: ctx, db: db, reader: reader, gaps: &gaps{}, paths: newPaths(), top: top, modules: map[PathID]struct{}{}}
	w.read, w.blobs = newPlaces(db.Len()), newPlaces(db.Len())
	return w
}

// commits walks the trees of what Since left out next to what is listed, then those of the commits in order,
// then what tags name outright. What can't be read is put in gaps.
func (w *treeWalk) commits(g *graph, order []int32, tips []tip, gaps *gaps) error {
	for _, slot := range g.boundary(order) {
		if err := w.root(boundary, g.tree[slot]); err != nil {
			return err
		}
	}
	w.gaps, w.modules = gaps, map[PathID]struct{}{} // what is left out may be incomplete
	for i, slot := range order {
		if err := w.root(CommitIndex(i), g.tree[slot]); err != nil {
			return err
		}
	}
	for i := range tips {
		if err := tips[i].read(w); err != nil {
			return err
		}
	}
	return nil
}

// root reads the tree of a commit, and what is new below it.
func (w *treeWalk) root(commit CommitIndex, tree odb.Num) error {
	w.commit = commit
	return w.visit(rootPath, tree, 0)
}

// visit reads a tree at path, and what is new below it.
func (w *treeWalk) visit(path PathID, tree odb.Num, depth int) error {
	if tree < 0 { // none, or nothing in it
		return nil
	}
	isNew, room := w.read.add(tree, path)
	if !room {
		w.gaps.note(tooMany, w.where(path))
	}
	if !isNew {
		return nil
	}
	if w.visits++; w.visits%1024 == 0 && w.ctx.Err() != nil {
		return w.ctx.Err()
	}
	kind, raw, err := w.reader.Read(tree)
	switch {
	case err != nil:
		w.gaps.unread(w.db.ID(tree), w.where(path), err)
		return nil
	case kind != odb.Tree:
		w.gaps.add(wrongKind, w.db.ID(tree), w.where(path))
		return nil
	}
	folder := w.folder(path)
	bottom := len(w.fresh)
	var whole bool
	w.fresh, whole = appendFresh(w.fresh, w.last[folder], raw, w.db.Hash().Size())
	w.held -= cap(w.last[folder])
	raw = append(w.last[folder][:0], raw...) // the reader's own goes as it reads on
	w.held += cap(raw)
	w.last[folder] = raw
	for i := bottom; i < len(w.fresh); i++ {
		if err := w.entry(path, raw, int(w.fresh[i]), depth); err != nil {
			return err
		}
	}
	w.fresh = w.fresh[:bottom]
	if !whole {
		w.gaps.add(wrongKind, w.db.ID(tree), w.where(path))
	}
	if !whole || w.held > maxHeld { // then the next is looked at as if it were the first
		w.held -= cap(raw)
		w.last[folder] = nil
	}
	return nil
}

// folder is the index in last of the folder at path.
func (w *treeWalk) folder(path PathID) int32 {
	for int(path) >= len(w.folders) {
		w.folders = append(w.folders, 0)
	}
	if w.folders[path] == 0 {
		w.last = append(w.last, nil)
		w.folders[path] = int32(len(w.last)) //nolint:gosec // fewer than paths
	}
	return w.folders[path] - 1
}

// entry looks at the entry that begins at byte at of the tree at path.
func (w *treeWalk) entry(path PathID, raw []byte, at, depth int) error {
	idSize := w.db.Hash().Size()
	e, ok := entryAt(raw, at, entryEnd(raw, at, idSize), idSize)
	kind := e.mode & modeType
	switch {
	case !ok:
		id, _ := odb.RawID(e.id)
		w.gaps.add(wrongKind, id, w.where(path))
		return nil
	case depth < len(w.top) && (kind != modeTree || string(e.name) != w.top[depth]):
		return nil
	case depth >= maxTreeDepth:
		w.gaps.note(tooDeep, w.where(path))
		return nil
	}
	child := w.paths.child(path, e.name)
	if child == noPath {
		w.gaps.note(tooMany, w.where(path))
		return nil
	}
	switch kind {
	case modeSubmodule:
		w.modules[child] = struct{}{}
		return nil
	case modeTree:
		tree, ok := findTree(w.db, e.id)
		if !ok {
			w.lack(lackTree, e.id, child)
		}
		return w.visit(child, tree, depth+1)
	}
	blob, ok := w.db.FindRaw(e.id)
	if !ok {
		w.lack(lackBlob, e.id, child)
		return nil
	}
	w.pair(blob, child)
	return nil
}

// pair keeps that the commit has blob at path.
func (w *treeWalk) pair(blob odb.Num, path PathID) {
	isNew, room := w.blobs.add(blob, path)
	switch {
	case !room:
		w.gaps.note(tooMany, w.where(w.paths.parent[path]))
	case isNew:
		w.found = append(w.found, foundPair{blob, Pair{path, w.commit}})
	}
}

func (w *treeWalk) lack(kind lack, raw []byte, path PathID) {
	id, _ := odb.RawID(raw)
	w.gaps.add(kind, id, w.where(path))
}

// where names a path of the commit that is read, for when it is told.
func (w *treeWalk) where(path PathID) func() string {
	return func() string {
		if path == rootPath {
			return "the top folder"
		}
		return w.paths.String(path, w.top)
	}
}

// findTree looks a tree up; noObject and false where there is none.
func findTree(db *odb.DB, raw []byte) (odb.Num, bool) {
	n, ok := db.FindRaw(raw)
	switch {
	case ok:
		return n, true
	case isEmptyTree(raw):
		return emptyTree, true
	}
	return noObject, false
}

// The ids of the tree that has nothing in it, which git need not store.
const (
	emptyTreeSHA1   = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
	emptyTreeSHA256 = "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"
)

func isEmptyTree(raw []byte) bool {
	digits := hex.EncodeToString(raw)
	return digits == emptyTreeSHA1 || digits == emptyTreeSHA256
}

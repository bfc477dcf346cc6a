package gitrepo

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
)

// HistoryOptions says what of a history is wanted. The zero value asks for all of it.
type HistoryOptions struct {
	// Since are revisions whose history is left out: commits that one of them reaches, and what the
	// commits next to the ones left have at the same path.
	Since []string
}

// CommitIndex is the place of a commit in a History's order, from 0 up to Len: parents stand before their
// children, and of those that could come next the one with the earlier committer time, then the smaller id.
type CommitIndex int32

// NoCommit stands where no commit is: a tag may name a tree or a file outright.
const NoCommit CommitIndex = -1

// Pair is a blob at a path: what some commit holds there.
type Pair struct {
	Path  PathID
	First CommitIndex // the first commit in order that has it; NoCommit where only a tag of a tree or blob does
	Link  bool        // the blob is the target of a symbolic link, and was nothing else at this path
}

// History is which blobs the commits of a repository hold at which paths. It refers to the database that it
// was read from, which must stay open. Its methods may be called by several goroutines.
type History struct {
	// Shallow says that the clone lacks the older commits.
	Shallow bool

	// Missing says what else could not be read.
	Missing []Missing

	// Submodules is the number of places at which other repositories' commits are named.
	Submodules int

	db   *odb.DB
	gaps *gaps
	top  []string // as in treeWalk

	commits   []odb.Num // by CommitIndex
	roots     []odb.Num // their trees, or noObject, or emptyTree
	parents   []CommitIndex
	parentEnd []int32 // those of commit i are parents[parentEnd[i]:parentEnd[i+1]]
	tips      []tip
	head      int32 // the slot of HEAD's commit; -1 where there is none

	paths   *paths
	pairs   []Pair
	pairEnd []int32
	blobs   int
}

// History reads all commits that HEAD, refs, or other working trees' HEADs reach, and their trees. Paths are
// relative to t's folder, and of a part of the working tree only that part is read. Grafts and replaced
// objects have no say.
func (t *Tree) History(ctx context.Context, db *odb.DB, options HistoryOptions) (*History, error) {
	repo, err := t.repository(ctx)
	if err != nil {
		return nil, err
	}
	shallow, err := shallowCommits(repo.common)
	if err != nil {
		return nil, fmt.Errorf("read where the clone %s ends: %w", t.at.dir, err)
	}
	refs, broken, err := t.refs(ctx, repo.common)
	if err != nil {
		return nil, err
	}
	since, err := t.since(ctx, db, options.Since)
	if err != nil {
		return nil, err
	}
	h := &History{db: db, gaps: &gaps{}, top: t.top()}
	for _, fault := range db.Faults() {
		h.gaps.note(lackStore, fault.String)
	}
	for _, name := range broken {
		h.gaps.note(lackRef, func() string { return name })
	}
	reader := db.NewReader(historyCache)
	g := newGrower(ctx, db, reader, shallow, h.gaps)
	tips := g.tips(refs)
	for _, n := range since {
		if slot, ok := g.add(n, -1, "a revision of Since"); ok {
			g.exclude(slot)
		}
	}
	if err := g.grow(); err != nil {
		return nil, err
	}
	g.tellAbsent()
	order := g.ordered()
	w := newTreeWalk(ctx, db, reader, h.gaps, h.top)
	if err := h.readTrees(g, w, order, tips); err != nil {
		return nil, err
	}
	h.keep(g, w, order, tips)
	h.Missing = h.gaps.list(t.fixAbsent(ctx, db))
	return h, nil
}

// historyCache is how many bytes of trees and commits are kept for those that are made of them.
const historyCache = 16 << 20

// top names the folders from the repository's down to the tree's.
func (t *Tree) top() []string {
	rel, err := filepath.Rel(t.at.worktree, t.at.dir)
	if t.at.worktree == "" || err != nil || rel == "." {
		return nil
	}
	return strings.Split(filepath.ToSlash(rel), "/")
}

// since finds the commits of revisions.
func (t *Tree) since(ctx context.Context, db *odb.DB, revisions []string) ([]odb.Num, error) {
	var out []odb.Num
	for _, rev := range revisions {
		id, err := t.resolve(ctx, rev)
		if err != nil {
			return nil, err
		}
		n, ok := db.Find(id)
		if !ok {
			return nil, fmt.Errorf("read %s: the repository lacks commit %s", rev, id)
		}
		out = append(out, n)
	}
	return out, nil
}

// readTrees walks the trees of what Since left out next to what is listed, then those of the commits in
// order, then what tags name outright.
func (h *History) readTrees(g *grower, w *treeWalk, order []int32, tips []tip) error {
	w.gaps = &gaps{} // what is left out may be incomplete
	for _, slot := range g.boundary(order) {
		if err := w.root(boundary, g.tree[slot]); err != nil {
			return err
		}
	}
	w.gaps, w.modules = h.gaps, map[PathID]struct{}{}
	for i, slot := range order {
		if err := w.root(CommitIndex(i), g.tree[slot]); err != nil { //nolint:gosec // fewer than db.Len
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

// keep takes over what was read, in the commits' final order.
func (h *History) keep(g *grower, w *treeWalk, order []int32, tips []tip) {
	index := make([]CommitIndex, len(g.num))
	for i := range index {
		index[i] = NoCommit
	}
	for i, slot := range order {
		index[slot] = CommitIndex(i) //nolint:gosec // fewer than db.Len
	}
	h.commits, h.roots, h.parentEnd = make([]odb.Num, len(order)), make([]odb.Num, len(order)), make([]int32, len(order)+1)
	for i, slot := range order {
		h.commits[i], h.roots[i] = g.num[slot], g.tree[slot]
		h.Shallow = h.Shallow || g.flags[slot]&grafted != 0
		for _, n := range g.parentsOf(slot) {
			if parent, ok := g.slot(n); ok && index[parent] != NoCommit {
				h.parents = append(h.parents, index[parent])
			}
		}
		h.parentEnd[i+1] = int32(len(h.parents)) //nolint:gosec // as in graph
	}
	h.tips, h.head = tips, -1
	if i := slices.IndexFunc(tips, func(t tip) bool { return t.name == headName }); i >= 0 {
		h.head = tips[i].slot
	}
	h.Submodules, h.paths = len(w.modules), w.paths
	h.sortPairs(w)
}

// sortPairs orders what was found by blob: those of blob n are pairs[pairEnd[n]:pairEnd[n+1]].
func (h *History) sortPairs(w *treeWalk) {
	end := make([]int32, h.db.Len()+1)
	total := int32(0)
	for _, p := range w.found {
		if p.First != boundary {
			end[p.blob+1]++
			total++
		}
	}
	for n := range h.db.Len() {
		if end[n+1] > 0 {
			h.blobs++
		}
		end[n+1] += end[n]
	}
	h.pairs = make([]Pair, total)
	at := w.blobs.first // no longer needed
	copy(at, end)
	for _, p := range w.found {
		if p.First != boundary {
			h.pairs[at[p.blob]] = p.Pair
			at[p.blob]++
		}
	}
	h.pairEnd = end
}

// Len is the number of commits.
func (h *History) Len() int { return len(h.commits) }

// ID is the commit's id.
func (h *History) ID(i CommitIndex) odb.ID { return h.db.ID(h.commits[i]) }

// Parents are the commit's parents that are part of the history.
func (h *History) Parents(i CommitIndex) []CommitIndex {
	return h.parents[h.parentEnd[i]:h.parentEnd[i+1]]
}

// Describe reads who made the commit, when, and what for.
func (h *History) Describe(i CommitIndex) (CommitInfo, error) {
	id := h.ID(i)
	kind, raw, err := h.db.NewReader(0).Read(h.commits[i])
	if err != nil || kind != odb.Commit {
		return CommitInfo{ID: id}, fmt.Errorf("read commit %s: %w", id, err)
	}
	return parseInfo(id, raw), nil
}

// Reaches reports whether blob n is at some path of some commit.
func (h *History) Reaches(n odb.Num) bool { return h.pairEnd[n] < h.pairEnd[n+1] }

// Pairs lists the paths at which blob n was, in the order in which commits brought them.
func (h *History) Pairs(n odb.Num) []Pair { return h.pairs[h.pairEnd[n]:h.pairEnd[n+1]] }

// Blobs is the number of blobs that the history reaches.
func (h *History) Blobs() int { return h.blobs }

// Places is the number of pairs of a blob and a path.
func (h *History) Places() int { return len(h.pairs) }

// Path is the path's text, with slashes. It may hold any byte but NUL.
func (h *History) Path(p PathID) string { return h.paths.String(p, h.top) }

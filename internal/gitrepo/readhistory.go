package gitrepo

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
)

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
	gaps := &gaps{}
	gaps.noteAll(db.Faults(), broken)
	g := newGrower(ctx, db, db.NewReader(historyCache), shallow, gaps)
	tips := g.tips(refs)
	if err := g.grow(tips, since); err != nil {
		return nil, err
	}
	order, err := g.ordered()
	if err != nil {
		return nil, err
	}
	w := newTreeWalk(ctx, db, g.reader, t.top())
	if err := w.commits(&g.graph, order, tips, gaps); err != nil {
		return nil, err
	}
	h := &History{db: db, top: w.top}
	h.keep(&g.graph, order, tips)
	h.Submodules, h.paths = len(w.modules), w.paths
	h.sortPairs(w)
	h.Missing = gaps.list(func() string { return t.fixAbsent(ctx, db) })
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

// keep takes over the commits in their final order.
func (h *History) keep(g *graph, order []int32, tips []tip) {
	h.commits, h.roots = make([]odb.Num, len(order)), make([]odb.Num, len(order))
	for i, slot := range order {
		h.commits[i], h.roots[i] = g.num[slot], g.tree[slot]
		h.Shallow = h.Shallow || g.flags[slot]&grafted != 0
	}
	h.tips, h.head = tips, -1
	if i := slices.IndexFunc(tips, func(t tip) bool { return t.name == headName }); i >= 0 {
		h.head = tips[i].slot
	}
}

// sortPairs orders what was found by blob: those of blob n are pairs[pairEnd[n]:pairEnd[n+1]].
func (h *History) sortPairs(w *treeWalk) {
	end := make([]int32, h.db.Len()+1)
	total := int32(0)
	for _, p := range w.found {
		if p.First == boundary {
			h.before = append(h.before, p)
			continue
		}
		end[p.blob+1]++
		total++
	}
	slices.SortFunc(h.before, func(a, b foundPair) int { return cmp.Compare(a.Path, b.Path) })
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

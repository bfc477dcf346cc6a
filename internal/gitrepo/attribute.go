package gitrepo

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
)

// Hit is a secret at a path.
type Hit struct {
	Path  PathID
	Blobs []odb.Num // all blobs that hold the secret at this path
}

// Attribution says where in a history a Hit is held: which commits have, at its path, one of its blobs.
type Attribution struct {
	// First is the first commit in order that holds it. None of its parents does, or that one would stand
	// before it: First introduced the secret. Where several commits did, on parallel branches or by adding it
	// again after it was removed, it is the first of them in order. A merge introduced what none of its parents
	// has. NoCommit where no commit holds it, but a tag of a tree or blob does, or a commit that Since reaches.
	First CommitIndex

	// Last is the last commit in order that holds it, on whichever of parallel branches. Later commits may
	// descend from it or not: none holds it.
	Last CommitIndex

	// InHead says that the commit that is checked out holds it.
	InHead bool

	// Tips is how many refs and other working trees' HEADs hold it that name another commit than HEAD does.
	// TipNames are the names of some: branches before remotes' branches before others, then by name.
	Tips     int
	TipNames []string
}

// maxTipNames is how many tips an Attribution names.
const maxTipNames = 3

// Attribute says for each of hits where it is held. It reads the trees above the hits' paths from the last
// commit backwards, until it has met all hits, then those of the tips.
func (h *History) Attribute(ctx context.Context, hits []Hit) ([]Attribution, error) {
	a := newAttribution(h, hits)
	for i := CommitIndex(len(h.commits) - 1); i >= 0 && a.unmet > 0; i-- { //nolint:gosec // fewer than db.Len
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		a.commit = i
		a.enter(0, h.roots[i], noObject)
	}
	a.commit = NoCommit
	for _, t := range h.tipOrder() {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		a.tip(t)
	}
	return a.results(), nil
}

// tipOrder lists the tips so that those of like trees follow each other: by commit.
func (h *History) tipOrder() []int {
	order := make([]int, len(h.tips))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(h.tips[b].slot, h.tips[a].slot) })
	return order
}

// attribution is a tree of the hits' paths, and what the tree that was read last has there.
type attribution struct {
	h      *History
	reader *odb.Reader
	hits   []Hit
	out    []Attribution
	ranks  [][]int // by hit, the ranks of the tips that are named
	ranked []int   // by tip, its rank
	nodes  []attrNode

	held   []int32 // the hits that the tree holds
	at     []int32 // by hit, its place in held; -1
	commit CommitIndex
	unmet  int // how many hits no commit was met for that holds them, from the last on
}

// attrNode is a path that leads to hits.
type attrNode struct {
	name     []byte
	children []int32
	byName   map[string]int32 // the children, where they are many
	hits     []int32          // that are at this very path

	tree, blob         odb.Num // what is there, or noObject
	nextTree, nextBlob odb.Num // what the tree that is being read has there
}

// manyChildren is how many are found faster by a map than by looking at each.
const manyChildren = 6

func newAttribution(h *History, hits []Hit) *attribution {
	a := &attribution{h: h, reader: h.db.NewReader(historyCache), hits: hits, commit: NoCommit}
	a.nodes = []attrNode{{tree: noObject, blob: noObject}}
	nodes := map[PathID]int32{rootPath: 0}
	for i, hit := range hits {
		first := h.first(hit)
		if first != NoCommit {
			a.unmet++
		}
		a.out = append(a.out, Attribution{First: first, Last: NoCommit})
		a.at = append(a.at, -1)
		node := a.node(nodes, hit.Path)
		a.nodes[node].hits = append(a.nodes[node].hits, int32(i)) //nolint:gosec // fewer than pairs
	}
	for i := range a.nodes {
		if node := &a.nodes[i]; len(node.children) > manyChildren {
			node.byName = map[string]int32{}
			for _, child := range node.children {
				node.byName[string(a.nodes[child].name)] = child
			}
		}
	}
	a.ranks, a.ranked = make([][]int, len(hits)), h.rankTips()
	return a
}

// node is the number of the node of path; nodes knows those that were made.
func (a *attribution) node(nodes map[PathID]int32, path PathID) int32 {
	if n, ok := nodes[path]; ok {
		return n
	}
	parent := a.node(nodes, a.h.paths.parent[path])
	n := int32(len(a.nodes)) //nolint:gosec // fewer than paths
	a.nodes = append(a.nodes, attrNode{name: a.h.paths.name(path), tree: noObject, blob: noObject})
	a.nodes[parent].children = append(a.nodes[parent].children, n)
	nodes[path] = n
	return n
}

// first is the first commit in order that holds the hit: its pairs were found in that order.
func (h *History) first(hit Hit) CommitIndex {
	best := NoCommit
	for _, n := range hit.Blobs {
		for _, p := range h.Pairs(n) {
			if p.Path == hit.Path && p.First != NoCommit && (best == NoCommit || p.First < best) {
				best = p.First
			}
		}
	}
	return best
}

// enter says what the next tree has at a node. Below, only what is another than before is looked at.
func (a *attribution) enter(n int32, tree, blob odb.Num) {
	node := &a.nodes[n]
	if node.blob != blob {
		node.blob = blob
		for _, hit := range node.hits {
			a.hold(hit, blob != noObject && slices.Contains(a.hits[hit].Blobs, blob))
		}
	}
	if node.tree == tree {
		return
	}
	node.tree = tree
	a.look(node)
	for _, child := range node.children {
		a.enter(child, a.nodes[child].nextTree, a.nodes[child].nextBlob)
	}
}

// look reads which of a node's children its tree has. What can't be read has none; History told that.
func (a *attribution) look(node *attrNode) {
	for _, child := range node.children {
		a.nodes[child].nextTree, a.nodes[child].nextBlob = noObject, noObject
	}
	if node.tree < 0 || len(node.children) == 0 {
		return
	}
	kind, raw, err := a.reader.Read(node.tree)
	if err != nil || kind != odb.Tree {
		return
	}
	idSize := a.h.db.Hash().Size()
	for at, end := 0, 0; at < len(raw); at = end {
		if end = entryEnd(raw, at, idSize); end == 0 {
			return
		}
		if e, ok := entryAt(raw, at, end, idSize); ok {
			a.match(node, e)
		}
	}
}

// match notes an entry that is one of the node's children.
func (a *attribution) match(node *attrNode, e entry) {
	child, ok := a.child(node, e.name)
	if !ok {
		return
	}
	next := &a.nodes[child]
	switch e.mode & modeType {
	case modeTree:
		next.nextTree, _ = findTree(a.h.db, e.id)
	case modeSubmodule:
	default:
		if n, ok := a.h.db.FindRaw(e.id); ok {
			next.nextBlob = n
		}
	}
}

// child is the node's child of that name.
func (a *attribution) child(node *attrNode, name []byte) (int32, bool) {
	if node.byName != nil {
		child, ok := node.byName[string(name)]
		return child, ok
	}
	for _, child := range node.children {
		if bytes.Equal(a.nodes[child].name, name) {
			return child, true
		}
	}
	return 0, false
}

// hold notes that the tree holds a hit, or no longer does.
func (a *attribution) hold(hit int32, holds bool) {
	at := a.at[hit]
	switch {
	case holds && at < 0:
		a.at[hit] = int32(len(a.held)) //nolint:gosec // fewer than hits
		a.held = append(a.held, hit)
	case !holds && at >= 0:
		last := a.held[len(a.held)-1]
		a.held[at], a.at[last] = last, at
		a.held, a.at[hit] = a.held[:len(a.held)-1], -1
	}
	if out := &a.out[hit]; holds && a.commit != NoCommit && out.Last == NoCommit {
		out.Last = a.commit
		a.unmet--
	}
}

// tip notes what a tip holds.
func (a *attribution) tip(i int) {
	t, head := &a.h.tips[i], a.h.head
	if t.blob != noObject {
		for hit := range a.hits {
			if a.hits[hit].Path == t.path && slices.Contains(a.hits[hit].Blobs, t.blob) {
				a.count(hit, i)
			}
		}
		return
	}
	if t.slot >= 0 && t.slot == head && t.name != headName {
		return
	}
	a.enter(0, t.tree, noObject)
	for _, hit := range a.held {
		if t.name == headName {
			a.out[hit].InHead = true
		} else {
			a.count(int(hit), i)
		}
	}
}

// count counts a tip that holds a hit, and keeps its rank if it is among the lowest.
func (a *attribution) count(hit, tip int) {
	a.out[hit].Tips++
	rank := a.ranked[tip]
	at, _ := slices.BinarySearch(a.ranks[hit], rank)
	if at < maxTipNames {
		ranks := slices.Insert(a.ranks[hit], at, rank)
		a.ranks[hit] = ranks[:min(len(ranks), maxTipNames)]
	}
}

func (a *attribution) results() []Attribution {
	names := make([]string, len(a.ranked))
	for tip, rank := range a.ranked {
		names[rank] = a.h.tips[tip].name
	}
	for hit := range a.out {
		out := &a.out[hit]
		out.Last = max(out.Last, out.First) // where a tree names a path twice
		for _, rank := range a.ranks[hit] {
			out.TipNames = append(out.TipNames, names[rank])
		}
	}
	return a.out
}

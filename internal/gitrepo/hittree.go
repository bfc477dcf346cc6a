package gitrepo

import (
	"bytes"
	"slices"

	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
)

// attribution is a tree of the hits' paths, and what the tree that was read last has there.
type attribution struct {
	h      *History
	reader *odb.Reader
	hits   []Hit
	out    []Attribution
	ranks  [][]int // by hit, the ranks of the tips that are named
	ranked []int   // by tip, its rank
	nodes  []attrNode

	looked table     // by node and tree, where what the node's children are in that tree begins in known
	known  []content // for each child of the node, in their order

	held   []int32 // the hits that the tree holds
	at     []int32 // by hit, its place in held; -1
	commit CommitIndex
	from   CommitIndex // the first commit that holds any
	unmet  int         // how many hits no commit was met for that holds them, from the last on
}

// attrNode is a path that leads to hits.
type attrNode struct {
	name     []byte
	children []int32
	byName   map[string]int32 // the children, where they are many
	hits     []int32          // that are at this very path

	there, next content // what is there, and what the tree that is being read has there
}

// content is what a tree has at a path: a folder or a file, or neither.
type content struct{ tree, blob odb.Num }

// nothing is the content of a path that a tree doesn't have.
func nothing() content { return content{noObject, noObject} }

// manyChildren is how many are found faster by a map than by looking at each.
const manyChildren = 6

func newAttribution(h *History, hits []Hit) *attribution {
	a := &attribution{h: h, reader: h.db.NewReader(historyCache), hits: hits, commit: NoCommit, from: CommitIndex(len(h.commits))} //nolint:gosec // fewer than db.Len
	a.nodes = []attrNode{{there: nothing()}}
	nodes := map[PathID]int32{rootPath: 0}
	for i, hit := range hits {
		first := h.first(hit)
		if first != NoCommit {
			a.unmet++
			a.from = min(a.from, first)
		}
		a.out = append(a.out, Attribution{First: first, Last: NoCommit})
		a.at = append(a.at, -1)
		node := a.node(nodes, hit.Path)
		a.nodes[node].hits = append(a.nodes[node].hits, int32(i))
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
	a.nodes = append(a.nodes, attrNode{name: a.h.paths.name(path), there: nothing()})
	a.nodes[parent].children = append(a.nodes[parent].children, n)
	nodes[path] = n
	return n
}

// enter says what the next tree has at a node. Below, only what is another than before is looked at.
func (a *attribution) enter(n int32, next content) {
	node := &a.nodes[n]
	before := node.there
	node.there = next
	if before.blob != next.blob {
		for _, hit := range node.hits {
			a.hold(hit, next.blob != noObject && slices.Contains(a.hits[hit].Blobs, next.blob))
		}
	}
	if before.tree == next.tree || len(node.children) == 0 {
		return
	}
	a.look(n)
	for _, child := range node.children {
		a.enter(child, a.nodes[child].next)
	}
}

// maxKnown bounds what is remembered of trees, in the contents of their paths: 64 MiB.
const maxKnown = 8 << 20

// look finds out what a node's children are in its tree. Branches take turns in the order of commits, so the same
// tree comes up often, and is read once.
func (a *attribution) look(n int32) {
	node := &a.nodes[n]
	if node.there.tree >= 0 && len(a.known) < maxKnown {
		at, isNew := a.looked.add(n, int32(node.there.tree), int32(len(a.known))) //nolint:gosec // below maxKnown
		if !isNew {
			for i, child := range node.children {
				a.nodes[child].next = a.known[int(at)+i]
			}
			return
		}
		defer func() {
			for _, child := range node.children {
				a.known = append(a.known, a.nodes[child].next)
			}
		}()
	}
	for _, child := range node.children {
		a.nodes[child].next = nothing()
	}
	a.read(node)
}

// read reads which of a node's children its tree has. What can't be read has none; History told that.
func (a *attribution) read(node *attrNode) {
	if node.there.tree < 0 {
		return
	}
	kind, raw, err := a.reader.Read(node.there.tree)
	if err != nil || kind != odb.Tree {
		return
	}
	idSize := a.h.db.Hash().Size()
	for at, end := 0, 0; at < len(raw); at = end {
		if end = entryEnd(raw, at, idSize); end == 0 {
			return
		}
		a.match(node, raw, at, end)
	}
}

// match notes an entry that is one of the node's children.
func (a *attribution) match(node *attrNode, raw []byte, at, end int) {
	idSize := a.h.db.Hash().Size()
	name := nameOf(raw[at : end-idSize-1])
	child, ok := a.child(node, name)
	if !ok {
		return
	}
	e, ok := entryAt(raw, at, end, idSize)
	if !ok {
		return
	}
	next := &a.nodes[child].next
	switch e.mode & modeType {
	case modeTree:
		next.tree, _ = findTree(a.h.db, e.id)
	case modeSubmodule:
	default:
		if n, ok := a.h.db.FindRaw(e.id); ok && !a.hit(child, next.blob) { // a tree may name a path twice
			next.blob = n
		}
	}
}

// hit reports whether a blob is one of those that hits at the node are about.
func (a *attribution) hit(n int32, blob odb.Num) bool {
	return blob != noObject && slices.ContainsFunc(a.nodes[n].hits, func(hit int32) bool { return slices.Contains(a.hits[hit].Blobs, blob) })
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

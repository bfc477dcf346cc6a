package gitrepo

import (
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
	for i := CommitIndex(len(h.commits) - 1); i >= a.from && a.unmet > 0; i-- { //nolint:gosec // fewer than db.Len
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		a.commit = i
		a.enter(0, content{h.roots[i], noObject})
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
	a.enter(0, content{t.tree, noObject})
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

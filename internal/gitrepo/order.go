package gitrepo

import (
	"bytes"
	"slices"
)

// ordered lists the slots of the history, parents before children; of those that could come next, the one with
// the earlier committer time, then the smaller id.
func (g *grower) ordered() []int32 {
	waits := make([]int32, len(g.num)) // for how many parents
	children := g.childLists(waits)
	ready := queue[int32]{before: g.earlier}
	total := 0
	for slot := range int32(len(g.num)) { //nolint:gosec // fewer than db.Len
		if !g.listed(slot) {
			continue
		}
		total++
		if waits[slot] == 0 {
			ready.push(slot)
		}
	}
	order := make([]int32, 0, total)
	for len(order) < total {
		if len(ready.items) == 0 {
			ready.push(g.cutLoop(waits))
		}
		slot := ready.pop()
		order = append(order, slot)
		waits[slot] = -1
		for _, child := range children(slot) {
			if waits[child]--; waits[child] == 0 {
				ready.push(child)
			}
		}
	}
	return order
}

// cutLoop picks a commit to go on with where all that are left descend from themselves, which a damaged
// database alone can make them do.
func (g *grower) cutLoop(waits []int32) int32 {
	best := int32(-1)
	for slot := range int32(len(waits)) { //nolint:gosec // fewer than db.Len
		if g.listed(slot) && waits[slot] > 0 && (best < 0 || g.earlier(slot, best)) {
			best = slot
		}
	}
	g.gaps.add(wrongKind, g.db.ID(g.num[best]), func() string { return g.name(best) + ", its own ancestor" })
	waits[best] = 0
	return best
}

func (g *grower) earlier(a, b int32) bool {
	if g.when[a] != g.when[b] {
		return g.when[a] < g.when[b]
	}
	idA, idB := g.db.ID(g.num[a]), g.db.ID(g.num[b])
	return bytes.Compare(idA.Raw(), idB.Raw()) < 0
}

// childLists turns the parents around, among the commits that are listed, and counts each one's in waits.
func (g *graph) childLists(waits []int32) func(slot int32) []int32 {
	end := make([]int32, len(g.num)+1)
	each := func(visit func(parent, child int32)) {
		for child := range int32(len(g.num)) { //nolint:gosec // fewer than db.Len
			if !g.listed(child) {
				continue
			}
			for _, n := range g.parentsOf(child) {
				if parent, ok := g.slot(n); ok && g.listed(parent) {
					visit(parent, child)
				}
			}
		}
	}
	each(func(parent, child int32) { end[parent+1]++; waits[child]++ })
	for i := 1; i < len(end); i++ {
		end[i] += end[i-1]
	}
	start := slices.Clone(end)
	lists := make([]int32, end[len(end)-1])
	each(func(parent, child int32) { lists[start[parent]] = child; start[parent]++ })
	return func(slot int32) []int32 { return lists[end[slot]:end[slot+1]] }
}

// boundary lists the commits that are excluded and have a child in order.
func (g *graph) boundary(order []int32) []int32 {
	var out []int32
	known := map[int32]bool{}
	for _, slot := range order {
		for _, n := range g.parentsOf(slot) {
			if parent, ok := g.slot(n); ok && g.flags[parent]&excluded != 0 && !known[parent] {
				known[parent] = true
				out = append(out, parent)
			}
		}
	}
	return out
}

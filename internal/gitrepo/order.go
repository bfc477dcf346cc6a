package gitrepo

import (
	"bytes"
	"cmp"
	"slices"
)

// ordered lists the slots of the history, parents before children; of those that could come next, the one with
// the earlier committer time, then the smaller id. The error is the context's.
func (g *grower) ordered() ([]int32, error) {
	waits := make([]int32, len(g.num)) // for how many parents
	children := g.childLists(waits)
	ready := queue[int32]{before: func(a, b int32) bool { return g.compare(a, b) < 0 }}
	var waiting []int32
	for slot := range int32(len(g.num)) { //nolint:gosec // fewer than db.Len
		switch {
		case g.listed(slot) && waits[slot] == 0:
			ready.push(slot)
		case g.listed(slot):
			waiting = append(waiting, slot)
		}
	}
	total, sorted := len(ready.items)+len(waiting), false
	order := make([]int32, 0, total)
	for len(order) < total {
		if len(order)%1024 == 0 && g.ctx.Err() != nil {
			return nil, g.ctx.Err()
		}
		if len(ready.items) == 0 {
			if !sorted {
				slices.SortFunc(waiting, g.compare)
				sorted = true
			}
			waiting = g.cutLoop(waiting, waits)
			ready.push(waiting[0])
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
	return order, nil
}

// cutLoop passes over candidates, which are in order, to the first that still waits, and has it go on: all that are left
// descend from themselves, which a damaged database alone can make them do.
func (g *grower) cutLoop(candidates, waits []int32) []int32 {
	for waits[candidates[0]] <= 0 {
		candidates = candidates[1:]
	}
	first := candidates[0]
	g.gaps.add(wrongKind, g.db.ID(g.num[first]), func() string { return g.name(first) + ", its own ancestor" })
	waits[first] = 0
	return candidates
}

// compare puts the commit of the earlier committer time first, then that of the smaller id.
func (g *grower) compare(a, b int32) int {
	if g.when[a] != g.when[b] {
		return cmp.Compare(g.when[a], g.when[b])
	}
	idA, idB := g.db.ID(g.num[a]), g.db.ID(g.num[b])
	return bytes.Compare(idA.Raw(), idB.Raw())
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

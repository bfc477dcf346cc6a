package splice

import (
	"slices"

	"github.com/curfew-ci/curfew/internal/yamltree"
)

// edited is the tree as it should be after an edit of the value that the indices lead to: copies of the
// nodes on the way, the others as they are.
func edited(n *yamltree.Node, index []int, e Edit) *yamltree.Node {
	out := *n
	if len(index) == 0 {
		out.Value = e.value
		return &out
	}
	i := index[0]
	remove := e.op == opRemove && len(index) == 1
	switch {
	case n.Kind == yamltree.Mapping && remove:
		out.Pairs = slices.Delete(slices.Clone(n.Pairs), i, i+1)
	case n.Kind == yamltree.Mapping:
		out.Pairs = slices.Clone(n.Pairs)
		out.Pairs[i].Value = edited(n.Pairs[i].Value, index[1:], e)
	case remove:
		out.Items = slices.Delete(slices.Clone(n.Items), i, i+1)
	default:
		out.Items = slices.Clone(n.Items)
		out.Items[i] = edited(n.Items[i], index[1:], e)
	}
	return &out
}

// alike reports whether two values mean the same to every reader: places, styles and comments aside.
func alike(a, b *yamltree.Node) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.Kind != b.Kind || a.Tag != b.Tag || a.Kind == yamltree.Scalar && a.Value != b.Value {
		return false
	}
	return slices.EqualFunc(a.Items, b.Items, alike) &&
		slices.EqualFunc(a.Pairs, b.Pairs, func(p, q yamltree.Pair) bool {
			return alike(p.Key, q.Key) && alike(p.Value, q.Value)
		})
}

package splice

import (
	"slices"

	"github.com/curfew-ci/curfew/internal/yamltree"
)

// edited is the tree as it should be after an edit: copies of the nodes on the way to the value, the
// others as they are.
func edited(at *spot, e Edit) *yamltree.Node {
	node := *at.node
	node.Value = e.value
	below := &node
	for k := len(at.path) - 1; k >= 0; k-- {
		n, i := *at.path[k], at.index[k]
		remove := e.op == opRemove && k == len(at.path)-1
		switch {
		case n.Kind == yamltree.Mapping && remove:
			n.Pairs = slices.Delete(slices.Clone(n.Pairs), i, i+1)
		case n.Kind == yamltree.Mapping:
			n.Pairs = slices.Clone(n.Pairs)
			n.Pairs[i].Value = below
		case remove:
			n.Items = slices.Delete(slices.Clone(n.Items), i, i+1)
		default:
			n.Items = slices.Clone(n.Items)
			n.Items[i] = below
		}
		below = &n
	}
	return below
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

package yamltree

const mergeTag = "!!merge"

// mergeable reports whether v is what a merge key may name: a mapping, or a list of mappings. Under
// any other value "<<" is a key like others.
func mergeable(v *Node) bool {
	if v.Kind != Sequence {
		return v.Kind == Mapping
	}
	for _, item := range v.Items {
		if item.Kind != Mapping {
			return false
		}
	}
	return true
}

// merge appends the pairs that the merge keys bring. A key of the mapping's own wins over them, and
// an earlier mapping over a later one (https://yaml.org/type/merge.html).
func (n *Node) merge() {
	if len(n.Merges) == 0 {
		return
	}
	seen := make(map[string]bool, len(n.Pairs))
	for i := range n.Pairs {
		if k := n.Pairs[i].Key; k.Kind == Scalar {
			seen[k.Value] = true
		}
	}
	for _, m := range n.Merges {
		if m.Value.Kind == Mapping {
			n.mergeFrom(m.Value, seen)
		}
		for _, item := range m.Value.Items {
			n.mergeFrom(item, seen)
		}
	}
}

func (n *Node) mergeFrom(from *Node, seen map[string]bool) {
	for _, p := range from.Pairs {
		if p.Key.Kind == Scalar {
			if seen[p.Key.Value] {
				continue
			}
			seen[p.Key.Value] = true
		}
		n.Pairs = append(n.Pairs, Pair{Key: p.Key, Value: p.Value, Merged: true})
	}
}

package splice

import (
	"fmt"
	"unicode/utf8"

	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/yamltree"
)

// refusal says why no way of writing an edit changes only what it means to change.
func (s *spot) refusal(e Edit) error {
	if e.op == opSet && s.node.Kind != yamltree.Scalar {
		return s.fail("it is a mapping or a list: expected a single value", "remove entries of it, or name one of them")
	}
	if e.op == opSet && !utf8.ValidString(e.value) {
		return s.fail("what it is to be isn't UTF-8", "give another value")
	}
	if u, ok := s.foreignUse(e); ok {
		name := s.doc.Text.Src[u.place.Start.Offset:u.place.End.Offset]
		return s.fail(fmt.Sprintf("the alias %s at line %d, column %d stands for it too", name, u.place.Start.Line, u.place.Start.Col),
			"edit it by hand: write out there what the alias stands for, or edit both")
	}
	if s.shadows() {
		return s.fail("a merge key in the same mapping says it too, and would hold instead", "edit it by hand")
	}
	if e.op == opSet {
		return s.fail("the value "+yamltree.DoubleQuote(e.value)+" can't stand here as what was there", "edit it by hand")
	}
	return s.fail("it can't be taken out without changing something else", "edit it by hand")
}

// use is an alias, and the anchored value that it stands for.
type use struct {
	place  source.Span
	target source.Span
}

// foreignUse is the first alias outside of what is edited that stands for a part of it, or for more.
func (s *spot) foreignUse(e Edit) (use, bool) {
	from, to := s.node.Span.Start.Offset, s.node.Span.End.Offset
	if e.op == opRemove {
		es, i := s.entry()
		if i >= 0 {
			from, to = es[i].start, es[i].end
		}
	}
	for _, u := range uses(s.doc.Root, nil) {
		at, a, b := u.place.Start.Offset, u.target.Start.Offset, u.target.End.Offset
		if a <= to && b >= from && (at < from || at >= to) {
			return u, true
		}
	}
	return use{}, false
}

// uses lists the aliases below n in the file's order of their parents.
func uses(n *yamltree.Node, out []use) []use {
	if n == nil {
		return out
	}
	if !n.Alias.IsZero() {
		return append(out, use{n.Alias, n.Span})
	}
	for _, p := range n.Merges {
		out = uses(p.Value, out)
	}
	for _, p := range n.Pairs {
		if !p.Merged {
			out = uses(p.Value, uses(p.Key, out))
		}
	}
	for _, item := range n.Items {
		out = uses(item, out)
	}
	return out
}

// shadows reports whether the value hides one of the same key that a merge key brings.
func (s *spot) shadows() bool {
	n := s.parent()
	if n.Kind != yamltree.Mapping {
		return false
	}
	key := n.Pairs[s.index[len(s.index)-1]].Key.Value
	for _, m := range n.Merges {
		if m.Value.Get(key) != nil {
			return true
		}
		for _, item := range m.Value.Items {
			if item.Get(key) != nil {
				return true
			}
		}
	}
	return false
}

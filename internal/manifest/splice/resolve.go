package splice

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/yamltree"
)

// resolve makes single steps of the edits, the one that stands last in the file first. Edits that say the
// same are one.
func resolve(doc *yamltree.Document, edits []Edit) ([]Edit, error) {
	type step struct {
		edit Edit
		off  int
	}
	var steps []step
	for _, e := range edits {
		singles, err := expand(doc, e)
		if err != nil {
			return nil, err
		}
		for _, s := range singles {
			at, err := find(doc, s.pointer)
			if err != nil {
				return nil, err
			}
			if slices.ContainsFunc(steps, func(o step) bool { return o.edit.Equal(s) }) {
				continue
			}
			for _, o := range steps {
				if within(o.edit.pointer, s.pointer) || within(s.pointer, o.edit.pointer) {
					return nil, at.fail("two edits are about the same place: "+o.edit.String()+", and "+s.String(), "make one of them")
				}
			}
			steps = append(steps, step{s, at.offset()})
		}
	}
	slices.SortStableFunc(steps, func(a, b step) int { return cmp.Compare(b.off, a.off) })
	out := make([]Edit, len(steps))
	for i, s := range steps {
		out[i] = s.edit
	}
	return out, nil
}

// within reports whether a pointer leads to another or below it.
func within(inner, outer string) bool { return inner == outer || strings.HasPrefix(inner, outer+"/") }

// expand makes removals of a Keep.
func expand(doc *yamltree.Document, e Edit) ([]Edit, error) {
	if e.op != opKeep {
		return []Edit{e}, nil
	}
	at, err := find(doc, e.pointer)
	if err != nil {
		return nil, err
	}
	var out []Edit
	missing := slices.Clone(e.keep)
	take := func(name, below string) {
		if slices.Contains(e.keep, name) {
			missing = slices.DeleteFunc(missing, func(s string) bool { return s == name })
			return
		}
		out = append(out, Remove(e.pointer+manifest.Pointer(below)))
	}
	switch n := at.node; n.Kind {
	case yamltree.Mapping:
		for _, p := range n.Pairs {
			take(p.Key.Value, p.Key.Value)
		}
	case yamltree.Sequence:
		for i, item := range n.Items {
			take(item.Value, strconv.Itoa(i))
		}
	default:
		return nil, at.fail("a single value can't be narrowed: expected a mapping or a list", "set it, or remove it")
	}
	if len(missing) > 0 {
		return nil, at.fail("it has no "+strconv.Quote(missing[0])+", which is to be kept", "name entries that are there")
	}
	return out, nil
}

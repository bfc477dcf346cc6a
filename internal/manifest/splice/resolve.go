package splice

import (
	"cmp"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/yamltree"
)

// resolve orders the edits, the one that stands last in the file first. Edits that say the same are one.
func resolve(doc *yamltree.Document, edits []Edit) ([]Edit, error) {
	type step struct {
		edit Edit
		off  int
	}
	var steps []step
	for _, e := range edits {
		at, err := find(doc, e.pointer)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(steps, func(o step) bool { return o.edit == e }) {
			continue
		}
		for _, o := range steps {
			if within(o.edit.pointer, e.pointer) || within(e.pointer, o.edit.pointer) {
				return nil, at.fail("two edits are about the same place: "+o.edit.String()+", and "+e.String(), "make one of them")
			}
		}
		steps = append(steps, step{e, at.offset()})
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

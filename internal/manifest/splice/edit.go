package splice

import (
	"fmt"
	"strconv"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/yamltree"
)

type op uint8

const (
	opSet op = iota + 1
	opRemove
)

// Edit is one change of a manifest. Make it with Set or Remove.
type Edit struct {
	op      op
	pointer string
	value   string
}

// Set gives the scalar at a JSON Pointer another value, in the quotes that it has if they can hold it.
func Set(pointer, value string) Edit { return Edit{op: opSet, pointer: pointer, value: value} }

// Remove takes an entry out of its mapping or list: all of its lines where they are its own, with the
// comments right above and behind them.
func Remove(pointer string) Edit { return Edit{op: opRemove, pointer: pointer} }

// String is the edit in words: `set /identities/deploy/expires to "2027-06-01"`.
func (e Edit) String() string {
	if e.op == opSet {
		return fmt.Sprintf("set %s to %s", e.pointer, strconv.Quote(e.value))
	}
	return "remove " + e.pointer
}

// Apply makes edits of a manifest and returns its new text. Pointers are those of src, whatever other edits
// do; none may lie within what another removes. src must be right, and so must be what comes out. path is
// how errors, which are manifest.Error or manifest.Errors, name the file.
func Apply(path string, src []byte, edits ...Edit) ([]byte, error) {
	if _, errs := manifest.Parse(path, src); len(errs) > 0 {
		return nil, fmt.Errorf("edit %s: it isn't right as it is: %w", path, errs)
	}
	out, err := apply(path, src, edits)
	if err != nil {
		return nil, err
	}
	if _, errs := manifest.Parse(path, out); len(errs) > 0 {
		return nil, fmt.Errorf("edit %s: what would come out isn't right: %w", path, errs)
	}
	return out, nil
}

// apply makes the edits from the file's end to its beginning, so that none moves what another is about.
func apply(path string, src []byte, edits []Edit) ([]byte, error) {
	doc, err := parse(path, src)
	if err != nil {
		return nil, err
	}
	steps, err := resolve(doc, edits)
	if err != nil {
		return nil, err
	}
	if len(steps) == 0 {
		return src, nil
	}
	return series(doc, steps)
}

// series makes all of the edits at once where they don't meet, otherwise one half after the other.
func series(doc *yamltree.Document, steps []Edit) ([]byte, error) {
	if len(steps) == 1 {
		return change(doc, steps[0])
	}
	if out, ok := together(doc, steps); ok {
		return out, nil
	}
	half := len(steps) / 2
	src, err := series(doc, steps[:half])
	if err != nil {
		return nil, err
	}
	if doc, err = parse(doc.Text.Path, src); err != nil {
		return nil, err
	}
	return series(doc, steps[half:])
}

// together makes edits, the last in the file first, in the way that each would be made by itself; false where
// something else would come out.
func together(doc *yamltree.Document, steps []Edit) ([]byte, bool) {
	want := doc.Root
	var patches []patch
	for _, e := range steps {
		at, err := find(doc, e.pointer)
		if err != nil {
			return nil, false
		}
		ways := at.ways(e)
		if len(ways) == 0 {
			return nil, false
		}
		patches = append(patches, ways[0]...)
		want = edited(want, at.index, e)
	}
	out := patched(doc.Text.Src, patches)
	after, err := parse(doc.Text.Path, out)
	return out, err == nil && alike(want, after.Root)
}

// change makes one edit, and proves that it changed nothing else.
func change(doc *yamltree.Document, e Edit) ([]byte, error) {
	at, err := find(doc, e.pointer)
	if err != nil {
		return nil, err
	}
	want := edited(doc.Root, at.index, e)
	for _, patches := range at.ways(e) {
		out := patched(doc.Text.Src, patches)
		after, err := parse(doc.Text.Path, out)
		if err == nil && alike(want, after.Root) {
			return out, nil
		}
	}
	return nil, at.refusal(e)
}

// parse reads a manifest's YAML within the bounds of its decoder.
func parse(path string, src []byte) (*yamltree.Document, error) {
	const depth, nodes = 64, 1 << 19 // the decoder's own
	doc, err := yamltree.Parse(path, src, yamltree.Limits{Bytes: manifest.MaxBytes, Depth: depth, Nodes: nodes})
	if err != nil {
		return nil, err
	}
	if doc.Root == nil {
		return nil, manifest.Error{
			Region: doc.Text.Region(0, 0), Message: "the file is empty: expected a manifest", Try: "write one with `curfew init`",
		}
	}
	return doc, nil
}

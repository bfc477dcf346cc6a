package splice

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/yamltree"
)

type op uint8

const (
	opSet op = iota + 1
	opRemove
	opKeep
)

// Edit is one change of a manifest. Make it with Set, Remove or Keep.
type Edit struct {
	op      op
	pointer string
	value   string
	keep    []string
}

// Set gives the scalar at a JSON Pointer another value, in the quotes that it has if they can hold it.
func Set(pointer, value string) Edit { return Edit{op: opSet, pointer: pointer, value: value} }

// Remove takes an entry out of its mapping or list: all of its lines where they are its own, with the
// comments right above and behind them.
func Remove(pointer string) Edit { return Edit{op: opRemove, pointer: pointer} }

// Keep takes out of a mapping or list all entries but those of these keys or values. Each of them must be
// there, so that a name that is misspelt removes nothing.
func Keep(pointer string, names ...string) Edit {
	return Edit{op: opKeep, pointer: pointer, keep: slices.Clone(names)}
}

// Pointer is the JSON Pointer of what is edited.
func (e Edit) Pointer() string { return e.pointer }

// Equal reports whether two edits are the same.
func (e Edit) Equal(x Edit) bool {
	return e.op == x.op && e.pointer == x.pointer && e.value == x.value && slices.Equal(e.keep, x.keep)
}

// String is the edit in words: `set /identities/deploy/expires to "2027-06-01"`.
func (e Edit) String() string {
	switch e.op {
	case opSet:
		return fmt.Sprintf("set %s to %s", e.pointer, strconv.Quote(e.value))
	case opKeep:
		return fmt.Sprintf("keep %q of %s", e.keep, e.pointer)
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
	steps, err := resolve(path, src, edits)
	if err != nil {
		return nil, err
	}
	for _, e := range steps {
		if src, err = change(path, src, e); err != nil {
			return nil, err
		}
	}
	return src, nil
}

// change makes one edit, and proves that it changed nothing else.
func change(path string, src []byte, e Edit) ([]byte, error) {
	doc, err := parse(path, src)
	if err != nil {
		return nil, err
	}
	at, err := find(doc, e.pointer)
	if err != nil {
		return nil, err
	}
	want := edited(at, e)
	for _, patches := range at.ways(e) {
		out := patched(src, patches)
		after, err := parse(path, out)
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

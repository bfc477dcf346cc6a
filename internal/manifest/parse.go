package manifest

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/yamltree"
)

// MaxBytes is the size above which a manifest or policy is refused.
const MaxBytes = 1 << 20

// A manifest nests 12 deep at most; a file of MaxBytes can't have more nodes than this without aliases.
const (
	maxDepth = 64
	maxNodes = 1 << 19
)

// Parse reads a repository's manifest strictly. path is how errors name the file. All errors are found
// in one run and come in the file's order; where there is one, the manifest is nil. What is legal but
// wrong all the same is Faults' matter. TTL, Narrow and Limits of a grant hold what the manifest's defaults
// say where the grant doesn't.
func Parse(path string, src []byte) (*Manifest, Errors) {
	m := &Manifest{}
	d := newDecoder(path, src, "the manifest")
	if d.document(reflect.ValueOf(m).Elem()) {
		d.checkManifest(m)
	}
	if errs := d.errs.sorted(); len(errs) > 0 {
		return nil, errs
	}
	m.where = d.where
	return m, nil
}

// ParsePolicy reads an organisation's policy, as Parse does a manifest.
func ParsePolicy(path string, src []byte) (*Policy, Errors) {
	p := &Policy{}
	d := newDecoder(path, src, "the policy")
	if d.document(reflect.ValueOf(p).Elem()) {
		d.checkPolicy(p)
	}
	if errs := d.errs.sorted(); len(errs) > 0 {
		return nil, errs
	}
	p.where = d.where
	return p, nil
}

func newDecoder(path string, src []byte, what string) *decoder {
	return &decoder{
		file:  source.NewText(path, src),
		what:  what,
		types: map[reflect.Type][]field{},
		where: positions{path: path, values: map[string]source.Span{}, keys: map[string]source.Span{}},
	}
}

// document decodes the file's one document into v. It is false where there is nothing to check further.
func (d *decoder) document(v reflect.Value) bool {
	if n := len(d.file.Src); n > MaxBytes {
		d.fail(source.Span{}, fmt.Sprintf("%s has %d bytes: expected at most %d", d.what, n, MaxBytes),
			"take out what isn't needed, or share the repository's load between several")
		return false
	}
	lim := yamltree.Limits{Bytes: MaxBytes, Depth: maxDepth, Nodes: maxNodes}
	doc, err := yamltree.Parse(d.file.Path, d.file.Src, lim)
	if err != nil {
		d.unreadable(err)
	}
	switch {
	case doc.Root == nil && err == nil:
		d.fail(source.Span{}, d.what+" is empty: expected a mapping", "begin with version: 1")
		return false
	case doc.Root == nil:
		return false
	}
	d.decode(cursor{node: doc.Root}, v)
	return true
}

func (d *decoder) unreadable(err error) {
	var at source.Span
	msg := err.Error()
	var ye *yamltree.Error
	if errors.As(err, &ye) {
		at, msg = ye.Region.Span, ye.Message
	}
	d.fail(at, d.what+" can't be read as YAML: "+msg, "mend the YAML at this place: indentation, quotes, anchors")
}

// fail notes an error at a place of the file; the zero span stands for its beginning.
func (d *decoder) fail(at source.Span, message, try string) {
	if at.IsZero() {
		at = d.file.Span(0, 0)
	}
	d.errs = append(d.errs, Error{source.Region{Path: d.file.Path, Span: at}, message, try})
}

package ledger

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/jsontree"
	"github.com/curfew-ci/curfew/internal/source"
)

// maxDepth is how deep JSON may be nested; a record's deepest list is its inventory.guard.bypass.
const maxDepth = 4

// Decode reads one record from its canonical encoding, without a line break. Anything that Encode would
// have written differently is refused: duplicate and unknown names, another order, space, other escapes.
// path names the text in errors, which are *jsontree.Error and never quote a value.
func Decode(path string, line []byte) (Record, error) {
	var r Record
	if err := decodeInto(path, line, &r); err != nil {
		return Record{}, err
	}
	if err := r.Check(); err != nil {
		return Record{}, fault(path, line, 0, err.Error())
	}
	return r, nil
}

// decodeInto reads one line of JSON of at most MaxRecord bytes into a struct, and holds it to its canonical
// encoding.
func decodeInto(path string, line []byte, into any) error {
	doc, err := jsontree.Parse(path, line, jsontree.Limits{Bytes: MaxRecord, Depth: maxDepth})
	if err != nil {
		return err
	}
	d := decoder{doc}
	if err := d.value(doc.Root, reflect.ValueOf(into).Elem()); err != nil {
		return err
	}
	again, err := jsontree.Line(into)
	if err != nil {
		return fault(path, line, 0, "can't be encoded again")
	}
	if at := differ(line, again); at >= 0 {
		return fault(path, line, at, "not in canonical form from here on: one line, names in their order, nothing empty, no space")
	}
	return nil
}

// decoder puts nodes into Go values by their json tags.
type decoder struct{ doc *jsontree.Document }

func (d decoder) fail(n *jsontree.Node, format string, args ...any) error {
	return &jsontree.Error{Region: d.doc.Region(n), Message: fmt.Sprintf(format, args...)}
}

func (d decoder) value(n *jsontree.Node, into reflect.Value) error {
	if _, ok := into.Interface().(time.Time); ok {
		return d.time(n, into)
	}
	switch into.Kind() {
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		return d.value(n, into.Elem())
	case reflect.Struct:
		return d.object(n, into)
	case reflect.Slice:
		return d.list(n, into)
	case reflect.Int, reflect.Int64:
		v, err := strconv.ParseInt(n.Text, 10, 64)
		if n.Kind != jsontree.Number || err != nil {
			return d.fail(n, "expected a whole number")
		}
		into.SetInt(v)
		return nil
	case reflect.Bool:
		if n.Kind != jsontree.Bool {
			return d.fail(n, "expected true or false")
		}
		into.SetBool(n.Text == "true")
		return nil
	}
	if n.Kind != jsontree.String {
		return d.fail(n, "expected a string, found %s", n.Kind)
	}
	into.SetString(n.Text)
	return nil
}

// time takes RFC 3339 in UTC to the second: the canonical form allows no other.
func (d decoder) time(n *jsontree.Node, into reflect.Value) error {
	const form = "2006-01-02T15:04:05Z"
	t, err := time.Parse(form, n.Text) // which takes fractions that the form hasn't
	if n.Kind != jsontree.String || err != nil || t.Format(form) != n.Text {
		return d.fail(n, "expected a time such as 2026-11-23T20:41:07Z")
	}
	into.Set(reflect.ValueOf(t))
	return nil
}

func (d decoder) list(n *jsontree.Node, into reflect.Value) error {
	if n.Kind != jsontree.Array {
		return d.fail(n, "expected an array, found %s", n.Kind)
	}
	into.Set(reflect.MakeSlice(into.Type(), len(n.Items), len(n.Items)))
	for i, item := range n.Items {
		if err := d.value(item, into.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

func (d decoder) object(n *jsontree.Node, into reflect.Value) error {
	if n.Kind != jsontree.Object {
		return d.fail(n, "expected an object, found %s", n.Kind)
	}
	for _, m := range n.Members {
		field := fieldOf(into, m.Name)
		if !field.IsValid() {
			name := &jsontree.Node{Start: m.Start, End: m.End}
			return d.fail(name, "unknown name: a newer curfew may have written it, read it with that one")
		}
		if err := d.value(m.Value, field); err != nil {
			return err
		}
	}
	return nil
}

// fieldOf is the field whose tag has exactly this name, or the zero Value.
func fieldOf(v reflect.Value, name string) reflect.Value {
	for i := range v.NumField() {
		if tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ","); tag == name {
			return v.Field(i)
		}
	}
	return reflect.Value{}
}

// fault is an error at byte off of a text.
func fault(path string, text []byte, off int, message string) error {
	t := source.NewText(path, text)
	return &jsontree.Error{Region: t.Region(off, min(off+1, len(text))), Message: message}
}

// differ is the offset of the first byte in which a and b differ, or -1.
func differ(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	if len(a) == len(b) {
		return -1
	}
	return min(len(a), len(b))
}

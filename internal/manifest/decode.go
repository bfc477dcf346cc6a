package manifest

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/curfew-ci/curfew/internal/manifest/form"
	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/yamltree"
)

// decoder fills structs from YAML nodes by their tags and notes every error and every place.
type decoder struct {
	file  *source.Text
	what  string // how messages name the file's content
	errs  Errors
	where positions
	types map[reflect.Type][]field // what fieldsOf has found
	nest  int                      // how many any: and all: are open
}

// cursor is one value on the way through the file.
type cursor struct {
	ptr   string // its JSON Pointer
	node  *yamltree.Node
	rules form.Rules // of the field that it is for
}

// child is the value below c under a name.
func (c cursor) child(name string, n *yamltree.Node, r form.Rules) cursor {
	return cursor{c.ptr + Pointer(name), n, r}
}

// reader is a type that reads itself because its YAML has several shapes.
type reader interface {
	read(d *decoder, c cursor)
	// shape says what a value looks like and gives an example.
	shape(r form.Rules) (want, example string)
}

// decode reads c into v.
func (d *decoder) decode(c cursor, v reflect.Value) {
	d.where.values[c.ptr] = c.node.Span
	if !c.node.Alias.IsZero() {
		d.where.values[c.ptr] = c.node.Alias // here it is said; what an error is about stands at the anchor
	}
	if r, ok := v.Addr().Interface().(reader); ok {
		r.read(d, c)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		elem := reflect.New(v.Type().Elem())
		d.decode(c, elem.Elem())
		v.Set(elem)
	case reflect.Struct:
		d.structure(c, v)
	case reflect.Map:
		d.table(c, v)
	case reflect.Slice:
		d.sequence(c, v)
	case reflect.String:
		d.text(c, v)
	case reflect.Int:
		d.number(c, v)
	case reflect.Bool:
		d.boolean(c, v)
	default:
		panic(fmt.Sprintf("manifest: no decoder for %s", v.Type()))
	}
}

// field is one key that a struct takes.
type field struct {
	name  string
	index []int
	typ   reflect.Type
	rules form.Rules
}

// fieldsOf lists the keys of a struct, those of inline structs included, as the type has them.
func (d *decoder) fieldsOf(t reflect.Type) []field {
	if known, ok := d.types[t]; ok {
		return known
	}
	var out []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case option == "inline":
			for _, inner := range d.fieldsOf(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				out = append(out, inner)
			}
		case name != "" && name != "-":
			out = append(out, field{name, []int{i}, f.Type, form.Parse(f.Tag)})
		}
	}
	d.types[t] = out
	return out
}

// structure reads a mapping whose keys are a struct's fields.
func (d *decoder) structure(c cursor, v reflect.Value) {
	fields := d.fieldsOf(v.Type())
	if c.node.Kind != yamltree.Mapping {
		want, example := d.expected(v.Type(), c.rules)
		d.wrongType(c, want, example)
		return
	}
	byName := make(map[string]field, len(fields))
	for _, f := range fields {
		byName[f.name] = f
	}
	there := map[string]bool{}
	for _, p := range d.pairs(c) {
		f, ok := byName[p.Key.Value]
		if !ok {
			d.unknownKey(c, p.Key, fields)
			continue
		}
		there[f.name] = true
		next := c.child(f.name, p.Value, f.rules)
		d.where.keys[next.ptr] = p.Key.Span
		d.decode(next, v.FieldByIndex(f.index))
	}
	d.presence(c, fields, there)
}

// table reads a mapping whose keys are names.
func (d *decoder) table(c cursor, v reflect.Value) {
	want, example := d.expected(v.Type(), c.rules)
	if c.node.Kind != yamltree.Mapping {
		d.wrongType(c, want, example)
		return
	}
	out := reflect.MakeMap(v.Type())
	for _, p := range d.pairs(c) {
		name := p.Key.Value
		if k := c.rules.Key; k != nil {
			d.checkForm("a key of "+d.subject(c.ptr)+" is", p.Key, k)
		}
		next := c.child(name, p.Value, form.Rules{Form: c.rules.Form})
		d.where.keys[next.ptr] = p.Key.Span
		elem := reflect.New(v.Type().Elem()).Elem()
		d.decode(next, elem)
		out.SetMapIndex(reflect.ValueOf(name).Convert(v.Type().Key()), elem)
	}
	if c.rules.Some && len(c.node.Pairs) == 0 {
		d.fail(c.node.Span, d.subject(c.ptr)+" is empty: expected "+want, "write it like "+example)
	}
	v.Set(out)
}

// sequence reads a list. No value may be in it twice.
func (d *decoder) sequence(c cursor, v reflect.Value) {
	want, example := d.expected(v.Type(), c.rules)
	if c.node.Kind != yamltree.Sequence {
		d.wrongType(c, want, example)
		return
	}
	least := c.rules.Min
	if c.rules.Some {
		least = max(least, 1)
	}
	if len(c.node.Items) < least {
		d.fail(c.node.Span, fmt.Sprintf("%s has too few entries: expected at least %d", d.subject(c.ptr), least),
			"write it like "+example)
	}
	out := reflect.MakeSlice(v.Type(), len(c.node.Items), len(c.node.Items))
	for i, n := range c.node.Items {
		d.decode(c.child(strconv.Itoa(i), n, form.Rules{Form: c.rules.Form}), out.Index(i))
	}
	d.repeated(c)
	v.Set(out)
}

// repeated refuses a text that a list has twice.
func (d *decoder) repeated(c cursor) {
	first := map[string]*yamltree.Node{}
	for _, n := range c.node.Items {
		if n.Kind != yamltree.Scalar {
			continue
		}
		if f, ok := first[n.Value]; ok {
			d.fail(n.Span, fmt.Sprintf("%s has %s twice: it stands on line %d already",
				d.subject(c.ptr), quote(n.Value), f.Span.Start.Line), "remove one of the two")
			continue
		}
		first[n.Value] = n
	}
}

// pairs are the entries of a mapping, each key once. What a merge key brings holds only where the
// mapping doesn't say it itself.
func (d *decoder) pairs(c cursor) []yamltree.Pair {
	var out []yamltree.Pair
	first := map[string]*yamltree.Node{}
	for _, p := range c.node.Pairs {
		if p.Key.Kind != yamltree.Scalar || p.Key.Tag != "!!str" {
			d.fail(p.Key.Span, "a key of "+d.subject(c.ptr)+" is "+describe(p.Key)+": expected a name",
				"put the key in quotes, or remove it")
			continue
		}
		f, twice := first[p.Key.Value]
		switch {
		case !twice:
			first[p.Key.Value] = p.Key
			out = append(out, p)
		case !p.Merged:
			d.fail(p.Key.Span, fmt.Sprintf("%s has the key %s twice: it stands on line %d already",
				d.subject(c.ptr), quote(p.Key.Value), f.Span.Start.Line), "remove one of the two")
		}
	}
	return out
}

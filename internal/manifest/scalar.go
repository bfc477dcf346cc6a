package manifest

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/curfew-ci/curfew/internal/manifest/form"
	"github.com/curfew-ci/curfew/internal/yamltree"
)

// text reads one piece of text: a member of an enumeration, or of the form that the field asks for.
func (d *decoder) text(c cursor, v reflect.Value) {
	want, example := d.expected(v.Type(), c.rules)
	enum, isEnum := v.Interface().(form.Enum)
	switch {
	case !isText(c.node) && isEnum:
		d.wrongType(c, want, example)
		return
	case !isText(c.node):
		d.notText(c, want, example)
		return
	case isEnum && !slices.Contains(enum.Values(), c.node.Value):
		d.notMember(c, enum.Values())
		return
	case c.rules.Form != nil:
		d.checkForm(d.subject(c.ptr)+" is", c.node, c.rules.Form)
	}
	v.SetString(c.node.Value)
}

// notMember notes that c is none of a few values.
func (d *decoder) notMember(c cursor, members []string) {
	try := "write " + list(members, "or")
	if near := Nearest(c.node.Value, members); near != "" {
		try = "write " + near
	}
	d.fail(c.node.Span, d.subject(c.ptr)+" is "+quote(c.node.Value)+": expected "+list(members, "or"), try)
}

// checkForm checks what a piece of text looks like. what says which: "extends is", "a key of owners is".
func (d *decoder) checkForm(what string, n *yamltree.Node, f *form.Form) {
	err := f.Check(n.Value)
	if err == nil {
		return
	}
	message := what + " " + quote(n.Value) + ": expected " + f.Want
	if why := err.Error(); why != "" {
		message += "; " + why
	}
	d.fail(n.Span, message, "write it like "+f.Example)
}

func (d *decoder) number(c cursor, v reflect.Value) {
	want, example := d.expected(v.Type(), c.rules)
	n, err := strconv.Atoi(c.node.Value)
	if c.node.Kind != yamltree.Scalar || c.node.Tag != "!!int" || err != nil || strconv.Itoa(n) != c.node.Value {
		d.wrongType(c, want, example)
		return
	}
	if n < c.rules.Min || c.rules.Max > 0 && n > c.rules.Max {
		d.fail(c.node.Span, fmt.Sprintf("%s is %d: expected %s", d.subject(c.ptr), n, want), "write "+example)
	}
	v.SetInt(int64(n))
}

func (d *decoder) boolean(c cursor, v reflect.Value) {
	want, example := d.expected(v.Type(), c.rules)
	if c.node.Kind != yamltree.Scalar || c.node.Tag != "!!bool" {
		d.wrongType(c, want, example)
		return
	}
	v.SetBool(strings.EqualFold(c.node.Value, "true"))
}

// isText reports whether n is a scalar that YAML takes as text.
func isText(n *yamltree.Node) bool { return n.Kind == yamltree.Scalar && n.Tag == "!!str" }

// wrongType notes that c has another shape than what was wanted.
func (d *decoder) wrongType(c cursor, want, example string) {
	d.fail(c.node.Span, d.subject(c.ptr)+" is "+describe(c.node)+": expected "+want, "write it like "+example)
}

// notText is wrongType where text was wanted: what YAML takes for a number, a date or a truth value may
// only lack its quotes.
func (d *decoder) notText(c cursor, want, example string) {
	switch c.node.Tag {
	case "!!int", "!!float", "!!bool", "!!timestamp":
		d.fail(c.node.Span, d.subject(c.ptr)+" is "+describe(c.node)+": expected "+want,
			"put it in quotes: "+quote(c.node.Value))
	default:
		d.wrongType(c, want, example)
	}
}

// describe says what a node is, in words.
func describe(n *yamltree.Node) string {
	switch {
	case n.Kind == yamltree.Mapping:
		return "a mapping"
	case n.Kind == yamltree.Sequence && len(n.Items) == 0:
		return "an empty list"
	case n.Kind == yamltree.Sequence:
		return "a list"
	}
	switch n.Tag {
	case "!!str":
		return quote(n.Value)
	case "!!null":
		return "empty"
	case "!!int", "!!float":
		return "the number " + n.Value
	case "!!bool":
		return "the truth value " + n.Value
	case "!!timestamp":
		return "the unquoted date " + n.Value
	}
	return "a value tagged " + n.Tag
}

// expected says in words what a type takes, and gives an example.
func (d *decoder) expected(t reflect.Type, r form.Rules) (want, example string) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch zero := reflect.New(t).Interface().(type) {
	case reader:
		return zero.shape(r)
	case form.Enum:
		return list(zero.Values(), "or"), zero.Values()[0]
	}
	switch t.Kind() {
	case reflect.Struct:
		return d.expectedStructure(d.fieldsOf(t))
	case reflect.Map:
		return d.expectedTable(t, r)
	case reflect.Slice:
		each, example := d.expected(t.Elem(), form.Rules{Form: r.Form})
		return "a list, each entry " + each, "[" + example + "]"
	case reflect.Int:
		return expectedNumber(r)
	case reflect.Bool:
		return "true or false", "true"
	}
	if r.Form != nil {
		return r.Form.Want, r.Form.Example
	}
	return "text", ""
}

// expectedStructure gives as an example what a mapping must have at least.
func (d *decoder) expectedStructure(fields []field) (want, example string) {
	var names, least []string
	groups := map[string]bool{}
	for _, f := range fields {
		names = append(names, f.name)
		if f.rules.Required || f.rules.One != "" && !groups[f.rules.One] {
			_, example := d.expected(f.typ, f.rules)
			least = append(least, f.name+": "+example)
		}
		groups[f.rules.One] = true
	}
	return "a mapping with " + list(names, "and"), "{ " + strings.Join(least, ", ") + " }"
}

func (d *decoder) expectedTable(t reflect.Type, r form.Rules) (want, example string) {
	key := form.Named("id")
	if r.Key != nil {
		key = r.Key
	}
	_, value := d.expected(t.Elem(), form.Rules{Form: r.Form})
	return "a mapping, each key " + key.Want, "{ " + key.Example + ": " + value + " }"
}

func expectedNumber(r form.Rules) (want, example string) {
	least := strconv.Itoa(r.Min)
	switch {
	case r.Min == r.Max && r.Max > 0:
		return "the number " + least, least
	case r.Min > 0:
		return "a whole number of at least " + least, least
	}
	return "a whole number", least
}

// subject names the value at a pointer to a person: "identities.deploy.grants.prod".
func (d *decoder) subject(ptr string) string {
	if ptr == "" {
		return d.what
	}
	names := strings.Split(ptr[1:], "/")
	for i, n := range names {
		names[i] = strings.ReplaceAll(strings.ReplaceAll(n, "~1", "/"), "~0", "~")
	}
	return strings.Join(names, ".")
}

package manifest

import (
	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/yamltree"
)

// presence checks which keys of a struct's mapping must be there, and which exclude each other.
func (d *decoder) presence(c cursor, fields []field, there map[string]bool) {
	done := map[string]bool{}
	for _, f := range fields {
		switch r := f.rules; {
		case r.One != "" && !done[r.One]:
			done[r.One] = true
			d.exactlyOne(c, r.One, fields, there)
		case there[f.name]:
		case r.Required:
			d.missing(c, f, "")
		case r.With != "" && there[r.With]:
			d.missing(c, f, ", which "+quote(r.With)+" asks for")
		}
	}
}

func (d *decoder) missing(c cursor, f field, because string) {
	want, example := d.expected(f.typ, f.rules)
	d.fail(d.head(c), d.subject(c.ptr)+" lacks "+quote(f.name)+because+": expected "+want, "add "+f.name+": "+example)
}

// exactlyOne checks a group of keys of which one must be there.
func (d *decoder) exactlyOne(c cursor, group string, fields []field, there map[string]bool) {
	var names, have []string
	for _, f := range fields {
		if f.rules.One == group {
			names = append(names, f.name)
			if there[f.name] {
				have = append(have, f.name)
			}
		}
	}
	expected := "expected exactly one of " + list(names, "and")
	if len(have) == 0 {
		d.fail(d.head(c), d.subject(c.ptr)+" names no "+group+": "+expected, "add one of them")
		return
	}
	for _, name := range have[1:] {
		d.fail(d.where.keys[c.ptr+Pointer(name)],
			d.subject(c.ptr)+" has "+quote(name)+" beside "+quote(have[0])+": "+expected,
			"keep one of the two")
	}
}

func (d *decoder) unknownKey(c cursor, key *yamltree.Node, fields []field) {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	try := "remove it"
	if near := Nearest(key.Value, names); near != "" {
		try = "write " + near
	}
	d.fail(key.Span, "unknown key "+quote(key.Value)+" in "+d.subject(c.ptr)+": expected "+list(names, "or"), try)
}

// head is where something that is missing from a mapping is reported: the key that introduces the
// mapping, or its first key in a list.
func (d *decoder) head(c cursor) source.Span {
	if at, ok := d.where.keys[c.ptr]; ok {
		return at
	}
	if len(c.node.Pairs) > 0 {
		return c.node.Pairs[0].Key.Span
	}
	return c.node.Span
}

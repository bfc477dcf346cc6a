package main

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/jsontree"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/manifest/form"
)

// draft is the dialect that the schemas are written in.
const draft = "https://json-schema.org/draft/2020-12/schema"

// schemas are the schema files by name, from the package in folder src.
func schemas(src string) (map[string][]byte, error) {
	docs, err := readComments(src)
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	for name, root := range map[string]struct {
		title string
		typ   reflect.Type
	}{
		"manifest.schema.json": {"Entitlement manifest of curfew, " + manifest.Path, reflect.TypeFor[manifest.Manifest]()},
		"org.schema.json":      {"Organisation's policy of curfew, " + manifest.PolicyPath, reflect.TypeFor[manifest.Policy]()},
	} {
		g := &generator{docs: docs, defs: map[string]object{}}
		content, err := g.file(name, root.title, root.typ)
		if err != nil {
			return nil, err
		}
		out[name] = content
	}
	return out, nil
}

// generator makes the schema of one root type.
type generator struct {
	docs comments
	defs map[string]object // by type name
}

func (g *generator) file(name, title string, t reflect.Type) ([]byte, error) {
	schema := object{
		{"$schema", draft},
		{"$id", "https://github.com/curfew-ci/curfew/blob/main/docs/" + name},
		{"title", title},
	}
	schema = append(schema, g.structure(t)...)
	var defs object
	for _, name := range slices.Sorted(maps.Keys(g.defs)) {
		defs = defs.with(name, g.defs[name])
	}
	return jsontree.Indented(schema.with("$defs", defs))
}

// value is the schema of a field's value.
func (g *generator) value(t reflect.Type, r form.Rules) object {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if special, ok := g.special(t, r); ok {
		return special
	}
	if enum, ok := reflect.Zero(t).Interface().(form.Enum); ok {
		return object{{"enum", enum.Values()}}
	}
	switch t.Kind() {
	case reflect.Struct:
		return g.ref(t.Name(), func() object { return g.structure(t) })
	case reflect.Map:
		return g.table(t, r)
	case reflect.Slice:
		return array(g.value(t.Elem(), form.Rules{Form: r.Form}), least(r))
	case reflect.String:
		return text(r.Form)
	case reflect.Int:
		return number(r)
	case reflect.Bool:
		return object{{"type", "boolean"}}
	}
	panic(fmt.Sprintf("schemagen: no schema for %s", t))
}

// ref refers to a definition, which is made when it is first asked for.
func (g *generator) ref(name string, make func() object) object {
	if _, ok := g.defs[name]; !ok {
		g.defs[name] = nil // while it is being made
		g.defs[name] = make()
	}
	return object{{"$ref", "#/$defs/" + name}}
}

// structure is the schema of a struct: its keys and no others.
func (g *generator) structure(t reflect.Type) object {
	var properties, dependent object
	var required []string
	var group string
	var members []string
	for _, f := range g.fieldsOf(t) {
		properties = properties.with(f.name, object{{"description", f.doc}}.append(g.value(f.typ, f.rules)))
		if f.rules.Required {
			required = append(required, f.name)
		}
		if f.rules.With != "" {
			dependent = depend(dependent, f.rules.With, f.name)
		}
		if f.rules.One != "" {
			if group != "" && group != f.rules.One {
				panic(fmt.Sprintf("schemagen: %s has two groups of keys that exclude each other", t))
			}
			group = f.rules.One
			members = append(members, f.name)
		}
	}
	out := object{{"description", g.docs.of(t.Name())}, {"type", "object"}, {"additionalProperties", false}}
	if required != nil {
		out = out.with("required", required)
	}
	if dependent != nil {
		out = out.with("dependentRequired", dependent)
	}
	if members != nil {
		out = out.with("oneOf", oneRequired(members))
	}
	return out.append(conditions(t)).with("properties", properties)
}

// table is the schema of a mapping from names.
func (g *generator) table(t reflect.Type, r form.Rules) object {
	value := g.value(t.Elem(), form.Rules{Form: r.Form})
	out := object{{"type", "object"}}
	if r.Some {
		out = out.with("minProperties", 1)
	}
	out = out.with("propertyNames", object{{"pattern", r.Key.Pattern}})
	if r.Key.Known == nil {
		return out.with("additionalProperties", value)
	}
	// Editors complete what is known; other names are as good.
	ref := g.ref(t.Elem().Name()+"Value", func() object { return value })
	var known object
	for _, name := range r.Key.Known {
		known = known.with(name, ref)
	}
	return out.with("additionalProperties", ref).with("properties", known)
}

// field is one key of a struct, those of inline structs included.
type field struct {
	name  string
	doc   string
	typ   reflect.Type
	rules form.Rules
}

func (g *generator) fieldsOf(t reflect.Type) []field {
	var out []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case option == "inline":
			out = append(out, g.fieldsOf(f.Type)...)
		case name != "" && name != "-":
			doc := g.docs.of(t.Name() + "." + f.Name)
			if rest, ok := strings.CutPrefix(doc, f.Name+" "); ok {
				doc = name + " " + rest
			}
			out = append(out, field{name, doc, f.Type, form.Parse(f.Tag)})
		}
	}
	return out
}

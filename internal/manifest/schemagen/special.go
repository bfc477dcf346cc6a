package main

import (
	"reflect"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/manifest/form"
)

// special is the schema of a type whose YAML has several shapes, as its read method takes them.
func (g *generator) special(t reflect.Type, r form.Rules) (object, bool) {
	none := object{{"const", "none"}}
	switch t {
	case reflect.TypeFor[manifest.Date]():
		return object{{"type", "string"}, {"format", "date"}, {"pattern", `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`}}, true
	case reflect.TypeFor[manifest.Duration]():
		return object{{"type", "string"}, {"pattern", `^[1-9][0-9]{0,9}[mhd]$`}}, true
	case reflect.TypeFor[manifest.Narrow]():
		return text(form.Named("path")), true // which none matches, too
	case reflect.TypeFor[manifest.List]():
		each := r.Form
		if each == nil {
			each = form.Named("text")
		}
		return oneOf(none, array(text(each), 1)), true
	case reflect.TypeFor[manifest.Limits]():
		return oneOf(none, g.ref(t.Name(), func() object { return g.structure(t) })), true
	case reflect.TypeFor[manifest.Match]():
		return oneOf(text(r.Form), array(text(r.Form), 1), g.ref("Glob", g.glob)), true
	case reflect.TypeFor[manifest.Store]():
		return g.ref(t.Name(), g.store), true
	case reflect.TypeFor[manifest.When]():
		return g.when(0), true
	}
	return nil, false
}

func oneOf(shapes ...object) object { return object{{"oneOf", shapes}} }

func (g *generator) glob() object {
	return object{
		{"description", g.docs.of("Match")},
		{"type", "object"},
		{"additionalProperties", false},
		{"required", []string{"glob"}},
		{"properties", object{{"glob", text(form.Named("glob"))}}},
	}
}

func (g *generator) store() object {
	simple := []manifest.StoreKind{manifest.StoreActions, manifest.StoreActionsOrg, manifest.StoreDependabot, manifest.StoreCodespaces}
	property := func(kind manifest.StoreKind, field, formName string) member {
		return member{string(kind), object{{"description", g.docs.of("storeWithName." + field)}}.append(text(form.Named(formName)))}
	}
	return object{{"description", g.docs.of("Store")}}.append(oneOf(
		object{{"enum", simple}},
		object{
			{"type", "object"},
			{"additionalProperties", false},
			{"minProperties", 1},
			{"maxProperties", 1},
			{"properties", object{
				property(manifest.StoreActionsEnv, "ActionsEnv", "environment"),
				property(manifest.StoreFile, "File", "path"),
			}},
		},
	))
}

// when is the schema of a trigger inside of so many any: and all:. They nest once.
func (g *generator) when(depth int) object {
	always := object{{"const", "always"}}
	if depth == 2 {
		t := reflect.TypeFor[manifest.Trigger]()
		return oneOf(always, g.ref(t.Name(), func() object { return g.structure(t) }))
	}
	t := reflect.TypeFor[manifest.When]()
	name := []string{"When", "WhenInside"}[depth]
	return oneOf(always, g.ref(name, func() object {
		return nestWhen(g.structure(t), array(g.when(depth+1), 1))
	}))
}

// nestWhen gives any and all their entries, which the type alone would let nest for ever.
func nestWhen(o object, entries object) object {
	for i := range o {
		if o[i].name != "properties" {
			continue
		}
		properties, _ := o[i].value.(object)
		for j := range properties {
			if name := properties[j].name; name == "any" || name == "all" {
				described, _ := properties[j].value.(object)
				properties[j].value = described[:1].append(entries)
			}
		}
	}
	return o
}

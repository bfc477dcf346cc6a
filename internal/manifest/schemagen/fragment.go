package main

import (
	"reflect"
	"strings"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/manifest/form"
)

// append is o and the members of other.
func (o object) append(other object) object { return append(o[:len(o):len(o)], other...) }

// text is the schema of a piece of text.
func text(f *form.Form) object {
	out := object{{"type", "string"}}
	if f != nil {
		out = out.with("pattern", f.Pattern).with("examples", strings.Split(strings.Trim(f.Example, `"`), ", "))
	}
	return out
}

func number(r form.Rules) object {
	if r.Min == r.Max {
		return object{{"const", r.Min}}
	}
	return object{{"type", "integer"}, {"minimum", r.Min}}
}

// array is the schema of a list in which nothing stands twice.
func array(items object, least int) object {
	out := object{{"type", "array"}, {"uniqueItems", true}}
	if least > 0 {
		out = out.with("minItems", least)
	}
	return out.with("items", items)
}

func least(r form.Rules) int {
	if r.Some {
		return max(r.Min, 1)
	}
	return r.Min
}

// depend notes that where one key is, another must be.
func depend(o object, there, needed string) object {
	for i := range o {
		if o[i].name == there {
			names, _ := o[i].value.([]string)
			o[i].value = append(names, needed)
			return o
		}
	}
	return o.with(there, []string{needed})
}

// oneRequired says that exactly one of the keys is there.
func oneRequired(names []string) []object {
	out := make([]object, len(names))
	for i, n := range names {
		out[i] = object{{"required", []string{n}}}
	}
	return out
}

// conditions are the rules of a type that its tags don't say.
func conditions(t reflect.Type) object {
	if t != reflect.TypeFor[manifest.Identity]() {
		return nil
	}
	required := func(names ...string) object { return object{{"required", names}} }
	claims := object{{"anyOf", []object{
		required("repository_id", "job_workflow_ref"),
		required("project_id", "ci_config_ref_uri"),
	}}}
	return object{{"allOf", []object{
		{
			{"if", required("kind").with("properties", object{{"kind", object{{"const", manifest.Contractor}}}})},
			{"then", required("sponsor")},
			{"else", object{{"properties", object{{"sponsor", false}}}}},
		},
		{
			{"if", required("grants")},
			{"then", object{{"properties", object{{"claims", claims}}}}},
		},
	}}}
}

package main

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/manifest/form"
)

// value is what a page says of a key's value.
type value struct {
	text    string
	example string
	inner   reflect.Type // the mapping that it is or holds; nil where there is none
	path    string       // of that mapping
}

// valueOf describes the value of a field of that type at a path.
func (r *reference) valueOf(t reflect.Type, rules form.Rules, path string) value {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if v, ok := r.specialValue(t, rules, path); ok {
		return v
	}
	if enum, ok := reflect.Zero(t).Interface().(form.Enum); ok {
		return value{text: choice(enum.Values()), example: code(enum.Values()[0])}
	}
	switch t.Kind() {
	case reflect.Struct:
		return r.mapping(t, path, "")
	case reflect.Map:
		return r.table(t, rules, path)
	case reflect.Slice:
		each := r.valueOf(t.Elem(), form.Rules{Form: rules.Form}, path)
		each.text = "list: " + each.text
		if each.inner == nil {
			each.example = code("[" + strings.Trim(each.example, "`") + "]")
		}
		return each
	case reflect.String:
		return value{text: cell(rules.Form.Want), example: code(rules.Form.Example)}
	case reflect.Int:
		if rules.Min == rules.Max {
			return value{text: code(strconv.Itoa(rules.Min)), example: code(strconv.Itoa(rules.Min))}
		}
		return value{text: fmt.Sprintf("whole number, %d or more", rules.Min), example: code(strconv.Itoa(rules.Min))}
	case reflect.Bool:
		return value{text: "`true` or `false`", example: "`true`"}
	}
	panic(fmt.Sprintf("schemagen: no words for %s", t))
}

// specialValue describes a type whose YAML has several shapes, as special gives its schema.
func (r *reference) specialValue(t reflect.Type, rules form.Rules, path string) (value, bool) {
	each := rules.Form
	if each == nil {
		each = form.Named("text")
	}
	switch t {
	case reflect.TypeFor[manifest.Date]():
		return value{text: "day, in quotes", example: "`\"2027-06-01\"`"}, true
	case reflect.TypeFor[manifest.Duration]():
		return value{text: "duration: minutes, hours or days", example: "`15m`"}, true
	case reflect.TypeFor[manifest.Narrow]():
		return value{text: form.Named("path").Want + ", or `none`", example: code(form.Named("path").Example)}, true
	case reflect.TypeFor[manifest.List]():
		return value{text: "list: " + each.Want + "; or `none`", example: "`none`"}, true
	case reflect.TypeFor[manifest.Limits]():
		return r.mapping(t, path, " or `none`"), true
	case reflect.TypeFor[manifest.Match]():
		return value{text: each.Want + ", a list of such, or `{ glob: … }`", example: code(each.Example)}, true
	case reflect.TypeFor[manifest.Store]():
		return value{text: "`actions`, `actions-org`, `dependabot`, `codespaces`, `{ actions-env: NAME }` or `{ file: PATH }`", example: "`actions`"}, true
	case reflect.TypeFor[manifest.When]():
		return r.mapping(t, path, " or `always`"), true
	}
	return value{}, false
}

// mapping refers to where a mapping's keys are told of.
func (r *reference) mapping(t reflect.Type, path, or string) value {
	if title, ok := r.at[t]; ok {
		path = strings.Trim(title, "`")
	}
	return value{text: fmt.Sprintf("[mapping](#%s)%s", anchor(path), or), inner: t, path: path}
}

// table describes a mapping from names of the user's own.
func (r *reference) table(t reflect.Type, rules form.Rules, path string) value {
	each := r.valueOf(t.Elem(), form.Rules{Form: rules.Form}, path+".ID")
	if each.inner != nil {
		each.text = "names to " + each.text
		return each
	}
	key := rules.Key.Example
	if len(rules.Key.Known) > 0 {
		each.text += ". Keys known today: " + strings.Join(rules.Key.Known, ", ")
	}
	return value{text: rules.Key.Want + " to " + each.text, example: code(fmt.Sprintf("{ %s: %s }", key, strings.Trim(each.example, "`")))}
}

// choice lists the members of an enumeration.
func choice(names []string) string {
	for i := range names {
		names[i] = code(names[i])
	}
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

func code(text string) string {
	text, _, _ = strings.Cut(text, ", ") // of several examples the first
	return "`" + text + "`"
}

// anchor is the name that GitHub gives the heading of a path.
func anchor(path string) string {
	return strings.ToLower(regexp.MustCompile(`[^A-Za-z0-9_-]`).ReplaceAllString(path, ""))
}

package issuance

import (
	"reflect"
	"strings"

	"github.com/curfew-ci/curfew/internal/manifest"
)

// target is what the provider's part of a grant says, by the manifest's keys, as docs/policy.md describes
// it. It follows the types, so that a key that is added to a provider is seen by policies too.
func target(g *manifest.Grant) map[string]any {
	out := map[string]any{}
	v := reflect.ValueOf(*g)
	for i := range v.NumField() {
		if key, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ","); key == g.Provider() && key != "" {
			fields(v.Field(i).Elem(), out)
		}
	}
	return out
}

// fields adds the fields of a struct that say something.
func fields(v reflect.Value, out map[string]any) {
	for i := range v.NumField() {
		field := v.Field(i)
		key, option, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		switch {
		case option == "inline":
			fields(field, out)
		case key != "" && !field.IsZero():
			out[key] = plain(field.Interface())
		}
	}
}

// plain is a value as it stands in the manifest.
func plain(v any) any {
	switch v := v.(type) {
	case *manifest.List:
		if v.None {
			return "none"
		}
		return v.Items
	case *manifest.Narrow:
		return v.String()
	}
	return v
}

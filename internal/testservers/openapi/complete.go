package openapi

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"
)

// Complete returns a body with what GitHub always sends beside the members that v has, as the description says:
// a repository has some eighty, most of them addresses. Those that v has must be described, as a misspelt one would
// pass for one that isn't required. v is of maps, slices, strings, booleans, numbers and nil.
func (c *Call) Complete(status int, v any) (any, error) {
	response := c.in.Route.Operation.Responses.Status(status)
	if response == nil || response.Value == nil {
		return v, nil
	}
	media := response.Value.Content.Get("application/json")
	if media == nil || media.Schema == nil {
		return v, nil
	}
	full, err := complete(media.Schema.Value, v, "")
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", c.in.Request.Method, c.in.Route.Path, err)
	}
	return full, nil
}

func complete(s *openapi3.Schema, v any, at string) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		return completeObject(s, v, at)
	case []map[string]any:
		items := make([]any, len(v))
		for i := range v {
			items[i] = v[i]
		}
		return complete(s, items, at)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			if s.Items == nil {
				return nil, fmt.Errorf("%s isn't described as an array", at)
			}
			item, err := complete(s.Items.Value, v[i], at+"/"+strconv.Itoa(i))
			if err != nil {
				return nil, err
			}
			out[i] = item
		}
		return out, nil
	}
	return v, nil
}

func completeObject(s *openapi3.Schema, v map[string]any, at string) (any, error) {
	s, err := choose(s, v, at)
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	for name, inner := range v {
		of := property(s, name)
		if of == nil {
			if len(s.Properties) == 0 {
				out[name] = inner // a map of names that are nobody's to describe
				continue
			}
			return nil, fmt.Errorf("%s/%s: GitHub's description has no such member", at, name)
		}
		if out[name], err = complete(of, inner, at+"/"+name); err != nil {
			return nil, err
		}
	}
	for _, of := range parts(s) {
		for _, name := range of.Required {
			if _, ok := out[name]; !ok {
				out[name] = minimal(property(s, name), 0)
			}
		}
	}
	return out, nil
}

// parts are a schema and those that it joins.
func parts(s *openapi3.Schema) []*openapi3.Schema {
	all := []*openapi3.Schema{s}
	for _, ref := range s.AllOf {
		all = append(all, parts(ref.Value)...)
	}
	return all
}

// property is the schema of a member, nil where there is none.
func property(s *openapi3.Schema, name string) *openapi3.Schema {
	for _, of := range parts(s) {
		if ref := of.Properties[name]; ref != nil {
			return ref.Value
		}
	}
	return nil
}

// choose takes of alternatives the first that describes all that v has.
func choose(s *openapi3.Schema, v map[string]any, at string) (*openapi3.Schema, error) {
	alternatives := slices.Concat(s.OneOf, s.AnyOf)
	if len(alternatives) == 0 || len(s.Properties) > 0 {
		return s, nil
	}
	for _, ref := range alternatives {
		if of, err := choose(ref.Value, v, at); err == nil && describes(of, v) {
			return of, nil
		}
	}
	return nil, fmt.Errorf("%s: GitHub's description has nothing with these members", at)
}

func describes(s *openapi3.Schema, v map[string]any) bool {
	for name, inner := range v {
		of := property(s, name)
		if of == nil || len(of.Enum) > 0 && !slices.Contains(of.Enum, inner) {
			return false
		}
	}
	return true
}

// minimal is the least value that a schema takes.
func minimal(s *openapi3.Schema, depth int) any {
	alternatives := slices.Concat(s.OneOf, s.AnyOf)
	switch {
	case s.Nullable || depth > 8:
		return nil
	case len(s.Enum) > 0:
		return s.Enum[0]
	case len(alternatives) > 0 && len(s.Properties) == 0:
		return minimal(alternatives[0].Value, depth+1)
	case s.Type.Is("array"):
		return []any{}
	case s.Type.Is("boolean"):
		return false
	case s.Type.Is("integer"), s.Type.Is("number"):
		return 1
	case s.Type.Is("string") && s.Format == "date-time":
		return "2026-01-01T00:00:00Z"
	case s.Type.Is("string"):
		return "https://github.invalid/"
	}
	out := map[string]any{}
	for _, of := range parts(s) {
		for _, name := range of.Required {
			out[name] = minimal(property(s, name), depth+1)
		}
	}
	return out
}

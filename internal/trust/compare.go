package trust

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/yamltree"
)

// limits bounds what is read of a provider's: the largest, a service account's policy, has 1,500 members.
func limits() yamltree.Limits { return yamltree.Limits{Bytes: 1 << 20, Depth: 32, Nodes: 20_000} }

// readDeployed reads YAML or JSON, which is YAML as well, with every scalar as a text: a claim's value is one whatever it
// looks like, and no provider here tells 1 from "1". A key that stands twice is refused: who reads it may take either.
func readDeployed(src []byte) (any, error) {
	doc, err := yamltree.Parse("what is deployed", src, limits())
	if err != nil {
		return nil, err
	}
	if doc.Root == nil {
		return nil, errors.New("what is deployed is empty: expected what the provider's own tool writes of it")
	}
	return asTexts(doc.Root)
}

func asTexts(n *yamltree.Node) (any, error) {
	switch n.Kind {
	case yamltree.Mapping:
		out := map[string]any{}
		for _, p := range n.Pairs {
			v, err := asTexts(p.Value)
			if _, twice := out[p.Key.Value]; err == nil && twice {
				err = errors.New("what is deployed has " + p.Key.Value + " twice")
			}
			if err != nil {
				return nil, err
			}
			out[p.Key.Value] = v
		}
		return out, nil
	case yamltree.Sequence:
		out := []any{}
		for _, item := range n.Items {
			v, err := asTexts(item)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	}
	if n.Tag == "!!null" {
		return nil, nil
	}
	return n.Value, nil
}

// asRead is what a document says, in the same shape.
func asRead(v any) any {
	var out any
	_ = json.Unmarshal(marshal(v), &out) // what has just been written is JSON
	return out
}

// differ compares two trees. Where the rendered one has nothing, a deployed value is a difference unless it says nothing.
func differ(at string, has, want any) []Difference {
	wantMap, ok := want.(map[string]any)
	hasMap, also := has.(map[string]any)
	if !ok || !also {
		if canonical(has) == canonical(want) || silent(has) && silent(want) {
			return nil
		}
		return []Difference{{at, words(has), words(want)}}
	}
	var out []Difference
	for _, name := range slices.Sorted(maps.Keys(merged(wantMap, hasMap))) {
		out = append(out, differ(strings.TrimPrefix(at+"."+name, "."), hasMap[name], wantMap[name])...)
	}
	return out
}

// differSets compares lists whose items count as a whole: one that is missing and one that is too many.
func differSets(at string, has, want []any) []Difference {
	var out []Difference
	index := func(in []any) map[string]any {
		all := map[string]any{}
		for _, v := range in {
			all[canonical(v)] = v
		}
		return all
	}
	there, asked := index(has), index(want)
	for _, key := range slices.Sorted(maps.Keys(merged(there, asked))) {
		deployed, isDeployed := there[key]
		expected, isExpected := asked[key]
		switch {
		case !isDeployed:
			out = append(out, Difference{at, "absent", words(expected)})
		case !isExpected:
			out = append(out, Difference{at, words(deployed), "nothing: the document doesn't have it"})
		}
	}
	return out
}

// canonical is a value's text by which it is compared: lists in order, a list of one as what it has.
func canonical(v any) string {
	switch v := v.(type) {
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = canonical(item)
		}
		if slices.Sort(parts); len(parts) == 1 {
			return parts[0]
		}
		return "[" + strings.Join(parts, ",") + "]"
	case map[string]any:
		parts := make([]string, 0, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, string(compact(name))+":"+canonical(v[name]))
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	return string(compact(v))
}

// silent reports whether a value says nothing.
func silent(v any) bool { return blank(v) || v == "false" || v == "0" }

func words(v any) string {
	if v == nil {
		return "absent"
	}
	return string(compact(v))
}

// list is a value as a list.
func list(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

// without leaves out what says nothing of who is let in.
func without(m map[string]any, names ...string) map[string]any {
	out := maps.Clone(m)
	for _, name := range names {
		delete(out, name)
	}
	return out
}

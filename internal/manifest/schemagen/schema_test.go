package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/yamltree"
)

const docs = "../../../docs"

// TestFresh fails where the types or their comments have changed since schemas and references were written.
func TestFresh(t *testing.T) {
	dir := t.TempDir()
	if err := write("..", dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"manifest.schema.json", "org.schema.json", "manifest-reference.md", "org-reference.md"} {
		if diff := cmp.Diff(string(read(t, filepath.Join(dir, name))), string(read(t, filepath.Join(docs, name)))); diff != "" {
			t.Errorf("docs/%s is stale: run make generate (-fresh +committed):\n%s", name, diff)
		}
	}
}

// TestValid validates every manifest and policy that the decoder's tests take.
func TestValid(t *testing.T) {
	schema := compile(t)
	for _, name := range samples(t, "valid*/*.yml") {
		if err := schema(name).Validate(instance(t, name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestStructuralErrors checks that the schema refuses what the decoder's tests refuse, except what no
// schema can see: YAML's own errors, what stands elsewhere in the file, how a path or URL is meant, and how long a provider issues for.
func TestStructuralErrors(t *testing.T) {
	beyond := []string{"anchor-bomb", "anchor-loop", "anchor-shared", "aws-elsewhere", "cloud-terms", "comment", "empty", "paths", "syntax", "two-documents"}
	schema := compile(t)
	for _, name := range samples(t, "bad*/*.yml") {
		base := strings.TrimSuffix(filepath.Base(name), ".yml")
		if slices.Contains(beyond, base) {
			continue
		}
		if err := schema(name).Validate(instance(t, name)); err == nil {
			t.Errorf("the schema takes %s", name)
		}
	}
}

// TestNeverStricter changes valid files in every place. What the decoder takes the schema takes too:
// else editors would complain about what is right.
func TestNeverStricter(t *testing.T) {
	schema := compile(t)
	taken, refused := 0, 0
	for _, name := range samples(t, "valid*/*.yml") {
		s := schema(name)
		mutate(instance(t, name), func(changed any, what string) {
			src, err := json.Marshal(changed) // JSON is YAML
			if err != nil {
				t.Fatal(err)
			}
			switch schemaErr := s.Validate(changed); {
			case !decodes(name, src):
				refused++
			case schemaErr != nil:
				t.Errorf("%s, %s: the decoder takes what the schema refuses: %v", name, what, schemaErr)
			default:
				taken++
			}
		})
	}
	if taken < 200 || refused < 1000 {
		t.Errorf("%d changes taken and %d refused: does the test still change anything?", taken, refused)
	}
}

// mutate calls f with copies of v in each of which one value is missing or another one.
func mutate(v any, f func(changed any, what string)) {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(keysOf(v)) {
			rest := without(v, key)
			f(rest, "without "+key)
			inner := func(changed any, what string) {
				rest[key] = changed
				f(rest, key+": "+what)
				delete(rest, key)
			}
			replace(inner)
			mutate(v[key], inner)
		}
	case []any:
		for i := range v {
			f(slices.Delete(slices.Clone(v), i, i+1), fmt.Sprintf("without %d", i))
			others := slices.Clone(v)
			inner := func(changed any, what string) {
				others[i] = changed
				f(others, fmt.Sprintf("%d: %s", i, what))
				others[i] = v[i]
			}
			replace(inner)
			mutate(v[i], inner)
		}
	}
}

func replace(f func(changed any, what string)) {
	for _, other := range []any{7.0, "none", []any{}} {
		f(other, fmt.Sprintf("now %v", other))
	}
}

func without(m map[string]any, key string) map[string]any {
	out := map[string]any{}
	for k, v := range m {
		if k != key {
			out[k] = v
		}
	}
	return out
}

func keysOf(m map[string]any) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// decodes reports whether the decoder takes src.
func decodes(name string, src []byte) bool {
	if isOrg(name) {
		p, _ := manifest.ParsePolicy(name, src)
		return p != nil
	}
	m, _ := manifest.Parse(name, src)
	return m != nil
}

func isOrg(name string) bool { return strings.HasSuffix(filepath.Dir(name), "-org") }

// compile returns the schema for a sample.
func compile(t *testing.T) func(name string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	load := func(name string) *jsonschema.Schema {
		schema, err := c.Compile(filepath.Join(docs, name))
		if err != nil {
			t.Fatal(err)
		}
		return schema
	}
	ours, org := load("manifest.schema.json"), load("org.schema.json")
	return func(name string) *jsonschema.Schema {
		if isOrg(name) {
			return org
		}
		return ours
	}
}

func samples(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("..", "testdata", pattern))
	if err != nil || len(names) == 0 {
		t.Fatalf("no file matches testdata/%s (%v)", pattern, err)
	}
	return names
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// instance is a YAML file as an editor hands it to a validator.
func instance(t *testing.T, name string) any {
	t.Helper()
	doc, err := yamltree.Parse(name, read(t, name), yamltree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return plain(doc.Root)
}

func plain(n *yamltree.Node) any {
	switch n.Kind {
	case yamltree.Mapping:
		out := map[string]any{}
		for _, p := range n.Pairs {
			if _, said := out[p.Key.Value]; !said || !p.Merged {
				out[p.Key.Value] = plain(p.Value)
			}
		}
		return out
	case yamltree.Sequence:
		out := []any{}
		for _, item := range n.Items {
			out = append(out, plain(item))
		}
		return out
	}
	var out any = n.Value
	switch n.Tag {
	case "!!null":
		return nil
	case "!!int", "!!float", "!!bool":
		if json.Unmarshal([]byte(n.Value), &out) != nil {
			return n.Value
		}
	}
	return out
}

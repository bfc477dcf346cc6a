package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/curfew-ci/curfew/internal/scan"
)

const schemaFile = "../../docs/result.schema.json"

func resultSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	s, err := c.Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(s *jsonschema.Schema, doc string) error {
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(doc))
	if err != nil {
		return err
	}
	return s.Validate(v)
}

func TestJSONKeepsToItsSchema(t *testing.T) {
	schema := resultSchema(t)
	for _, s := range samples() {
		if err := validate(schema, s.write(t, JSON, Options{})); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
	}
}

func TestSchemaRefuses(t *testing.T) {
	schema := resultSchema(t)
	whole := example().write(t, JSON, Options{})
	for _, c := range []struct{ name, old, new string }{
		{"another version", `"schema": 1`, `"schema": 2`},
		{"an unknown severity", `"severity": "high"`, `"severity": "awful"`},
		{"an unknown field", `"schema": 1`, `"extra": 0, "schema": 1`},
		{"a field of another type", `"workflows": 14`, `"workflows": "14"`},
		{"a missing field", `"from": "base 9f2c41e",`, ``},
	} {
		changed := strings.Replace(whole, c.old, c.new, 1)
		if changed == whole {
			t.Fatalf("%s: nothing was changed", c.name)
		}
		if err := validate(schema, changed); err == nil {
			t.Errorf("the schema takes %s", c.name)
		}
	}
}

// TestSchemaNamesEveryField walks the Go types and the schema side by side, so that neither has a field
// which the other lacks, and what may be left out is what the schema doesn't require.
func TestSchemaNamesEveryField(t *testing.T) {
	src, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(src, &root); err != nil {
		t.Fatal(err)
	}
	w := schemaWalk{root: root}
	w.object("result", root, reflect.TypeFor[scan.Result]())
	for _, fault := range w.faults {
		t.Error(fault)
	}
	if w.objects < 10 {
		t.Errorf("walked %d objects only", w.objects)
	}
}

type schemaWalk struct {
	root    map[string]any
	objects int
	faults  []string
}

func (w *schemaWalk) object(at string, schema map[string]any, typ reflect.Type) {
	w.objects++
	props := child(schema, "properties")
	var required, wantRequired, names []string
	list, _ := schema["required"].([]any)
	for _, r := range list {
		required = append(required, fmt.Sprint(r))
	}
	for _, f := range reflect.VisibleFields(typ) {
		name, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || name == "" {
			continue
		}
		names = append(names, name)
		if opts == "" {
			wantRequired = append(wantRequired, name)
		}
		sub, ok := props[name].(map[string]any)
		if !ok {
			w.faults = append(w.faults, fmt.Sprintf("%s.%s isn't in the schema", at, name))
			continue
		}
		w.value(at+"."+name, sub, f.Type)
	}
	for name := range props {
		if !slices.Contains(names, name) {
			w.faults = append(w.faults, fmt.Sprintf("%s.%s is in the schema only", at, name))
		}
	}
	slices.Sort(required)
	slices.Sort(wantRequired)
	if diff := cmp.Diff(wantRequired, required); diff != "" {
		w.faults = append(w.faults, fmt.Sprintf("%s requires other fields (-Go +schema):\n%s", at, diff))
	}
}

// child is the object at key; empty where there is none, so that every field below is missed.
func child(schema map[string]any, key string) map[string]any {
	c, _ := schema[key].(map[string]any)
	return c
}

func (w *schemaWalk) value(at string, schema map[string]any, typ reflect.Type) {
	if ref, ok := schema["$ref"].(string); ok {
		name := strings.TrimPrefix(ref, "#/$defs/")
		schema = child(child(w.root, "$defs"), name)
	}
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	switch typ.Kind() {
	case reflect.Slice:
		w.value(at+"[]", child(schema, "items"), typ.Elem())
	case reflect.Struct:
		w.object(at, schema, typ)
	}
}

func TestReadTakesWhatWriteWrote(t *testing.T) {
	for _, s := range samples() {
		first := s.write(t, JSON, Options{})
		r, err := Read(strings.NewReader(first))
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		if s.name != "hostile" { // whose bytes aren't all UTF-8
			if diff := cmp.Diff(s.result, r, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s changed on its way (-wrote +read):\n%s", s.name, diff)
			}
		}
		again := sample{name: s.name, result: r}
		if diff := cmp.Diff(first, again.write(t, JSON, Options{})); diff != "" {
			t.Errorf("%s is written differently the second time:\n%s", s.name, diff)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	whole := example().write(t, JSON, Options{})
	change := func(old, new string) string { return strings.Replace(whole, old, new, 1) }
	for _, c := range []struct{ name, doc, want string }{
		{"nothing", "", "read result: unexpected end of JSON input: expected what `curfew scan --format json` wrote"},
		{"no result", "{}", `read result: not a result of curfew scan --format json: it has no "schema"`},
		{"a list", "[]", "read result: json: cannot unmarshal array"},
		{"another schema", change(`"schema": 1`, `"schema": 2`), "read result: it has schema 2, this curfew reads 1: scan again with this version"},
		{"an unknown field", change(`"schema": 1`, `"schema": 1, "extra": true`), `read result: json: unknown field "extra"`},
		{"an unknown severity", change(`"severity": "high"`, `"severity": "awful"`), `unknown severity "awful"`},
		{"a finding without severity", change(`"severity": "high",`, ""), "read result: finding 5 lacks a rule or a severity"},
		{"no scope", change(`"scope": "`, `"scope": "x`), "read result: it doesn't say what was searched: unknown scope \"xhistory\""},
		{"an unknown source", change(`"sources": [`, `"sources": ["clouds", `), `read result: it says that "clouds" was read, which no scan reads`},
		{"two results", whole + whole, "read result: invalid character '{' after top-level value"},
		{"half a result", whole[:len(whole)/2], "read result: unexpected end of JSON input"},
	} {
		_, err := Read(strings.NewReader(c.doc))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

// FuzzRead: no input that Read takes makes a format panic, and JSON comes out as it went in.
func FuzzRead(f *testing.F) {
	for _, s := range samples() {
		f.Add([]byte(s.write(f, JSON, Options{})))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		r, err := Read(bytes.NewReader(src))
		if err != nil {
			return
		}
		s := sample{name: "fuzz", result: r, tree: tree{"a": "x\n"}}
		first := s.write(t, JSON, Options{})
		again, err := Read(strings.NewReader(first))
		if err != nil {
			t.Fatalf("Read refuses what Write wrote: %v", err)
		}
		if second := (sample{name: "fuzz", result: again}).write(t, JSON, Options{}); first != second {
			t.Errorf("JSON changed on its way:\n%s", cmp.Diff(first, second))
		}
		for _, format := range []Format{Text, GitHub, Markdown} {
			s.write(t, format, s.options())
		}
		// A rule that nobody knows is an error, never a panic.
		if err := Write(&bytes.Buffer{}, SARIF, r, s.options()); err != nil && !strings.HasPrefix(err.Error(), "write sarif: ") {
			t.Error(err)
		}
	})
}

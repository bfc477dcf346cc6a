package inventory

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "rewrite docs/inventory.schema.json")

// TestSchema holds docs/inventory.schema.json against the Go types, and the sample against it.
func TestSchema(t *testing.T) {
	const file = "../../docs/inventory.schema.json"
	made := schemaOf(reflect.TypeFor[Inventory]())
	made["$schema"], made["title"] = "https://json-schema.org/draft/2020-12/schema", "curfew's inventory"
	properties(made)["schema"] = map[string]any{"const": Schema}
	want, err := json.MarshalIndent(made, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile(file, want, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is stale: go test ./internal/inventory -run TestSchema -update\n%s", file, diff)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(got))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("inventory", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("inventory")
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(sample(t)))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(v); err != nil {
		t.Error(err)
	}
	v.(map[string]any)["secret"] = "x"
	if schema.Validate(v) == nil {
		t.Error("an unknown member passes")
	}
}

func properties(schema map[string]any) map[string]any { return schema["properties"].(map[string]any) }

func schemaOf(of reflect.Type) map[string]any {
	if of == reflect.TypeFor[time.Time]() {
		return map[string]any{"type": "string", "format": "date-time"}
	}
	switch of.Kind() {
	case reflect.Pointer:
		inner := schemaOf(of.Elem())
		inner["type"] = []any{inner["type"], "null"}
		return inner
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(of.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": map[string]any{"type": "string"}}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.String:
		made := map[string]any{"type": "string"}
		if c, ok := reflect.Zero(of).Interface().(interface{ choices() []string }); ok {
			made["enum"] = c.choices()
		}
		return made
	case reflect.Struct:
		return objectOf(of)
	}
	return map[string]any{"type": "integer", "minimum": 0}
}

func objectOf(of reflect.Type) map[string]any {
	members, required := map[string]any{}, []string{}
	for i := range of.NumField() {
		name, option, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
		members[name] = schemaOf(of.Field(i).Type)
		if option == "" {
			required = append(required, name)
		}
	}
	if of == reflect.TypeFor[Source]() {
		members["name"] = map[string]any{"enum": Names()}
	}
	return map[string]any{"type": "object", "properties": members, "required": required, "additionalProperties": false}
}

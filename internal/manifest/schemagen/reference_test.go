package main

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestReferenceHasEveryKey: what the schema lets a file say, the page lists, with what it is, its value and
// whether it is needed; and no more than that.
func TestReferenceHasEveryKey(t *testing.T) {
	pages, err := references("..")
	if err != nil {
		t.Fatal(err)
	}
	for schema, page := range map[string]string{"manifest.schema.json": "manifest-reference.md", "org.schema.json": "org-reference.md"} {
		var doc any
		if err := json.Unmarshal(read(t, filepath.Join(docs, schema)), &doc); err != nil {
			t.Fatal(err)
		}
		want := map[string]bool{}
		properties(doc, want)
		got := map[string]bool{}
		for _, m := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| ([^|]+) \\| ([^|]+) \\| ([^|]+) \\| ([^|]*) \\|$").FindAllStringSubmatch(string(pages[page]), -1) {
			got[m[1]] = true
			if !strings.HasPrefix(m[4], "[mapping]") && !strings.Contains(m[4], " to [mapping]") && !strings.Contains(m[4], "list: [mapping]") && m[5] == "" {
				t.Errorf("%s: %s has no example", page, m[1])
			}
		}
		for key := range want {
			if !got[key] {
				t.Errorf("%s doesn't have the key %q of %s", page, key, schema)
			}
		}
		for key := range got {
			if !want[key] {
				t.Errorf("%s has the key %q, which %s doesn't", page, key, schema)
			}
		}
		if len(want) < 50 {
			t.Errorf("%s: only the keys %v", schema, slices.Sorted(maps.Keys(want)))
		}
	}
}

// properties gathers the names of a schema's properties, but for those that are names of a mapping from names, and
// of the shapes that a value may have in a line.
func properties(v any, into map[string]bool) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			properties(item, into)
		}
	case map[string]any:
		named, ok := v["properties"].(map[string]any)
		if _, described := v["description"]; ok && described && v["additionalProperties"] == false {
			for key := range named {
				if key != "glob" {
					into[key] = true
				}
			}
		}
		for _, item := range v {
			properties(item, into)
		}
	}
}

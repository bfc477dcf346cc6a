package lease

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

// FuzzGCPBoundary: what is taken for a boundary is one to a reader of JSON who is less strict, and bounds every rule to
// Cloud Storage.
func FuzzGCPBoundary(f *testing.F) {
	for _, seed := range []string{
		"", "{}", `{"accessBoundary":{}}`, `{"accessBoundary":{"accessBoundaryRules":[]}}`,
		`{"accessBoundary":{"accessBoundaryRules":[{"availablePermissions":["inRole:roles/storage.objectViewer"],"availableResource":"//storage.googleapis.com/projects/_/buckets/b"}]}}`,
		`{"accessBoundary":{"accessBoundaryRules":[{"availablePermissions":["inRole:a"],"availableResource":"//storage.googleapis.com/projects/_/buckets/b","availabilityCondition":{"expression":"true"}}]},"accessBoundary":1}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		text, err := gcpBoundaryOf(&manifest.Grant{GCP: &manifest.GCP{Boundary: &manifest.Narrow{File: "b.json"}}}, file)
		if err != nil {
			if text != "" {
				t.Errorf("%q beside %v", text, err)
			}
			return
		}
		var said struct {
			AccessBoundary struct {
				AccessBoundaryRules []struct {
					AvailableResource    string
					AvailablePermissions []any
				}
			}
		}
		if err := json.Unmarshal([]byte(text), &said); err != nil || len(said.AccessBoundary.AccessBoundaryRules) == 0 {
			t.Fatalf("%q: %v", text, err)
		}
		for _, rule := range said.AccessBoundary.AccessBoundaryRules {
			if !strings.HasPrefix(rule.AvailableResource, gcpResource) || len(rule.AvailablePermissions) == 0 {
				t.Errorf("%q bounds nothing", text)
			}
		}
	})
}

// FuzzAzureHandle: whatever a token holds, what records know it by is one short line, and no part of it that is secret.
func FuzzAzureHandle(f *testing.F) {
	for _, seed := range []string{"", "a.b.c", "a.eyJ1dGkiOiJhYmMifQ." + strings.Repeat("s", 40), "a.eyJ1dGkiOiJhXG5iIn0." + strings.Repeat("s", 40), strings.Repeat("x", 40)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, token []byte) {
		handle, err := azureHandle(redact.New(token))
		if err != nil {
			return
		}
		if handle == "" || len(handle) > 128 || strings.ContainsFunc(handle, unicode.IsControl) {
			t.Errorf("%q", handle)
		}
	})
}

package lease

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/jsontree"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// FuzzGitHubTold: whatever an exchange says of a token, what is taken is within the grant, as another reader of JSON sees it.
func FuzzGitHubTold(f *testing.F) {
	for _, seed := range []string{
		`{"token":"x"}`, `{"permissions":{"contents":"read","metadata":"read"}}`, `{"permissions":{"contents":"write"}}`, `{"permissions":null}`,
		`{"repositories":["web",{"full_name":"acme/web"}]}`, `{"repositories":[{"full_name":"acme/other"}]}`, `{"permissions":{"Contents":"read"}}`,
	} {
		f.Add(seed)
	}
	g := &manifest.GitHub{Repositories: []string{"acme/web"}, Permissions: map[string]manifest.Access{"contents": manifest.Read, "pull-requests": manifest.Write}}
	within := map[string]string{"contents": "read", "metadata": "read", "pull_requests": "read write", "pull-requests": "read write"}
	f.Fuzz(func(t *testing.T, body string) {
		doc, err := jsontree.Parse("x", []byte(body), jsontree.Limits{Bytes: 1 << 16, Depth: 16, Nodes: 1000})
		if err != nil || doc.Root.Kind != jsontree.Object || githubTold(doc.Root, g) != nil {
			return
		}
		var said map[string]json.RawMessage
		var permissions map[string]string
		var repositories []any
		if err := json.Unmarshal([]byte(body), &said); err != nil {
			t.Skip("encoding/json reads less")
		}
		if p := said["permissions"]; p != nil && json.Unmarshal(p, &permissions) != nil {
			t.Errorf("took %s", p)
		}
		for name, access := range permissions {
			if access == "" || !strings.Contains(" "+within[name]+" ", " "+access+" ") {
				t.Errorf("took %s: %s", name, access)
			}
		}
		if r := said["repositories"]; r != nil && json.Unmarshal(r, &repositories) != nil {
			t.Errorf("took %s", r)
		}
		for _, r := range repositories {
			name, _ := r.(string)
			if o, ok := r.(map[string]any); ok {
				name, _ = o["full_name"].(string)
			}
			if !strings.EqualFold(name, "acme/web") && !strings.EqualFold(name, "web") {
				t.Errorf("took %v", r)
			}
		}
	})
}

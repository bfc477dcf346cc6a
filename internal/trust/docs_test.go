package trust

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDocumentedTrust renders the manifest of docs/providers.md, and holds the page's documents to what comes of it.
func TestDocumentedTrust(t *testing.T) {
	const file = "../../docs/providers.md"
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	page := string(src)
	sample := regexp.MustCompile("(?s)```yaml trust\n(.*?)```").FindStringSubmatch(page)
	if sample == nil {
		t.Fatal("the page has no manifest")
	}
	documents, gaps := Render(parse(t, sample[1]), nil, Options{})
	for _, d := range documents {
		block := regexp.MustCompile("(?s)```json trust " + d.Grant + "\n.*?```")
		if !block.MatchString(page) {
			t.Errorf("the page has no block \"```json trust %s\"", d.Grant)
		}
		page = block.ReplaceAllLiteralString(page, "```json trust "+d.Grant+"\n"+string(d.JSON())+"```")
	}
	if n := strings.Count(page, "```json trust "); n != len(documents) {
		t.Errorf("the page has %d documents, of which %d are rendered", n, len(documents))
	}
	for _, g := range gaps {
		if g.Kind.Open() && g.Grant != "deploy/charts" {
			t.Errorf("%s: %s: %s", g.Grant, g.Kind, g.Message)
		}
	}
	if *update {
		if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(src), page); diff != "" {
		t.Errorf("docs/providers.md is stale: go test ./internal/trust -run TestDocumentedTrust -update (-page +rendered):\n%s", diff)
	}
}

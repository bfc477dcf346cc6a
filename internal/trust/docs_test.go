package trust

import (
	"os"
	"regexp"
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
	languages := map[Form]string{JSON: "json", YAML: "yaml", Text: "text", GCloud: "shell", AzureCLI: "shell"}
	for _, d := range documents {
		form := d.Forms()[0]
		text, _ := d.Write(form)
		fence := "```" + languages[form] + " trust " + d.Grant + "\n"
		block := regexp.MustCompile("(?s)" + fence + ".*?```")
		if !block.MatchString(page) {
			t.Errorf("the page has no block %q", fence)
		}
		page = block.ReplaceAllLiteralString(page, fence+string(text)+"```")
	}
	if n := len(regexp.MustCompile("(?m)^```[a-z]+ trust .*/").FindAllString(page, -1)); n != len(documents) {
		t.Errorf("the page has %d documents, of which %d are rendered", n, len(documents))
	}
	for _, g := range gaps {
		// The page says of these two that they can't hold to the sample.
		if g.Kind.Open() && g.Grant != "deploy/entra" && g.Grant != "deploy/npm" {
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

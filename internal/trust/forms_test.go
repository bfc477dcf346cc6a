package trust

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func providers(t testing.TB) string {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("testdata", "providers.yml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

// TestForms renders grants of each provider in every form that it has, for GitHub's and GitLab's words.
func TestForms(t *testing.T) {
	docs, gaps := Render(parse(t, providers(t)), nil, Options{})
	for _, d := range docs {
		var all strings.Builder
		for _, form := range AllForms() {
			text, ok := d.Write(form)
			if has := slices.Contains(d.Forms(), form); ok != has {
				t.Errorf("%s: %s is written: %v, and among its forms: %v", d.Grant, form, ok, has)
			}
			if ok {
				fmt.Fprintf(&all, "-- %s --\n%s", form, text)
			}
		}
		golden(t, filepath.Join("providers", strings.ReplaceAll(d.Grant, "/", "-")+".txt"), []byte(all.String()))
	}
	golden(t, filepath.Join("providers", "gaps.txt"), []byte(describe(gaps)))
	if got := len(docs); got != 19 {
		t.Errorf("%d documents", got)
	}
}

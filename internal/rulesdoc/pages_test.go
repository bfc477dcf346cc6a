package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/rules"
)

const docs = "../../docs"

func all(t *testing.T) []*rules.Rule {
	t.Helper()
	all, err := rules.All()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestFresh fails where a rule's file has changed since docs/ was written, or docs/ has a page too many.
func TestFresh(t *testing.T) {
	want := pages(all(t))
	got := map[string]string{}
	names, err := fs.Glob(os.DirFS(docs), "rules/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(names, "rules.md", "coverage.md") {
		src, err := os.ReadFile(filepath.Join(docs, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		got[name] = string(src)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs are stale: run make generate (-fresh +committed):\n%s", diff)
	}
}

// TestLinks follows every link between the pages, and to those beside them.
func TestLinks(t *testing.T) {
	files := pages(all(t))
	for name, content := range files {
		for _, part := range strings.Split(content, "](")[1:] {
			target, _, ok := strings.Cut(part, ")")
			if !ok || strings.HasPrefix(target, "https://") {
				continue
			}
			page, _, _ := strings.Cut(target, "#")
			_, ours := files[page]
			_, err := os.Stat(filepath.Join(docs, filepath.FromSlash(page)))
			if !ours && err != nil || strings.Contains(name, "/") {
				t.Errorf("%s links %q, which isn't there", name, target)
			}
		}
	}
}

func TestWriteRemovesWhatIsGone(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "rules"), 0o755); err != nil {
		t.Fatal(err)
	}
	gone := filepath.Join(dir, "rules", "gone.md")
	if err := os.WriteFile(gone, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := write(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(gone); !os.IsNotExist(err) {
		t.Errorf("the page of a rule that is gone is still there: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "coverage.md")); err != nil {
		t.Error(err)
	}
}

package readme

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestLinks follows every link of the Markdown files that leads into the repository, and its anchor.
func TestLinks(t *testing.T) {
	root := os.DirFS("../..")
	pages := append(pages(t), glob(t, "*.md", "docs/rules/*.md", "rules/*.md")...)
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	followed := 0
	for _, page := range pages {
		for _, m := range link.FindAllStringSubmatch(prose(read(t, page)), -1) {
			if strings.Contains(m[1], ":") {
				continue // elsewhere
			}
			followed++
			file, anchor, anchored := strings.Cut(m[1], "#")
			target := page
			if file != "" {
				target = path.Join(path.Dir(page), file)
			}
			if _, err := fs.Stat(root, target); err != nil {
				t.Errorf("%s links to %s: %v", page, m[1], err)
			} else if anchored && !anchors(read(t, target))[anchor] {
				t.Errorf("%s links to %s: %s has no such heading", page, m[1], target)
			}
		}
	}
	if followed < 20 {
		t.Errorf("only %d links found", followed)
	}
}

// pages are those of the project that a reader is sent to, but for the rules'.
func pages(t *testing.T) []string {
	t.Helper()
	return append([]string{"README.md"}, glob(t, "docs/*.md", "docs/start/*.md")...)
}

func glob(t *testing.T, patterns ...string) []string {
	t.Helper()
	var names []string
	for _, pattern := range patterns {
		found, err := fs.Glob(os.DirFS("../.."), pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("nothing is called %s (%v)", pattern, err)
		}
		names = append(names, found...)
	}
	return names
}

func read(t *testing.T, name string) string {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("../..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

// prose is a page without its code blocks.
func prose(page string) string {
	return regexp.MustCompile("(?ms)^```.*?^```").ReplaceAllString(page, "")
}

// anchors are the names that GitHub gives a page's headings.
func anchors(page string) map[string]bool {
	names := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(prose(page), -1) {
		plain := regexp.MustCompile(`[^\p{L}\p{N}_ -]`).ReplaceAllString(strings.ToLower(m[1]), "")
		names[strings.ReplaceAll(plain, " ", "-")] = true
	}
	return names
}

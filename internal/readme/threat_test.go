package readme

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestThreatModelNamesTests: a test that the threat model calls its witness exists, in the room that it names.
func TestThreatModelNamesTests(t *testing.T) {
	page, err := os.ReadFile("../../docs/threat-model.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`([a-z/]+)\\.((?:Test|Fuzz)\\w+)`").FindAllSubmatch(page, -1)
	if len(named) < 40 {
		t.Errorf("%d tests only", len(named))
	}
	for _, m := range named {
		if !hasTest(t, string(m[1]), string(m[2])) {
			t.Errorf("internal/%s has no %s", m[1], m[2])
		}
	}
}

// hasTest looks for a test in a room's files, whatever their build tags.
func hasTest(t *testing.T, room, name string) bool {
	t.Helper()
	files, err := filepath.Glob("../" + room + "/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(src, []byte("\nfunc "+name+"(")) {
			return true
		}
	}
	return false
}

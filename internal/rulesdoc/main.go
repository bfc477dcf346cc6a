// Rulesdoc writes what docs/ says about the rules: a page for each, an index, and which weaknesses and
// controls they cover. It runs in the folder of package rules: go generate does that.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/curfew-ci/curfew/rules"
)

func main() {
	if err := write("../docs"); err != nil {
		fmt.Fprintln(os.Stderr, "rulesdoc:", err)
		os.Exit(1)
	}
}

// write writes the pages below folder dst and removes those of rules that are gone.
func write(dst string) error {
	all, err := rules.All()
	if err != nil {
		return err
	}
	files := pages(all)
	old, err := filepath.Glob(filepath.Join(dst, "rules", "*.md"))
	if err != nil {
		return err
	}
	for _, name := range old {
		if _, ok := files["rules/"+filepath.Base(name)]; !ok {
			if err := os.Remove(name); err != nil {
				return err
			}
		}
	}
	if err := os.MkdirAll(filepath.Join(dst, "rules"), 0o755); err != nil { //nolint:gosec // documentation is for everyone to read
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dst, filepath.FromSlash(name)), []byte(content), 0o644); err != nil { //nolint:gosec // documentation is for everyone to read
			return err
		}
	}
	return nil
}

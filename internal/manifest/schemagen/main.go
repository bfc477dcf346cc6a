// Schemagen writes the JSON Schemas of manifests and policies, and the pages that list their keys, from the
// Go types that decode them, their tags and their comments. It runs in the folder of package manifest: go
// generate does that.
package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
)

func main() {
	if err := write(".", "../../docs"); err != nil {
		fmt.Fprintln(os.Stderr, "schemagen:", err)
		os.Exit(1)
	}
}

// write writes the schemas and references of the package in folder src to folder dst.
func write(src, dst string) error {
	files, err := schemas(src)
	if err != nil {
		return err
	}
	pages, err := references(src)
	if err != nil {
		return err
	}
	maps.Copy(files, pages)
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dst, name), content, 0o644); err != nil { //nolint:gosec // documentation is for everyone to read
			return err
		}
	}
	return nil
}

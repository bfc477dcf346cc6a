// Schemagen writes the JSON Schemas of manifests and policies from the Go types that decode them, their
// tags and their comments. It runs in the folder of package manifest: go generate does that.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := write(".", "../../docs"); err != nil {
		fmt.Fprintln(os.Stderr, "schemagen:", err)
		os.Exit(1)
	}
}

// write writes the schemas of the package in folder src to folder dst.
func write(src, dst string) error {
	files, err := schemas(src)
	if err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dst, name), content, 0o644); err != nil { //nolint:gosec // documentation is for everyone to read
			return err
		}
	}
	return nil
}

// Docsite builds the documentation as a site: one HTML page for each Markdown page, with relative links alone, no script
// and nothing that is fetched from elsewhere. It runs in the project's root; `make docs-site` does that.
package main

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

func main() {
	into := flag.String("into", "bin/site", "the folder to write to")
	flag.Parse()
	if err := write(os.DirFS("."), *into); err != nil {
		fmt.Fprintln(os.Stderr, "docsite:", err)
		os.Exit(1)
	}
}

// write builds the site of the project at root below folder dst.
func write(root fs.FS, dst string) error {
	files, err := build(root)
	if err != nil {
		return err
	}
	for name, content := range files {
		name = filepath.Join(dst, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil { //nolint:gosec // documentation is for everyone to read
			return err
		}
		if err := os.WriteFile(name, content, 0o644); err != nil { //nolint:gosec // documentation is for everyone to read
			return err
		}
	}
	return nil
}

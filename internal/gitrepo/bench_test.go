package gitrepo_test

import (
	"fmt"
	"testing"
)

// BenchmarkCommit is what a pull request's scan reads of its base: the manifest and 14 workflows.
func BenchmarkCommit(b *testing.B) {
	files := map[string]string{".github/curfew.yml": "version: 1\n"}
	names := []string{".github/curfew.yml"}
	for i := range 14 {
		name := fmt.Sprintf(".github/workflows/w%d.yml", i)
		files[name] = "on: push\n"
		names = append(names, name)
	}
	for i := range 200 {
		files[fmt.Sprintf("src/p%d/f%d.go", i%10, i)] = "package p\n"
	}
	tree := open(b, repository(b, files))
	for b.Loop() {
		c, err := tree.Commit(b.Context(), "HEAD")
		if err != nil {
			b.Fatal(err)
		}
		if _, err := c.ReadFiles(b.Context(), names); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFiles lists and reads a working tree of 215 files.
func BenchmarkFiles(b *testing.B) {
	files := map[string]string{}
	for i := range 215 {
		files[fmt.Sprintf("src/p%d/f%d.go", i%10, i)] = "package p\n"
	}
	tree := open(b, repository(b, files))
	for b.Loop() {
		names, _, err := tree.Files(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		for _, name := range names {
			if _, err := tree.ReadFile(name); err != nil {
				b.Fatal(err)
			}
		}
	}
}

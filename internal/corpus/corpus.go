// Package corpus finds the real workflow files that tests and benchmarks judge by: one folder for each
// public repository. They keep their owners' licences and are no part of this repository; where they are
// missing, a test that needs them is skipped and says so. No shipped code imports this package.
package corpus

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// File is one YAML file of a repository.
type File struct {
	Repo string // OWNER__NAME
	Path string // in the repository, with slashes
	Src  []byte
}

// Dir is the folder of the repositories' folders: what CURFEW_CORPUS names, else
// ../shared/corpus/workflows beside the checkout. The test is skipped where there is none.
func Dir(tb testing.TB) string {
	tb.Helper()
	dir := os.Getenv("CURFEW_CORPUS")
	if dir == "" {
		dir = filepath.Join(checkout(tb), "..", "shared", "corpus", "workflows")
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		tb.Skipf("the corpus of workflow files is missing: set CURFEW_CORPUS to the folder of its repositories (%s is none)", dir)
	}
	return dir
}

// Repositories lists the names of the repositories' folders in Dir.
func Repositories(tb testing.TB) []string {
	tb.Helper()
	entries, err := os.ReadDir(Dir(tb))
	if err != nil {
		tb.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

// Files reads all YAML files, sorted by repository and path.
func Files(tb testing.TB) []File {
	tb.Helper()
	dir := Dir(tb)
	var files []File
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !slices.Contains([]string{".yml", ".yaml"}, filepath.Ext(path)) {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		repo, name, _ := strings.Cut(filepath.ToSlash(rel), "/")
		files = append(files, File{repo, name, src})
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return files
}

// checkout is the folder of go.mod: tests run in their package's folder.
func checkout(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			tb.Fatal("no go.mod above the test's folder")
		}
		dir = parent
	}
}

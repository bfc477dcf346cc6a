package architecture

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Above these sizes a file or function is worth a second look; nothing fails.
const (
	softFileLines     = 250
	softFunctionLines = 40
)

// TestHouse holds every Go file of the project against the plan.
func TestHouse(t *testing.T) {
	p, root := house(), "../.."
	rooms := map[string]bool{}
	files := goFiles(t, root)
	for _, name := range files {
		src, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		faults, err := check(p, name, src)
		if err != nil {
			t.Errorf("%v", err)
		}
		for _, fault := range faults {
			t.Error(fault)
		}
		if !strings.HasSuffix(name, "_test.go") {
			rooms[path.Dir(name)] = true
			reportSize(t, name, src)
		}
	}
	for _, fault := range p.compare(slices.Sorted(maps.Keys(rooms))) {
		t.Error(fault)
	}
	if len(files) < 20 {
		t.Errorf("looked at %d Go files only: is %s the project's root?", len(files), root)
	}
}

// goFiles lists the project's Go files, slash-separated and relative to root. Modules of their own,
// testdata and hidden folders are not part of the house.
func goFiles(t *testing.T, root string) []string {
	t.Helper()
	var files []string
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !entry.IsDir():
			if strings.HasSuffix(name, ".go") {
				files = append(files, name)
			}
			return nil
		case name == ".":
			return nil
		case strings.HasPrefix(entry.Name(), "."), entry.Name() == "testdata":
			return fs.SkipDir
		}
		if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(name), "go.mod")); err == nil {
			return fs.SkipDir
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// reportSize logs what has grown large.
func reportSize(t *testing.T, name string, src []byte) {
	t.Helper()
	if lines := bytes.Count(src, []byte{'\n'}); lines > softFileLines {
		t.Logf("%s has %d lines: do two things live there?", name, lines)
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
	if err != nil {
		return // check has said so
	}
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		if lines := fset.Position(f.End()).Line - fset.Position(f.Pos()).Line + 1; lines > softFunctionLines {
			t.Logf("%s: %s has %d lines", fset.Position(f.Pos()), f.Name.Name, lines)
		}
	}
}

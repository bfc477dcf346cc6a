package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// TestSameBytes scans one tree at several widths and from several folders: nothing but the tree may
// show in the output.
func TestSameBytes(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	s := &shell{t: t, dir: t.TempDir()}
	if err := os.CopyFS(s.dir, os.DirFS("../../testdata/shop")); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		s.write(fmt.Sprintf(".github/workflows/w%d.yml", i), fmt.Sprintf(`on: push
env: { A: "${{ secrets.A%d }}" }
jobs:
  a: { runs-on: x, steps: [ { run: "${{ toJSON(secrets) }}" } ] }
  b: { runs-on: x, steps: [ { uses: a/b@v1, with: { token: "${{ secrets.B }}" } } ] }
`, i))
	}
	for _, format := range []string{"text", "json", "sarif", "github", "markdown"} {
		var first string
		for _, procs := range []int{1, 2, 8} {
			runtime.GOMAXPROCS(procs)
			for _, from := range []string{s.dir, filepath.Join(s.dir, ".github"), t.TempDir()} {
				t.Chdir(from)
				s.out.Reset()
				dir, err := filepath.Rel(from, s.dir)
				if err != nil || from == t.TempDir() {
					dir = s.dir
				}
				s.run("scan", dir, "-f", format)
				switch got := s.out.String(); {
				case first == "":
					first = got
				case got != first:
					t.Errorf("%s differs at GOMAXPROCS=%d in %s:\n%s\nnot\n%s", format, procs, from, got, first)
				}
			}
		}
	}
}

package yamltree

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// corpus returns the workflow files of the shared corpus, which CURFEW_CORPUS names or which stands
// beside the checkout. It skips the test where there is none.
func corpus(tb testing.TB) map[string][]byte {
	tb.Helper()
	root := os.Getenv("CURFEW_CORPUS")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	files := make(map[string][]byte)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !slices.Contains([]string{".yml", ".yaml"}, filepath.Ext(path)) {
			return err
		}
		src, err := os.ReadFile(path)
		files[filepath.ToSlash(strings.TrimPrefix(path, root))] = src
		return err
	})
	if err != nil || len(files) == 0 {
		tb.Skipf("the corpus of workflow files is missing: set CURFEW_CORPUS to its folder (%v)", err)
	}
	return files
}

// rejected are the files of the corpus that are no YAML, each with the reason.
func rejected() map[string]string {
	return map[string]string{
		"/workflows/dagger__dagger/.github/actions/call-ci-alt-runner/action.yml": `"\." is no escape that YAML knows`,
	}
}

// TestCorpus holds that every scalar of every file is mapped byte by byte, and every extent sound.
func TestCorpus(t *testing.T) {
	scalars := 0
	for path, src := range corpus(t) {
		doc, err := Parse(path, src, Limits{})
		if _, known := rejected()[path]; known != (err != nil) {
			t.Errorf("%s: got error %v", path, err)
		}
		if err != nil {
			continue
		}
		checkTree(t, doc)
		walk(doc.Root, func(n *Node) {
			if n.Kind != Scalar {
				return
			}
			scalars++
			if o := doc.Offsets(n); !o.Exact() {
				t.Errorf("%s:%s: %q is not mapped", path, n.Span.Start, n.Value)
			}
		})
	}
	t.Logf("%d scalars, all mapped", scalars)
}

package yamltree

import (
	"testing"

	"github.com/curfew-ci/curfew/internal/corpus"
)

// rejected are the files of the corpus that are no YAML, each with the reason.
func rejected() map[string]string {
	return map[string]string{
		"dagger__dagger/.github/actions/call-ci-alt-runner/action.yml": `"\." is no escape that YAML knows`,
	}
}

// TestCorpus holds that every scalar of every file is mapped byte by byte, and every extent sound.
func TestCorpus(t *testing.T) {
	scalars := 0
	for _, file := range corpus.Files(t) {
		path, src := file.Repo+"/"+file.Path, file.Src
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
			if o := doc.Offsets(n); !o.exact {
				t.Errorf("%s:%s: %q is not mapped", path, n.Span.Start, n.Value)
			}
		})
	}
	t.Logf("%d scalars, all mapped", scalars)
}

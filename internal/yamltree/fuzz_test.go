package yamltree

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// FuzzParse holds for any file: no panic, every extent inside of the file and of its parent's, every
// scalar mapped byte by byte, and the same result twice.
func FuzzParse(f *testing.F) {
	for _, src := range []string{
		"on: push\njobs:\n  a:\n    runs-on: x # y\n    steps: [{run: 'a''b', if: \"\\x41\\\n c\"}, *x]\n",
		"a: &a !!str |2-\n    b\n   c\n\nd: >+\n  e\n  f\n\n   g\n\n# h\n",
		"? a\n: - b\n  - {<<: [*x], c: }\n",
		"\ufeffa: b\r\n  c\r\n\r\n  d\r\n...\n# e\n",
		"é: [a: b, ? {c: d}: e, # ]\n f]\rg: \"h\u2028 i\u0085 j\"",
	} {
		f.Add([]byte(src))
	}
	for _, c := range positionCases() {
		f.Add([]byte(c.src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		doc, err := Parse("f.yml", src, Limits{Depth: 200, Nodes: 20_000})
		if e := (*Error)(nil); err != nil && (!errors.As(err, &e) || e.Message == "") {
			t.Fatalf("error %#v", err)
		}
		checkTree(t, doc)
		walk(doc.Root, func(n *Node) {
			if n.Kind == Scalar {
				checkOffsets(t, doc, n)
			}
		})
		again, _ := Parse("f.yml", src, Limits{Depth: 200, Nodes: 20_000})
		if d := cmp.Diff(doc, again, cmpopts.IgnoreUnexported(Document{}, Node{}), cmpopts.IgnoreFields(Document{}, "Text")); d != "" {
			t.Error(d)
		}
	})
}

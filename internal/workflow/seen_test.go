package workflow

import (
	"testing"

	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/yamltree"
)

// checkSeen holds that no expression goes unseen: every scalar of the file that has one is among its
// strings, whatever key it stands under.
func checkSeen(t *testing.T, f *File) {
	t.Helper()
	seen := make(map[source.Span]bool)
	for s := range f.Strings {
		seen[s.Span] = true
	}
	var visit func(n *yamltree.Node)
	visit = func(n *yamltree.Node) {
		switch {
		case n == nil:
		case n.Kind == yamltree.Scalar:
			if hasExpression(n.Value) && !seen[n.Span] {
				t.Errorf("%s:%s: %q is not among the strings", f.Path, n.Span.Start, n.Value)
			}
		default:
			for _, p := range n.Pairs {
				visit(p.Key)
				visit(p.Value)
			}
			for _, item := range n.Items {
				visit(item)
			}
		}
	}
	if f.doc != nil {
		visit(f.doc.Root)
	}
}

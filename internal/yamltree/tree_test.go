package yamltree

import (
	"bytes"
	"testing"

	"github.com/curfew-ci/curfew/internal/source"
)

// walk visits what stands in the file itself: keys and values, not what aliases and merges repeat.
func walk(n *Node, visit func(*Node)) {
	if n == nil || !n.Alias.IsZero() {
		return
	}
	visit(n)
	for _, list := range [][]Pair{n.Pairs, n.Merges} {
		for _, p := range list {
			if !p.Merged {
				walk(p.Key, visit)
				walk(p.Value, visit)
			}
		}
	}
	for _, item := range n.Items {
		walk(item, visit)
	}
}

// checkTree holds what is true of every tree, however odd its source.
func checkTree(t *testing.T, doc *Document) {
	t.Helper()
	walk(doc.Root, func(n *Node) {
		checkSpan(t, doc, n.Span)
		children := n.Items
		for _, p := range append(n.Pairs[:len(n.Pairs):len(n.Pairs)], n.Merges...) {
			if !p.Merged {
				children = append(children[:len(children):len(children)], p.Key, p.Value)
			}
		}
		for _, c := range children {
			at := c.Place()
			checkSpan(t, doc, at)
			if at.Start.Offset < n.Span.Start.Offset || at.End.Offset > n.Span.End.Offset {
				t.Errorf("%s: %v is not inside of %v", doc.Text.Path, at, n.Span)
			}
		}
		switch src := text(doc, n.Span); {
		case n.Kind == Scalar:
			checkScalar(t, doc, n)
		case n.Flow && src[0] == '[' && n.Kind == Sequence && src[len(src)-1] != ']':
			t.Errorf("%s:%s: list spans %q", doc.Text.Path, n.Span.Start, src)
		case n.Flow && src[0] == '{' && len(n.Pairs) == 0 && src[len(src)-1] != '}':
			t.Errorf("%s:%s: mapping spans %q", doc.Text.Path, n.Span.Start, src)
		}
	})
	for _, c := range doc.Comments {
		checkSpan(t, doc, c.Span)
		if got := text(doc, c.Span); got != "#"+c.Text {
			t.Errorf("%s:%s: comment %q spans %q", doc.Text.Path, c.Span.Start, c.Text, got)
		}
	}
}

// checkSpan holds that a span lies in the file and its lines and columns agree with its offsets.
func checkSpan(t *testing.T, doc *Document, s source.Span) {
	t.Helper()
	if s.Start.Offset < 0 || s.Start.Offset > s.End.Offset || s.End.Offset > len(doc.Text.Src) {
		t.Fatalf("%s: bad span %+v", doc.Text.Path, s)
	}
	if want := doc.Text.Span(s.Start.Offset, s.End.Offset); s != want {
		t.Errorf("%s: span %+v: want %+v", doc.Text.Path, s, want)
	}
}

// checkScalar holds that a scalar's text begins and ends as its style demands.
func checkScalar(t *testing.T, doc *Document, n *Node) {
	t.Helper()
	src := []byte(text(doc, n.Span))
	ok := true
	switch n.Style {
	case SingleQuoted:
		ok = len(src) >= 2 && src[0] == '\'' && src[len(src)-1] == '\''
	case DoubleQuoted:
		ok = len(src) >= 2 && src[0] == '"' && src[len(src)-1] == '"'
	case Literal:
		ok = bytes.HasPrefix(src, []byte("|"))
	case Folded:
		ok = bytes.HasPrefix(src, []byte(">"))
	case Plain:
		ok = len(src) == 0 == (n.Value == "")
	}
	if !ok {
		t.Errorf("%s:%s: scalar %q spans %q", doc.Text.Path, n.Span.Start, n.Value, src)
	}
}

func text(doc *Document, s source.Span) string {
	return string(doc.Text.Src[s.Start.Offset:s.End.Offset])
}

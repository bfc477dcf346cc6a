package yamltree

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// TestLocate asks where a part of the value comes from and compares the file's own text.
func TestLocate(t *testing.T) {
	for _, tt := range []struct{ name, src, part, want string }{
		{"plain", "a: b secret c # d", "secret", "secret"},
		{"plain at the end", "a: b secret", "secret", "secret"},
		{"plain over lines", "a: b\n  c secret\n  d", "secret", "secret"},
		{"across a folded line", "a: b sec\n   ret", "sec ret", "sec\n   ret"},
		{"folded space", "a: b sec\n   ret", "c r", "c\n   r"},
		{"blank lines", "a: b\n\n\n  c", "\n\n", "\n\n"},
		{"single quoted", "a: 'it''s secret'", "secret", "secret"},
		{"the quote itself", "a: 'it''s secret'", "'", "''"},
		{"double quoted", `a: "\t\"secret\" \u00e9"`, "secret", "secret"},
		{"escape", `a: "\t\"secret\" \u00e9"`, "é", `\u00e9`},
		{"between escapes", `a: "\x41\x42\x43"`, "B", `\x42`},
		{"escaped line break", "a: \"sec\\\n   ret\"", "secret", "sec\\\n   ret"},
		{"quoted over lines", "a: \"b\n\n   secret\"", "secret", "secret"},
		{"literal", "a: |\n  b\n    secret\n  c\n", "secret", "secret"},
		{"literal over lines", "a: |\n  b\n  c\n", "b\nc", "b\n  c"},
		{"kept line break", "a: |+\n  b\n\n", "\n\n", "\n\n"},
		{"clipped line break", "a: |\n  b\n\n", "b\n", "b\n"},
		{"leading lines", "a: |\n\n  secret\n", "secret", "secret"},
		{"indentation told", "a:\n  b: |1\n    secret\n", " secret", " secret"},
		{"folded block", "a: >\n  b\n  secret\n\n  c\n", "secret", "secret"},
		{"folded break", "a: >-\n  b\n  c\n", " ", "\n"},
		{"folded, more indented", "a: >-\n  b\n   secret\n  c\n", "\n secret\n", "\n   secret\n"},
		{"CRLF", "a: |\r\n  b\r\n  secret\r\n", "b\nsecret", "b\r\n  secret"},
		{"code points", "é: >\n  éé\n  ésecreté\n", "secret", "secret"},
		{"LS stays", "a: \"b\u2028  secret\"", "\u2028secret", "\u2028  secret"},
		{"NEL folds", "a: b\u0085  secret", " secret", "\u0085  secret"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := Parse("f.yml", []byte(tt.src), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			n := doc.Root.Pairs[0].Value
			if n.Kind == Mapping {
				n = n.Pairs[0].Value
			}
			i := strings.Index(n.Value, tt.part)
			if i < 0 {
				t.Fatalf("%q is not in %q", tt.part, n.Value)
			}
			span := doc.Locate(n, i, i+len(tt.part))
			if got := text(doc, span); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			checkSpan(t, doc, span)
			checkOffsets(t, doc, n)
		})
	}
}

// checkOffsets holds that each byte of a scalar maps into its own text, in rising order.
func checkOffsets(t *testing.T, doc *Document, n *Node) {
	t.Helper()
	o := doc.Offsets(n)
	if !o.exact {
		t.Errorf("%s: %q is not mapped", n.Span.Start, n.Value)
		return
	}
	last := n.Span.Start.Offset
	for i := range len(n.Value) {
		s := o.Span(i, i+1)
		if s.Start.Offset < last || s.End.Offset <= s.Start.Offset || s.End.Offset > len(doc.Text.Src) {
			t.Fatalf("%s: byte %d of %q is said to come from %v", n.Span.Start, i, n.Value, s)
		}
		last = s.Start.Offset
		// Half a rune is asked for by nobody: the two bytes of "\_" map to one of its value's each.
		if src := text(doc, s); len(src) == 1 && src != n.Value[i:i+1] && src[0] > ' ' && n.Value[i] < utf8.RuneSelf {
			t.Errorf("%s: byte %d of %q comes from %q", n.Span.Start, i, n.Value, src)
		}
	}
	if end := o.Span(len(n.Value), len(n.Value)); end.Start != end.End || end.Start.Offset < last {
		t.Errorf("%s: the end of %q is at %v", n.Span.Start, n.Value, end)
	}
}

// TestFallback holds that a scalar that can't be mapped is shown whole rather than wrongly in part.
func TestFallback(t *testing.T) {
	doc, err := Parse("f.yml", []byte("a: 'b c'\n"), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	n := *doc.Root.Get("a")
	n.Value = "b d"
	if o := doc.Offsets(&n); o.exact || o.Span(0, 1) != n.Span {
		t.Errorf("got %v, exact %t", o.Span(0, 1), o.exact)
	}
}

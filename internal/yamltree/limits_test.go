package yamltree

import (
	"strings"
	"testing"
	"time"
)

// bomb is a list of lists of lists …, each of which names the one before ten times.
func bomb(levels int) string {
	var b strings.Builder
	b.WriteString("a0: &a0 x\n")
	for i := 1; i <= levels; i++ {
		prev := "*a" + string(rune('0'+i-1))
		b.WriteString("a" + string(rune('0'+i)) + ": &a" + string(rune('0'+i)) + " [" + strings.Repeat(prev+", ", 10) + "]\n")
	}
	return b.String()
}

// nested is n mappings in one another.
func nested(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i))
		b.WriteString("a:\n")
	}
	return b.String()
}

func TestLimits(t *testing.T) {
	lim := Limits{Bytes: 1 << 20, Depth: 20, Nodes: 1000}
	for _, tt := range []struct{ name, src, want string }{
		{"bytes", strings.Repeat("#", 1<<20+1), "f.yml: the file has 1048577 bytes: at most 1048576 are read"},
		{"depth of a flow", strings.Repeat("[", 21) + strings.Repeat("]", 21), "f.yml:1:21: values are nested more than 20 deep"},
		{"depth of a block", nested(25), "f.yml:20:20: values are nested more than 20 deep"},
		{"depth through aliases", "- &a " + strings.Repeat("[", 12) + strings.Repeat("]", 12) + "\n- " + strings.Repeat("[", 8) + "*a" + strings.Repeat("]", 8), "f.yml:2:11: values are nested more than 20 deep"},
		{"nodes", "[" + strings.Repeat("a, ", 1000) + "]", "f.yml:1:2999: the file has more than 1000 values, aliases counted each time they are used"},
		{"anchor bomb", bomb(9), "f.yml:4:45: the file has more than 1000 values, aliases counted each time they are used"},
		{"merge bomb", "a: &a {k: [" + strings.Repeat("x, ", 300) + "]}\nb: &b {<<: [*a, *a]}\nc: {<<: [*b, *b]}\n", "f.yml:3:10: the file has more than 1000 values, aliases counted each time they are used"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := Parse("f.yml", []byte(tt.src), lim)
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
			if doc.Root != nil {
				t.Error("a tree beyond the limits was handed out")
			}
		})
	}
}

// TestHostile holds that files made to hurt are read or refused in time that grows with their size.
// The bound is generous: what it catches is exponential or quadratic work, which takes minutes.
func TestHostile(t *testing.T) {
	lim := Limits{Depth: 100, Nodes: 100_000}
	for name, src := range map[string]string{
		"flow sequences":    strings.Repeat("[", 10_000),
		"flow mappings":     strings.Repeat("{a: ", 10_000) + strings.Repeat("}", 10_000),
		"deeper than known": strings.Repeat("[", 1<<20),
		"compact sequences": strings.Repeat("- ", 9_000) + "x",
		"explicit keys":     strings.Repeat("? ", 9_000) + "x",
		"block mappings":    nested(1_000),
		"anchor bomb":       bomb(9),
		"long line":         "é: [" + strings.Repeat("é, ", 50_000) + "]",
		"aliases on a line": "a: &a é\né: [" + strings.Repeat("*a, ", 50_000) + "]",
		"empty values":      "{" + strings.Repeat("? ,", 20_000) + "}",
		"comments":          strings.Repeat("- a # é\n", 50_000),
		"dedents":           strings.Repeat("- - - - #c\n\n", 8_000),
		"folded quotes":     "a: \"" + strings.Repeat("é\n\n", 100_000) + "\"",
		"folded plain":      "a: x" + strings.Repeat("\n\n é", 100_000),
		"folded block":      "a: >\n" + strings.Repeat("\n\n  é", 100_000),
		"error at the end":  strings.Repeat("a: b\n", 30_000) + "  c\n d: e\n",
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			doc, err := Parse("f.yml", []byte(src), lim)
			if err == nil {
				walk(doc.Root, func(n *Node) {
					if n.Kind == Scalar {
						doc.Locate(n, 0, len(n.Value))
					}
				})
			}
			if d := time.Since(start); d > 20*time.Second {
				t.Errorf("took %v for %d bytes (%v)", d, len(src), err)
			}
		})
	}
}

func TestNestedWithoutLimits(t *testing.T) {
	for name, src := range map[string]string{
		"flow":  strings.Repeat("{a: ", 9_000) + strings.Repeat("}", 9_000),
		"block": strings.Repeat("- ", 9_000) + "x",
	} {
		doc, err := Parse("f.yml", []byte(src), Limits{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		depth := 0
		for n := doc.Root; n.Kind != Scalar; depth++ {
			if n.Kind == Mapping {
				n = n.Pairs[0].Value
			} else {
				n = n.Items[0]
			}
		}
		if depth != 9_000 {
			t.Errorf("%s: got %d levels", name, depth)
		}
	}
}

package yamltree

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// outline renders a tree with one line a node: depth, place, what it is, and its text.
func outline(doc *Document) string {
	var b strings.Builder
	var node func(depth int, role string, n *Node)
	node = func(depth int, role string, n *Node) {
		fmt.Fprintf(&b, "%s%s %s-%s", strings.Repeat("  ", depth), role, n.Span.Start, n.Span.End)
		if !n.Alias.IsZero() {
			fmt.Fprintf(&b, " alias %s-%s", n.Alias.Start, n.Alias.End)
		}
		switch n.Kind {
		case Scalar:
			fmt.Fprintf(&b, " %s %q\n", n.Tag, n.Value)
		case Sequence:
			fmt.Fprintf(&b, " %s flow=%t\n", n.Tag, n.Flow)
			for _, item := range n.Items {
				node(depth+1, "-", item)
			}
		case Mapping:
			fmt.Fprintf(&b, " %s flow=%t\n", n.Tag, n.Flow)
			for _, p := range n.Merges {
				node(depth+1, "<<", p.Value)
			}
			for _, p := range n.Pairs {
				role := "="
				if p.Merged {
					role = "merged"
				}
				node(depth+1, "k", p.Key)
				node(depth+1, role, p.Value)
			}
		}
	}
	if doc.Root != nil {
		node(0, "root", doc.Root)
	}
	for _, c := range doc.Comments {
		fmt.Fprintf(&b, "# %s-%s alone=%t %q\n", c.Span.Start, c.Span.End, c.Alone, c.Text)
	}
	return b.String()
}

type positionCase struct{ name, src, want string }

func positionCases() []positionCase {
	return []positionCase{
		{"empty file", "", ""},
		{"only comments", "# a\n\n  # b", "# 1:1-1:4 alone=true \" a\"\n# 3:3-3:6 alone=true \" b\"\n"},
		{"plain", "a: b c # d\n", `
root 1:1-1:7 !!map flow=false
  k 1:1-1:2 !!str "a"
  = 1:4-1:7 !!str "b c"
# 1:8-1:11 alone=false " d"`},
		{"on is no boolean", "on: yes\n", `
root 1:1-1:8 !!map flow=false
  k 1:1-1:3 !!str "on"
  = 1:5-1:8 !!str "yes"`},
		{"code points", "é: \"ü\" # ä\nß: [é, ü]", `
root 1:1-2:10 !!map flow=false
  k 1:1-1:2 !!str "é"
  = 1:4-1:7 !!str "ü"
  k 2:1-2:2 !!str "ß"
  = 2:4-2:10 !!seq flow=true
    - 2:5-2:6 !!str "é"
    - 2:8-2:9 !!str "ü"
# 1:8-1:11 alone=false " ä"`},
		{"CRLF", "a: |\r\n  b\r\n  c\r\nd: 'e'\r\n", `
root 1:1-4:7 !!map flow=false
  k 1:1-1:2 !!str "a"
  = 1:4-3:4 !!str "b\nc\n"
  k 4:1-4:2 !!str "d"
  = 4:4-4:7 !!str "e"`},
		{"lone CR ends a line for YAML alone", "a: b\rc: d\n", `
root 1:1-1:10 !!map flow=false
  k 1:1-1:2 !!str "a"
  = 1:4-1:5 !!str "b"
  k 1:6-1:7 !!str "c"
  = 1:9-1:10 !!str "d"`},
		{"tabs", "a:\tb\t# c\n", `
root 1:1-1:5 !!map flow=false
  k 1:1-1:2 !!str "a"
  = 1:4-1:5 !!str "b"
# 1:6-1:9 alone=false " c"`},
		{"plain over lines", "a: b\n  c\n\n  d # e\nf: g", `
root 1:1-5:5 !!map flow=false
  k 1:1-1:2 !!str "a"
  = 1:4-4:4 !!str "b c\nd"
  k 5:1-5:2 !!str "f"
  = 5:4-5:5 !!str "g"
# 4:5-4:8 alone=false " e"`},
		{"quoted", `{'it''s': "a\"b\\", "": ''}`, `
root 1:1-1:28 !!map flow=true
  k 1:2-1:9 !!str "it's"
  = 1:11-1:19 !!str "a\"b\\"
  k 1:21-1:23 !!str ""
  = 1:25-1:27 !!str ""`},
		{"quoted over lines", "a: \"b\n  c\\\n  d\"\ne: 'f\n\n  g'\n", `
root 1:1-6:5 !!map flow=false
  k 1:1-1:2 !!str "a"
  = 1:4-3:5 !!str "b cd"
  k 4:1-4:2 !!str "e"
  = 4:4-6:5 !!str "f\ng"`},
		{"literal", "a: |-  # why\n\n   b\n    c\n\n   d\n\n# e\nf: |+\n g\n\nh: >2\n    i\n", `
root 1:1-13:6 !!map flow=false
  k 1:1-1:2 !!str "a"
  = 1:4-6:5 !!str "\nb\n c\n\nd"
  k 9:1-9:2 !!str "f"
  = 9:4-10:3 !!str "g\n\n"
  k 12:1-12:2 !!str "h"
  = 12:4-13:6 !!str "  i\n"
# 1:8-1:13 alone=false " why"
# 8:1-8:4 alone=true " e"`},
		{"empty block", "a: |\nb: >-\n\nc: d", `
root 1:1-4:5 !!map flow=false
  k 1:1-1:2 !!str "a"
  = 1:4-1:5 !!str ""
  k 2:1-2:2 !!str "b"
  = 2:4-2:6 !!str ""
  k 4:1-4:2 !!str "c"
  = 4:4-4:5 !!str "d"`},
		{"folded", "- >\n  a\n  b\n\n  c\n   d\n  e\n- f", `
root 1:1-8:4 !!seq flow=false
  - 1:3-7:4 !!str "a b\nc\n d\ne\n"
  - 8:3-8:4 !!str "f"`},
		{"sequences", "a:\n- b\n-\n- - c\n  - d\n- e: f\n  g:\n", `
root 1:1-7:5 !!map flow=false
  k 1:1-1:2 !!str "a"
  = 2:1-7:5 !!seq flow=false
    - 2:3-2:4 !!str "b"
    - 3:2-3:2 !!null ""
    - 4:3-5:6 !!seq flow=false
      - 4:5-4:6 !!str "c"
      - 5:5-5:6 !!str "d"
    - 6:3-7:5 !!map flow=false
      k 6:3-6:4 !!str "e"
      = 6:6-6:7 !!str "f"
      k 7:3-7:4 !!str "g"
      = 7:5-7:5 !!null ""`},
		{"flow", "a: {b: [c, 'd', ], e: , # }\n  f}  # g\nh: [i: j, {k: l}: m]\n", `
root 1:1-3:21 !!map flow=false
  k 1:1-1:2 !!str "a"
  = 1:4-2:5 !!map flow=true
    k 1:5-1:6 !!str "b"
    = 1:8-1:18 !!seq flow=true
      - 1:9-1:10 !!str "c"
      - 1:12-1:15 !!str "d"
    k 1:20-1:21 !!str "e"
    = 1:22-1:22 !!null ""
    k 2:3-2:4 !!str "f"
    = 2:4-2:4 !!null ""
  k 3:1-3:2 !!str "h"
  = 3:4-3:21 !!seq flow=true
    - 3:5-3:9 !!map flow=true
      k 3:5-3:6 !!str "i"
      = 3:8-3:9 !!str "j"
    - 3:11-3:20 !!map flow=true
      k 3:11-3:17 !!map flow=true
        k 3:12-3:13 !!str "k"
        = 3:15-3:16 !!str "l"
      = 3:19-3:20 !!str "m"
# 1:25-1:28 alone=false " }"
# 2:7-2:10 alone=false " g"`},
		{"anchors and tags", "a: &x !!str 1\nb: !!int \"2\"\nc: &y # z\n  &k d: &e\nf: *x\ng: !t\n  - *y\n", `
root 1:1-7:7 !!map flow=false
  k 1:1-1:2 !!str "a"
  = 1:13-1:14 !!str "1"
  k 2:1-2:2 !!str "b"
  = 2:10-2:13 !!int "2"
  k 3:1-3:2 !!str "c"
  = 4:3-4:11 !!map flow=false
    k 4:6-4:7 !!str "d"
    = 4:11-4:11 !!null ""
  k 5:1-5:2 !!str "f"
  = 1:13-1:14 alias 5:4-5:6 !!str "1"
  k 6:1-6:2 !!str "g"
  = 7:3-7:7 !t flow=false
    - 4:3-4:11 alias 7:5-7:7 !!map flow=false
      k 4:6-4:7 !!str "d"
      = 4:11-4:11 !!null ""
# 3:7-3:10 alone=false " z"`},
		{"explicit keys", "? a\n: b\n? c\n\n? |\n  d\n: e\n", `
root 1:1-7:4 !!map flow=false
  k 1:3-1:4 !!str "a"
  = 2:3-2:4 !!str "b"
  k 3:3-3:4 !!str "c"
  = 3:4-3:4 !!null ""
  k 5:3-6:4 !!str "d\n"
  = 7:3-7:4 !!str "e"`},
		{"merge keys", "a: &a {k: 1, l: 2}\nb: &b {k: 3, m: 4}\nc:\n  <<: [*a, *b]\n  l: 5\nd: {<<: *a, \"<<\": x}\n", `
root 1:1-6:21 !!map flow=false
  k 1:1-1:2 !!str "a"
  = 1:7-1:19 !!map flow=true
    k 1:8-1:9 !!str "k"
    = 1:11-1:12 !!int "1"
    k 1:14-1:15 !!str "l"
    = 1:17-1:18 !!int "2"
  k 2:1-2:2 !!str "b"
  = 2:7-2:19 !!map flow=true
    k 2:8-2:9 !!str "k"
    = 2:11-2:12 !!int "3"
    k 2:14-2:15 !!str "m"
    = 2:17-2:18 !!int "4"
  k 3:1-3:2 !!str "c"
  = 4:3-5:7 !!map flow=false
    << 4:7-4:15 !!seq flow=true
      - 1:7-1:19 alias 4:8-4:10 !!map flow=true
        k 1:8-1:9 !!str "k"
        = 1:11-1:12 !!int "1"
        k 1:14-1:15 !!str "l"
        = 1:17-1:18 !!int "2"
      - 2:7-2:19 alias 4:12-4:14 !!map flow=true
        k 2:8-2:9 !!str "k"
        = 2:11-2:12 !!int "3"
        k 2:14-2:15 !!str "m"
        = 2:17-2:18 !!int "4"
    k 5:3-5:4 !!str "l"
    = 5:6-5:7 !!int "5"
    k 1:8-1:9 !!str "k"
    merged 1:11-1:12 !!int "1"
    k 2:14-2:15 !!str "m"
    merged 2:17-2:18 !!int "4"
  k 6:1-6:2 !!str "d"
  = 6:4-6:21 !!map flow=true
    << 1:7-1:19 alias 6:9-6:11 !!map flow=true
      k 1:8-1:9 !!str "k"
      = 1:11-1:12 !!int "1"
      k 1:14-1:15 !!str "l"
      = 1:17-1:18 !!int "2"
    k 6:13-6:17 !!str "<<"
    = 6:19-6:20 !!str "x"
    k 1:8-1:9 !!str "k"
    merged 1:11-1:12 !!int "1"
    k 1:14-1:15 !!str "l"
    merged 1:17-1:18 !!int "2"`},
		{"duplicates stay", "a: 1\na: 2\n", `
root 1:1-2:5 !!map flow=false
  k 1:1-1:2 !!str "a"
  = 1:4-1:5 !!int "1"
  k 2:1-2:2 !!str "a"
  = 2:4-2:5 !!int "2"`},
		{"document markers", "# a\n%YAML 1.1\n--- # b\n- c\n... # d\n# e\n", `
root 4:1-4:4 !!seq flow=false
  - 4:3-4:4 !!str "c"
# 1:1-1:4 alone=true " a"
# 3:5-3:8 alone=false " b"
# 5:5-5:8 alone=false " d"
# 6:1-6:4 alone=true " e"`},
		{"scalar on the marker's line", "--- |\n a\n", `root 1:5-2:3 !!str "a\n"` + "\n"},
		{"null document", "---\n", `root 1:4-1:4 !!null ""` + "\n"},
	}
}

func TestPositions(t *testing.T) {
	for _, tt := range positionCases() {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := Parse("f.yml", []byte(tt.src), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			checkTree(t, doc)
			if d := cmp.Diff(strings.TrimPrefix(strings.TrimSuffix(tt.want, "\n"), "\n"), strings.TrimSuffix(outline(doc), "\n")); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestByteOrderMark(t *testing.T) {
	doc, err := Parse("f.yml", []byte("\ufeffa: |1\n  b # c\n# d\n"), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	checkTree(t, doc)
	if got := text(doc, doc.Root.Span); got != "a: |1\n  b # c" {
		t.Errorf("root spans %q", got)
	}
	if v := doc.Root.Get("a"); v.Value != " b # c\n" || text(doc, doc.Locate(v, 1, 2)) != "b" {
		t.Errorf("got %q at %v", v.Value, doc.Locate(v, 1, 2))
	}
	if len(doc.Comments) != 1 || !doc.Comments[0].Alone {
		t.Errorf("comments: %+v", doc.Comments)
	}
}

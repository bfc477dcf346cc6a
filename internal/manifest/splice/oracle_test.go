package splice

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"github.com/curfew-ci/curfew/internal/yamltree"
)

// decoded is what yaml.v3 itself makes of a text: an oracle that shares nothing with this package.
func decoded(t *testing.T, src []byte) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal(src, &v); err != nil {
		t.Fatalf("%v\n%s", err, src)
	}
	return v
}

// changed is v with the value at a pointer set, or removed where to is nil.
func changed(v any, names []string, to any) any {
	name := strings.ReplaceAll(strings.ReplaceAll(names[0], "~1", "/"), "~0", "~")
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			switch {
			case k != name:
				out[k] = e
			case len(names) > 1:
				out[k] = changed(e, names[1:], to)
			case to != nil:
				out[k] = to
			}
		}
		return out
	case []any:
		out := []any{}
		n, _ := strconv.Atoi(name)
		for i, e := range v {
			switch {
			case i != n:
				out = append(out, e)
			case len(names) > 1:
				out = append(out, changed(e, names[1:], to))
			case to != nil:
				out = append(out, to)
			}
		}
		return out
	}
	return v
}

// place is a value of a manifest that may be edited.
type place struct {
	pointer string
	node    *yamltree.Node
	first   int // the bytes from the beginning of the first line of the entry,
	last    int // to the end of its last
	line    int // the beginning of the line of what introduces the collection it is in
	only    bool
}

// places lists the values below n, those behind aliases and merge keys left out.
func places(n *yamltree.Node, pointer string, head int, out []place) []place {
	if !n.Alias.IsZero() {
		return out
	}
	own := len(n.Items) + len(n.Merges)
	for _, p := range n.Pairs {
		if !p.Merged {
			own++
		}
	}
	for _, p := range n.Pairs {
		if !p.Merged {
			name := strings.ReplaceAll(strings.ReplaceAll(p.Key.Value, "~", "~0"), "/", "~1")
			at := place{
				pointer + "/" + name, p.Value, p.Key.Place().Start.Offset,
				max(p.Key.Place().End.Offset, p.Value.Place().End.Offset), head, own == 1,
			}
			out = places(p.Value, at.pointer, at.first, append(out, at))
		}
	}
	for i, item := range n.Items {
		at := place{pointer + "/" + strconv.Itoa(i), item, item.Place().Start.Offset, item.Place().End.Offset, head, own == 1}
		out = places(item, at.pointer, at.first, append(out, at))
	}
	return out
}

// untouched checks that all bytes are the same before the line of from and after the line of to, lines of
// comments around them left aside.
func untouched(t *testing.T, before, after []byte, from, to int, around bool) {
	t.Helper()
	lines := text{before}
	from, to = lines.lineStart(from), lines.nextLine(to)
	comment := func(p int) bool {
		line := bytes.TrimSpace(before[p:lines.lineEnd(p)])
		return len(line) == 0 || line[0] == '#' || line[0] == '-' && len(line) == 1 || line[0] == '?' && len(line) == 1 || line[0] == ','
	}
	for around && from > 0 && comment(lines.lineStart(from-lines.breakBefore(from))) {
		from = lines.lineStart(from - lines.breakBefore(from))
	}
	for around && to < len(before) && comment(to) {
		to = lines.nextLine(to)
	}
	if to == len(before) && around && from > 0 {
		from -= lines.breakBefore(from)
	}
	if !bytes.HasPrefix(after, before[:from]) || !bytes.HasSuffix(after, before[to:]) || len(after) < from+len(before)-to {
		t.Errorf("lines changed beside those from %d to %d:\n%s", from, to, cmp.Diff(string(before), string(after)))
	}
}

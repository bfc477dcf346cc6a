package splice

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/curfew-ci/curfew/internal/yamltree"
)

// text is a manifest's source, walked as YAML's own scanner does.
type text struct{ src []byte }

// entry is a pair of a mapping or an item of a list, with all that belongs to it in its line: the "-" or
// "?", anchor and tag.
type entry struct {
	value      *yamltree.Node
	start, end int
}

// entries are a collection's own entries in the file's order, merge keys among them.
func (t text) entries(n *yamltree.Node) []entry {
	var out []entry
	add := func(key, value *yamltree.Node) {
		first, end := value, value.Place().End.Offset
		if key != nil {
			first, end = key, max(end, key.Place().End.Offset)
		}
		out = append(out, entry{value, first.Place().Start.Offset, end})
	}
	for _, p := range n.Pairs {
		if !p.Merged {
			add(p.Key, p.Value)
		}
	}
	for _, p := range n.Merges {
		add(p.Key, p.Value)
	}
	for _, item := range n.Items {
		add(nil, item)
	}
	slices.SortFunc(out, func(a, b entry) int { return cmp.Compare(a.start, b.start) })
	for i := range out {
		out[i].start = min(t.startOf(n, out, i), out[i].start)
	}
	return out
}

// startOf is where entry i begins, by where the one before it ends.
func (t text) startOf(n *yamltree.Node, all []entry, i int) int {
	open := n.Span.Start.Offset
	switch bracketed := n.Flow && t.at(open) != 0 && bytes.IndexByte([]byte("[{"), t.at(open)) >= 0; {
	case i > 0 && n.Flow:
		comma := t.token(all[i-1].end)
		if t.at(comma) != ',' {
			return all[i].start
		}
		return t.token(comma + 1)
	case i > 0:
		return t.token(all[i-1].end)
	case bracketed:
		return t.token(open + 1)
	}
	return open
}

// at is the byte at p; 0 behind the end.
func (t text) at(p int) byte {
	if p < 0 || p >= len(t.src) {
		return 0
	}
	return t.src[p]
}

// breakAt is how many bytes a line break at p has; 0 where there is none.
func (t text) breakAt(p int) int {
	switch rest := t.src[min(p, len(t.src)):]; {
	case bytes.HasPrefix(rest, []byte("\r\n")):
		return len("\r\n")
	case len(rest) > 0 && (rest[0] == '\n' || rest[0] == '\r'):
		return 1
	case bytes.HasPrefix(rest, []byte("\u0085")):
		return len("\u0085")
	case bytes.HasPrefix(rest, []byte("\u2028")), bytes.HasPrefix(rest, []byte("\u2029")):
		return len("\u2028")
	}
	return 0
}

// lineStart is where the line of p begins.
func (t text) lineStart(p int) int {
	for p > 0 && t.breakBefore(p) == 0 {
		p--
	}
	return p
}

// breakBefore is how many bytes the line break that ends at p has; 0 where none does.
func (t text) breakBefore(p int) int {
	for _, w := range []int{len("\r\n"), 1, len("\u0085"), len("\u2028")} {
		if p >= w && t.breakAt(p-w) == w {
			return w
		}
	}
	return 0
}

// lineEnd is where the line of p ends, its break left out.
func (t text) lineEnd(p int) int {
	for p < len(t.src) && t.breakAt(p) == 0 {
		p++
	}
	return p
}

// nextLine is where the line after that of p begins.
func (t text) nextLine(p int) int {
	end := t.lineEnd(p)
	return end + t.breakAt(end)
}

// blanks moves over spaces and tabs.
func (t text) blanks(p int) int {
	for t.at(p) == ' ' || t.at(p) == '\t' {
		p++
	}
	return p
}

// blanksBefore moves back over spaces and tabs.
func (t text) blanksBefore(p int) int {
	for t.at(p-1) == ' ' || t.at(p-1) == '\t' {
		p--
	}
	return p
}

// token is the first place from p on that is neither white space nor in a comment. p is between two values,
// where a "#" begins nothing else.
func (t text) token(p int) int {
	for p < len(t.src) {
		w := t.breakAt(p)
		switch c := t.src[p]; {
		case w > 0:
			p += w
		case c == ' ' || c == '\t':
			p++
		case c == '#':
			p = t.lineEnd(p)
		default:
			return p
		}
	}
	return p
}

// plainGap reports whether nothing but blanks and commas stands in a range: no comment, no line break.
func (t text) plainGap(from, to int) bool {
	return len(bytes.Trim(t.src[from:max(from, to)], " \t,")) == 0
}

// indent is the column of the line's first character that is no blank, and whether that begins a comment.
// A line without any is no comment.
func (t text) indent(line int) (column int, comment bool) {
	p := t.blanks(line)
	return p - line, t.at(p) == '#'
}

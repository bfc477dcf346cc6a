package splice

import "github.com/curfew-ci/curfew/internal/yamltree"

// flowRemovals are ways to take an entry out of a collection in brackets, with one comma: the first that
// leaves what is meant is taken.
func (t text) flowRemovals(n *yamltree.Node, es []entry, i int) []patch {
	var out []patch
	e := es[i]
	open, closing := n.Span.Start.Offset+1, n.Span.End.Offset-1
	tail := t.tail(e.end)
	if t.ownLine(t.flowStart(e.start)) && t.blanks(tail) == t.lineEnd(tail) {
		out = append(out, t.lines(entry{e.value, t.flowStart(e.start), tail}))
	}
	switch {
	case len(es) == 1 && t.plainGap(open, e.start) && t.plainGap(e.end, closing):
		return append(out, patch{start: open, end: closing})
	case i+1 < len(es):
		out = append(out, t.beforeOthers(e, es[i+1], tail))
	case i > 0 && t.plainGap(es[i-1].end, e.start):
		out = append(out, t.afterOthers(es[i-1], e, tail))
	}
	return append(out, patch{start: t.blanksBefore(e.start), end: tail})
}

// tail is behind an entry, its comma, and the comment that ends its line.
func (t text) tail(end int) int {
	p := t.blanks(end)
	if t.at(p) == ',' {
		end, p = p+1, t.blanks(p+1)
	}
	if t.at(p) == '#' {
		return t.lineEnd(p)
	}
	return end
}

// flowStart is where an entry begins, or the comma in front of it where that begins its line.
func (t text) flowStart(start int) int {
	if p := t.blanksBefore(start); t.at(p-1) == ',' && t.ownLine(p-1) {
		return p - 1
	}
	return start
}

// beforeOthers takes out an entry that another follows. One in another line stays there, unless the comma
// between them stands there too.
func (t text) beforeOthers(e, next entry, tail int) patch {
	if t.plainGap(e.end, next.start) || t.token(e.end) >= tail {
		return patch{start: e.start, end: next.start}
	}
	return patch{start: t.blanksBefore(e.start), end: tail}
}

// afterOthers takes out the last entry, which stands in the line of the one before it. A comma before the
// bracket stays one.
func (t text) afterOthers(prev, e entry, tail int) patch {
	if t.breakAt(tail) > 0 {
		return patch{start: prev.end, end: tail}
	}
	return patch{start: prev.end, end: e.end}
}

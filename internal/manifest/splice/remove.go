package splice

import (
	"strings"

	"github.com/curfew-ci/curfew/internal/yamltree"
)

// removals are ways to take the value's entry out.
func (s *spot) removals() [][]patch {
	es, i := s.entry()
	n, t := s.parent(), s.text()
	switch {
	case i < 0:
		return nil
	case n.Flow && strings.IndexByte("[{", t.at(n.Span.Start.Offset)) < 0: // a single pair in a list, as in [a: b]
		return [][]patch{{{n.Span.Start.Offset, n.Span.End.Offset, empty(n)}}}
	case n.Flow:
		var out [][]patch
		for _, p := range t.flowRemovals(n, es, i) {
			out = append(out, []patch{p})
		}
		return out
	case len(es) == 1:
		return [][]patch{s.emptied(es[0])}
	}
	return t.blockRemovals(es, i)
}

// empty is a collection without entries.
func empty(n *yamltree.Node) string {
	if n.Kind == yamltree.Sequence {
		return "[]"
	}
	return "{}"
}

// blockRemovals are ways to take out an entry of several that stand on lines of their own.
func (t text) blockRemovals(es []entry, i int) [][]patch {
	e := es[i]
	if t.ownLine(e.start) {
		return [][]patch{{t.lines(e)}, {t.wholeLines(e)}}
	}
	// It begins in the line of another's "-", as a does in "- a: b". What follows stays in its own line.
	out := [][]patch{{{start: t.blanksBefore(e.start), end: t.lineEnd(e.end)}}}
	if i+1 < len(es) {
		out = append(out, []patch{{start: e.start, end: es[i+1].start}})
	}
	return out
}

// ownLine reports whether nothing stands before p in its line.
func (t text) ownLine(p int) bool { return t.blanks(t.lineStart(p)) >= p }

// lines takes out all lines of an entry. A file that doesn't end in a line break still doesn't.
func (t text) lines(e entry) patch {
	p := t.wholeLines(e)
	if p.end == len(t.src) && t.breakBefore(p.end) == 0 {
		p.start -= t.breakBefore(p.start)
	}
	return p
}

// wholeLines takes out all lines of an entry, with the comments of its own column right above it, and those
// behind it that are indented deeper.
func (t text) wholeLines(e entry) patch {
	from, to := t.lineStart(e.start), t.nextLine(e.end)
	column := e.start - from
	for from > 0 {
		above := t.lineStart(from - t.breakBefore(from))
		if at, comment := t.indent(above); !comment || at != column {
			break
		}
		from = above
	}
	for p := to; p < len(t.src); p = t.nextLine(p) {
		at, comment := t.indent(p)
		if comment && at > column {
			to = t.nextLine(p)
		} else if comment || t.blanks(p) != t.lineEnd(p) {
			break
		}
	}
	return patch{start: from, end: to}
}

// emptied writes {} or [] in the place of a collection's only entry, right behind what introduces it.
func (s *spot) emptied(e entry) []patch {
	n, t := s.parent(), s.text()
	if !t.ownLine(e.start) {
		return []patch{{n.Span.Start.Offset, e.end, empty(n)}}
	}
	// Between the key or the "-" and the first entry stand a colon, anchor and tag, and comments.
	head := s.head
	for p := t.token(head); p < e.start; p = t.token(head) {
		for head = p; head < e.start && t.breakAt(head) == 0 && t.blanks(head) == head; {
			head++
		}
	}
	return []patch{{head, head, " " + empty(n)}, t.lines(e)}
}

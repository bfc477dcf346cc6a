package yamltree

import (
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/curfew-ci/curfew/internal/source"
)

func (r *reader) scalar(n *Node, y *yaml.Node, at place) {
	n.Kind, n.Style, n.Value = Scalar, style(y.Style), y.Value
	start := max(r.offset(y), r.done)
	switch {
	case start < len(r.src) && (r.src[start] == '!' || r.src[start] == '&' && y.Anchor != ""):
		start = r.properties(y, start)
	case unwritten(y):
		start = r.emptyAt(start)
	}
	r.read(start)
	switch n.Style {
	case Plain:
		n.Span = r.take(start, r.plainEnd(start, n.Value))
	case SingleQuoted, DoubleQuoted:
		n.Span = r.take(start, r.quotedEnd(start, n.Value))
	default:
		n.Span = r.block(n, start, at)
	}
}

func style(s yaml.Style) Style {
	switch {
	case s&yaml.DoubleQuotedStyle != 0:
		return DoubleQuoted
	case s&yaml.SingleQuotedStyle != 0:
		return SingleQuoted
	case s&yaml.LiteralStyle != 0:
		return Literal
	case s&yaml.FoldedStyle != 0:
		return Folded
	}
	return Plain
}

// emptyAt is where a value that isn't written stands: right behind the indicator that announces it.
// yaml.v3 places some at whatever comes next, which may be far below.
func (r *reader) emptyAt(next int) int {
	at := r.done
	for p := r.done; p < next; p++ {
		switch r.src[p] {
		case '#':
			p, _ = r.eol(p)
		case ':', '-', '?', ',':
			at = p + 1
		}
	}
	return at
}

// plainEnd walks the source along the value that yaml.v3 made of it.
func (r *reader) plainEnd(p int, value string) int {
	if n := len(value); n <= len(r.src)-p && string(r.src[p:p+n]) == value {
		return p + n
	}
	f := folder{scanner: r.scanner, value: value}
	end := f.plain(p)
	return end
}

// quotedEnd is the place behind the closing quote.
func (r *reader) quotedEnd(p int, value string) int {
	if p >= len(r.src) {
		return p
	}
	q := r.src[p]
	n := p + 1 + len(value)
	if n < len(r.src) && r.src[n] == q && string(r.src[p+1:n]) == value && !strings.ContainsAny(value, `'"\`) {
		return n + 1
	}
	for p++; p < len(r.src); p++ {
		switch c := r.src[p]; {
		case c == '\\' && q == '"':
			p++
		case c == q && q == '\'' && p+1 < len(r.src) && r.src[p+1] == q:
			p++
		case c == q:
			return p + 1
		}
	}
	return len(r.src)
}

// block finds the extent and the indentation of a literal or folded scalar.
func (r *reader) block(n *Node, start int, at place) source.Span {
	h := r.header(start)
	eol, next := r.eol(h.end)
	s := r.take(start, h.end)
	r.gap(h.end, eol)
	parent := -1
	if at.block >= 0 {
		parent = r.column(at.block)
	}
	n.indent = r.indentation(next, h.indent, parent)
	end := h.end
	for p := next; ; {
		content, kind := r.blockLine(p, n.indent)
		if kind == lineEnd {
			break
		}
		e, after := r.eol(content)
		if kind == lineText {
			end = e
		}
		p = after
	}
	if end > h.end {
		s.End = r.pos(end)
		r.done, r.end = end, s.End
	} else {
		r.done = eol
	}
	return s
}

// column is the column of off, from 0, as yaml.v3 counts.
func (r *reader) column(off int) int { return utf8.RuneCount(r.src[r.lineOf(off):off]) }

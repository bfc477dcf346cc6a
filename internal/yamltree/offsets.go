package yamltree

import (
	"sort"

	"github.com/curfew-ci/curfew/internal/source"
)

// Offsets maps the bytes of a scalar's value to places in the file: through quotes and escapes,
// folded lines and the indentation of blocks.
type Offsets struct {
	cursor
	whole  source.Span
	n      int     // length of the value
	begin  int     // where the value begins
	pieces []piece // nil where the value's bytes are the file's from begin on
	exact  bool    // the mapping holds byte by byte; otherwise, where decoding anew yields another value, all bytes map to the whole scalar
}

// Offsets decodes scalar n once more to find where each byte of its value comes from.
func (d *Document) Offsets(n *Node) Offsets {
	start, end := n.Span.Start.Offset, n.Span.End.Offset
	if n.Style == SingleQuoted || n.Style == DoubleQuoted {
		start, end = start+1, end-1
	}
	o := Offsets{cursor: cursor{&d.scan, n.Span.Start}, whole: n.Span, n: len(n.Value), begin: start}
	if o.n == 0 || string(d.scan.src[start:max(start, end)]) == n.Value {
		o.exact = true
		return o
	}
	f := folder{scanner: &d.scan, value: n.Value, keep: true}
	switch n.Style {
	case Plain:
		f.plain(start)
	case SingleQuoted, DoubleQuoted:
		f.quoted(start, end, n.Style == DoubleQuoted)
	default:
		h := d.scan.header(start)
		_, lines := d.scan.eol(h.end)
		f.block(lines, n.indent, h.chomp, n.Style == Folded)
	}
	if !f.failed && f.v == len(n.Value) {
		o.exact, o.pieces = true, f.pieces
	}
	return o
}

// Span is the place of the bytes [i, j) of the value, which are clamped to it. A byte that the file
// writes with more, such as an escape's, maps to all of them.
func (o *Offsets) Span(i, j int) source.Span {
	if !o.exact {
		return o.whole
	}
	i = min(max(i, 0), o.n)
	j = min(max(j, i), o.n)
	start, _ := o.bytes(i)
	end := start
	if j > i {
		_, end = o.bytes(j - 1)
	}
	return o.span(start, end)
}

// bytes is the range of the file that byte i of the value comes from; behind the last byte, the
// empty range at its end.
func (o *Offsets) bytes(i int) (start, end int) {
	if o.pieces == nil {
		return o.begin + i, o.begin + i + 1
	}
	k := sort.Search(len(o.pieces), func(k int) bool { return o.pieces[k].v > i }) - 1
	p, next := o.pieces[k], o.n
	if k+1 < len(o.pieces) {
		next = o.pieces[k+1].v
	}
	switch {
	case i >= o.n:
		return p.f + p.w, p.f + p.w
	case next-p.v == p.w:
		return p.f + i - p.v, p.f + i - p.v + 1
	}
	return p.f, p.f + p.w
}

// Locate is the place of the bytes [i, j) of scalar n's value. For many ranges of one scalar, Offsets
// is cheaper.
func (d *Document) Locate(n *Node, i, j int) source.Span {
	o := d.Offsets(n)
	return o.Span(i, j)
}

package yamltree

import (
	"fmt"
	"math"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/curfew-ci/curfew/internal/source"
)

// reader walks yaml.v3's nodes in the file's order and finds in the source where each one ends.
type reader struct {
	cursor
	lim      Limits
	done     int        // what stands before it has been read: comments are looked for behind it
	end      source.Pos // where the last value ended
	mark     yamlMark   // the last place that yaml.v3 named
	nodes    int        // so far, aliases expanded
	deepest  int
	anchors  map[*yaml.Node]*anchor
	comments []Comment
	copied   string // the source, once a comment needs it
	slab     []Node // of which no node has been handed out yet
}

// place is where in the nesting a node stands.
type place struct {
	depth int // from 1
	block int // offset at which the innermost block mapping or sequence begins, or -1
}

// anchor is what is known of an anchored node.
type anchor struct {
	node   *Node // nil while it is being read: an alias to it would be a loop
	nodes  int
	height int
}

// yamlMark is a place as yaml.v3 counts.
type yamlMark struct{ line, col, off int }

func newReader(doc *Document, lim Limits, nodes int) *reader {
	if lim.Nodes > 0 {
		nodes = min(nodes, lim.Nodes)
	}
	top := source.Pos{Line: 1, Col: 1}
	return &reader{cursor: cursor{&doc.scan, top}, lim: lim, end: top, slab: make([]Node, nodes)}
}

func (r *reader) node(y *yaml.Node, at place) (*Node, error) {
	r.nodes++
	r.deepest = max(r.deepest, at.depth)
	if err := r.tooMuch(r.offset(y)); err != nil {
		return nil, err
	}
	if y.Kind == yaml.AliasNode {
		return r.alias(y, at)
	}
	var a *anchor
	before, deepest := r.nodes, r.deepest
	if y.Anchor != "" {
		if r.anchors == nil {
			r.anchors = make(map[*yaml.Node]*anchor)
		}
		a = new(anchor)
		r.anchors[y] = a
		r.deepest = at.depth
	}
	n := r.alloc()
	n.Tag = y.ShortTag()
	err := r.fill(n, y, at)
	if err == nil && a != nil {
		a.node, a.nodes, a.height = n, r.nodes-before+1, r.deepest-at.depth
		r.deepest = max(r.deepest, deepest)
	}
	return n, err
}

func (r *reader) fill(n *Node, y *yaml.Node, at place) error {
	switch y.Kind {
	case yaml.MappingNode:
		return r.mapping(n, y, at)
	case yaml.SequenceNode:
		return r.sequence(n, y, at)
	}
	r.scalar(n, y, at)
	return nil
}

// alias copies the anchored node, whose children both then share, and counts it as if it were read anew.
func (r *reader) alias(y *yaml.Node, at place) (*Node, error) {
	start := max(r.offset(y), r.done)
	a := r.anchors[y.Alias]
	if a == nil || a.node == nil {
		return nil, r.fail(start, fmt.Sprintf("alias *%s stands inside of its own anchor", y.Value))
	}
	r.nodes = min(r.nodes+a.nodes-1, math.MaxInt32/2)
	r.deepest = max(r.deepest, at.depth+a.height)
	if err := r.tooMuch(start); err != nil {
		return nil, err
	}
	n := r.alloc()
	*n = *a.node
	r.read(start)
	n.Alias = r.take(start, start+len("*")+len(y.Value))
	return n, nil
}

func (r *reader) tooMuch(off int) error {
	switch {
	case r.lim.Nodes > 0 && r.nodes > r.lim.Nodes:
		return r.fail(off, fmt.Sprintf("the file has more than %d values, aliases counted each time they are used", r.lim.Nodes))
	case r.lim.Depth > 0 && r.deepest > r.lim.Depth:
		return r.fail(off, fmt.Sprintf("values are nested more than %d deep", r.lim.Depth))
	}
	return nil
}

func (r *reader) fail(off int, msg string) error {
	return &Error{r.text.Region(off, off), msg}
}

// offset is where yaml.v3 says that y begins: at its anchor or tag, where it has one.
func (r *reader) offset(y *yaml.Node) int {
	m := &r.mark
	if y.Line != m.line || y.Column < m.col {
		*m = yamlMark{y.Line, 1, r.lineStart(y.Line)}
	}
	if r.ascii {
		m.off += y.Column - m.col
	} else {
		for c := m.col; c < y.Column && m.off < len(r.src); c++ {
			_, w := utf8.DecodeRune(r.src[m.off:])
			m.off += w
		}
	}
	m.col = y.Column
	return min(m.off, len(r.src))
}

// read moves on to off and collects the comments on the way.
func (r *reader) read(off int) {
	if off > r.done {
		r.gap(r.done, off)
		r.done = off
	}
}

// take is the extent of a value, which is then read.
func (r *reader) take(start, end int) source.Span {
	s := r.span(start, end)
	r.done, r.end = end, s.End
	return s
}

// alloc hands out one of the nodes that were counted beforehand.
func (r *reader) alloc() *Node {
	n := &r.slab[0]
	r.slab = r.slab[1:]
	return n
}

// count is the number of nodes below and with y, each alias being one.
func count(y *yaml.Node) int {
	n := 1
	for _, c := range y.Content {
		n += count(c)
	}
	return n
}

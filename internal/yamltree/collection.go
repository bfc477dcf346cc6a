package yamltree

import (
	"gopkg.in/yaml.v3"

	"github.com/curfew-ci/curfew/internal/source"
)

func (r *reader) mapping(n *Node, y *yaml.Node, at place) error {
	n.Kind, n.Flow = Mapping, y.Style&yaml.FlowStyle != 0
	start, bracket := r.open(y, '{')
	first := r.pos(start)
	if !n.Flow {
		at.block = start
	}
	at.depth++
	if len(y.Content) > 0 {
		n.Pairs = make([]Pair, 0, len(y.Content)/2)
	}
	for i := 0; i+1 < len(y.Content); i += 2 {
		k, err := r.node(y.Content[i], at)
		if err != nil {
			return err
		}
		v, err := r.node(y.Content[i+1], at)
		if err != nil {
			return err
		}
		if k.Tag == mergeTag && mergeable(v) {
			n.Merges = append(n.Merges, Pair{Key: k, Value: v})
		} else {
			n.Pairs = append(n.Pairs, Pair{Key: k, Value: v})
		}
	}
	n.merge()
	n.Span = r.close(first, bracket, '}')
	return nil
}

func (r *reader) sequence(n *Node, y *yaml.Node, at place) error {
	n.Kind, n.Flow = Sequence, y.Style&yaml.FlowStyle != 0
	start, bracket := r.open(y, '[')
	first := r.pos(start)
	if !n.Flow {
		at.block = start
	}
	at.depth++
	if len(y.Content) > 0 {
		n.Items = make([]*Node, 0, len(y.Content))
	}
	for _, c := range y.Content {
		v, err := r.node(c, at)
		if err != nil {
			return err
		}
		n.Items = append(n.Items, v)
	}
	n.Span = r.close(first, bracket, ']')
	return nil
}

// open finds where a mapping or sequence begins, and whether with a bracket: a single pair in a flow
// sequence, as in [a: b], is a flow mapping without any.
func (r *reader) open(y *yaml.Node, bracket byte) (start int, found bool) {
	start = max(r.offset(y), r.done)
	if len(y.Content) > 0 && y.Content[0].Line == y.Line && y.Content[0].Column == y.Column {
		return start, false // what stands here is the first key, its anchor and its tag
	}
	start = r.properties(y, start)
	r.read(start)
	if y.Style&yaml.FlowStyle == 0 || start >= len(r.src) || r.src[start] != bracket {
		return start, false
	}
	r.done = start + 1
	return start, true
}

// close is the extent of a mapping or sequence whose values have been read.
func (r *reader) close(first source.Pos, bracketed bool, bracket byte) source.Span {
	if !bracketed {
		return source.Span{Start: first, End: r.end}
	}
	for p := r.done; p < len(r.src); p++ {
		switch r.src[p] {
		case '#':
			p, _ = r.eol(p)
		case bracket:
			r.read(p)
			r.done, r.end = p+1, r.pos(p+1)
			return source.Span{Start: first, End: r.end}
		}
	}
	return source.Span{Start: first, End: r.end}
}

// properties is the first place behind y's anchor and tag and the white space and comments that
// follow; for a value that isn't written, the end of the properties themselves.
func (r *reader) properties(y *yaml.Node, p int) int {
	stop := len(r.src)
	if len(y.Content) > 0 {
		stop = r.offset(y.Content[0]) // a key's own anchor and tag are its own
	}
	empty := unwritten(y)
	anchor, tag := y.Anchor != "", !empty || y.Style&yaml.TaggedStyle != 0 || p < stop && r.src[p] == '!'
	for end := p; p < stop; p = r.token(end) {
		switch c := r.src[p]; {
		case anchor && c == '&':
			anchor = false
		case tag && c == '!':
			tag = false
		case empty:
			return end
		default:
			return p
		}
		for end = p + 1; !r.ends(end) && (r.src[p] == '!' || isWord(r.src[end])); {
			end++
		}
		if empty && r.token(end) >= stop {
			return end
		}
	}
	return p
}

// unwritten reports whether y has no characters of its own, quotes included.
func unwritten(y *yaml.Node) bool {
	return y.Kind == yaml.ScalarNode && y.Value == "" && y.Style&^yaml.TaggedStyle == 0
}

// isWord reports whether c may be part of an anchor's name, as yaml.v3 has it.
func isWord(c byte) bool {
	return c == '_' || c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// token is the first place from p on that is neither white space nor comment.
func (r *reader) token(p int) int {
	for p < len(r.src) {
		if w := r.breakAt(p); w > 0 {
			p += w
		} else if c := r.src[p]; c == ' ' || c == '\t' {
			p++
		} else if c == '#' {
			p, _ = r.eol(p)
		} else {
			break
		}
	}
	return p
}

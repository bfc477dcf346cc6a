package jsontree

import (
	"fmt"

	"github.com/curfew-ci/curfew/internal/source"
)

// Parse reads src as RFC 8259 says, and refuses what that leaves open: duplicate names, a byte order
// mark, invalid UTF-8, lone surrogates, and anything after the value. The error is an *Error.
func Parse(path string, src []byte, lim Limits) (*Document, error) {
	doc := &Document{Text: source.NewText(path, src)}
	if lim.Bytes > 0 && len(src) > lim.Bytes {
		return nil, &Error{source.Region{Path: path}, fmt.Sprintf("%d bytes: at most %d are read", len(src), lim.Bytes)}
	}
	p := &parser{src: src, lim: lim}
	root, ok := p.value(0)
	if ok {
		p.space()
		if p.at < len(src) {
			ok = p.fail(p.at, "unexpected text after the value")
		}
	}
	if !ok {
		return nil, &Error{doc.Text.Region(p.faultAt, min(p.faultAt+1, len(src))), p.fault}
	}
	doc.Root = root
	return doc, nil
}

// parser is a recursive descent; its functions return false after the first fault.
type parser struct {
	src     []byte
	at      int
	lim     Limits
	nodes   int
	fault   string
	faultAt int
}

func (p *parser) fail(at int, message string) bool {
	p.fault, p.faultAt = message, at
	return false
}

func (p *parser) space() {
	for p.at < len(p.src) {
		switch p.src[p.at] {
		case ' ', '\t', '\r', '\n':
			p.at++
		default:
			return
		}
	}
}

// peek skips space and returns the next byte, 0 at the end.
func (p *parser) peek() byte {
	p.space()
	if p.at < len(p.src) {
		return p.src[p.at]
	}
	return 0
}

func (p *parser) value(depth int) (*Node, bool) {
	c := p.peek()
	n := &Node{Start: p.at}
	p.nodes++
	if p.lim.Nodes > 0 && p.nodes > p.lim.Nodes {
		return nil, p.fail(p.at, fmt.Sprintf("more than %d values", p.lim.Nodes))
	}
	if depth > p.lim.Depth {
		return nil, p.fail(p.at, fmt.Sprintf("nested more than %d deep", p.lim.Depth))
	}
	var ok bool
	switch {
	case c == '{':
		n.Kind = Object
		ok = p.object(n, depth)
	case c == '[':
		n.Kind = Array
		ok = p.array(n, depth)
	case c == '"':
		n.Kind = String
		n.Text, ok = p.str()
	case c == '-' || '0' <= c && c <= '9':
		n.Kind = Number
		ok = p.number()
	default:
		n.Kind, ok = p.word()
	}
	if !ok {
		return nil, false
	}
	n.End = p.at
	if n.Kind == Number || n.Kind == Bool || n.Kind == Null {
		n.Text = string(p.src[n.Start:n.End])
	}
	return n, true
}

func (p *parser) object(n *Node, depth int) bool {
	p.at++
	seen := map[string]bool{}
	for p.peek() != '}' || len(n.Members) > 0 {
		m := Member{Start: p.at}
		if p.peek() != '"' {
			return p.fail(p.at, "expected a name in double quotes")
		}
		var ok bool
		if m.Name, ok = p.str(); !ok {
			return false
		}
		m.End = p.at
		if seen[m.Name] {
			return p.fail(m.Start, "this name is in the object twice: remove one, since readers differ in which counts")
		}
		seen[m.Name] = true
		if p.peek() != ':' {
			return p.fail(p.at, `expected ":"`)
		}
		p.at++
		if m.Value, ok = p.value(depth + 1); !ok {
			return false
		}
		n.Members = append(n.Members, m)
		if !p.comma() {
			break
		}
	}
	return p.closing('}')
}

func (p *parser) array(n *Node, depth int) bool {
	p.at++
	for p.peek() != ']' || len(n.Items) > 0 {
		item, ok := p.value(depth + 1)
		if !ok {
			return false
		}
		n.Items = append(n.Items, item)
		if !p.comma() {
			break
		}
	}
	return p.closing(']')
}

// comma takes a comma, if one is next, and the space after it.
func (p *parser) comma() bool {
	if p.peek() != ',' {
		return false
	}
	p.at++
	p.space()
	return true
}

// closing takes the bracket that must be next.
func (p *parser) closing(end byte) bool {
	if p.peek() != end {
		return p.fail(p.at, fmt.Sprintf(`expected "," or "%c"`, end))
	}
	p.at++
	return true
}

func (p *parser) word() (Kind, bool) {
	for _, w := range []struct {
		text string
		kind Kind
	}{{"true", Bool}, {"false", Bool}, {"null", Null}} {
		if end := p.at + len(w.text); end <= len(p.src) && string(p.src[p.at:end]) == w.text {
			p.at = end
			return w.kind, true
		}
	}
	if p.at == len(p.src) {
		return 0, p.fail(p.at, "expected a value, found the end")
	}
	return 0, p.fail(p.at, "expected a value")
}

// number takes -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)?
func (p *parser) number() bool {
	p.skip("-")
	if !p.skip("0") && !p.digits() {
		return p.fail(p.at, "expected a digit")
	}
	if p.skip(".") && !p.digits() {
		return p.fail(p.at, "expected a digit")
	}
	if p.skip("eE") {
		p.skip("+-")
		if !p.digits() {
			return p.fail(p.at, "expected a digit")
		}
	}
	return true
}

// skip takes one byte of set, if one is next.
func (p *parser) skip(set string) bool {
	if p.at < len(p.src) {
		for i := range len(set) {
			if p.src[p.at] == set[i] {
				p.at++
				return true
			}
		}
	}
	return false
}

// digits takes as many as there are, and reports whether there was one.
func (p *parser) digits() bool {
	start := p.at
	for p.skip("0123456789") {
	}
	return p.at > start
}

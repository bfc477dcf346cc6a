package yamltree

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"gopkg.in/yaml.v3"

	"github.com/curfew-ci/curfew/internal/source"
)

// Parse reads the first document of src. The error is an *Error.
func Parse(path string, src []byte, lim Limits) (*Document, error) {
	doc := &Document{Text: source.NewText(path, src)}
	if lim.Bytes > 0 && len(src) > lim.Bytes {
		return doc, &Error{source.Region{Path: path}, fmt.Sprintf("the file has %d bytes: at most %d are read", len(src), lim.Bytes)}
	}
	var root yaml.Node
	if err := yaml.Unmarshal(src, &root); err != nil {
		return doc, yamlError(doc.Text, err)
	}
	if len(root.Content) == 0 {
		return doc, nil
	}
	r := &reader{doc: doc, lim: lim}
	n, err := r.node(root.Content[0], 0)
	if err != nil {
		return doc, err
	}
	doc.Root = n
	return doc, nil
}

type reader struct {
	doc   *Document
	lim   Limits
	nodes int
}

func (r *reader) node(n *yaml.Node, depth int) (*Node, error) {
	t := r.doc.Text
	start := t.Offset(n.Line, n.Column)
	r.nodes++
	if r.lim.Nodes > 0 && r.nodes > r.lim.Nodes || r.lim.Depth > 0 && depth > r.lim.Depth {
		return nil, &Error{t.Region(start, start), "too large or too deeply nested"}
	}
	out := &Node{Tag: n.ShortTag(), Value: n.Value, Span: t.Span(start, start+len(n.Value))}
	switch n.Kind {
	case yaml.AliasNode:
		a, err := r.node(n.Alias, depth+1)
		if err != nil {
			return nil, err
		}
		c := *a
		c.Alias = t.Span(start, start+1+len(n.Value))
		return &c, nil
	case yaml.MappingNode:
		out.Kind = Mapping
		for i := 0; i+1 < len(n.Content); i += 2 {
			k, err := r.node(n.Content[i], depth+1)
			if err != nil {
				return nil, err
			}
			v, err := r.node(n.Content[i+1], depth+1)
			if err != nil {
				return nil, err
			}
			out.Pairs = append(out.Pairs, Pair{Key: k, Value: v})
		}
	case yaml.SequenceNode:
		out.Kind = Sequence
		for _, c := range n.Content {
			v, err := r.node(c, depth+1)
			if err != nil {
				return nil, err
			}
			out.Items = append(out.Items, v)
		}
	default:
		out.Kind = Scalar
		switch {
		case n.Style&yaml.DoubleQuotedStyle != 0:
			out.Style = DoubleQuoted
		case n.Style&yaml.SingleQuotedStyle != 0:
			out.Style = SingleQuoted
		case n.Style&yaml.LiteralStyle != 0:
			out.Style = Literal
		case n.Style&yaml.FoldedStyle != 0:
			out.Style = Folded
		}
	}
	return out, nil
}

var errLine = regexp.MustCompile(`line (\d+): (.*)`)

func yamlError(t *source.Text, err error) *Error {
	var te *yaml.TypeError
	msg := err.Error()
	if errors.As(err, &te) && len(te.Errors) > 0 {
		msg = te.Errors[0]
	}
	if m := errLine.FindStringSubmatch(msg); m != nil {
		if line, e := strconv.Atoi(m[1]); e == nil {
			return &Error{t.Region(t.Start(line), t.Start(line)), m[2]}
		}
	}
	return &Error{source.Region{Path: t.Path}, msg}
}

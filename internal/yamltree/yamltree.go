package yamltree

import (
	"github.com/curfew-ci/curfew/internal/source"
)

// Kind is the shape of a node.
type Kind uint8

// The kinds. Aliases do not occur: they are resolved while reading.
const (
	Scalar Kind = iota + 1
	Mapping
	Sequence
)

// Style is how a scalar is written.
type Style uint8

// The styles of YAML 1.2, chapters 7 and 8.
const (
	Plain Style = iota
	SingleQuoted
	DoubleQuoted
	Literal
	Folded
)

// Node is one value of a document.
type Node struct {
	Kind  Kind
	Tag   string // resolved short tag: !!str, !!int, !!float, !!bool, !!null, !!timestamp, !!map, !!seq, or a custom one
	Style Style  // of a scalar
	Flow  bool   // a mapping or sequence in brackets
	Value string // of a scalar, unescaped
	Pairs []Pair // of a mapping, in the file's order, merged pairs last
	Items []*Node

	// Span is the node's own extent, quotes and block indicators included. For a value reached by an
	// alias it is the anchored node's; Alias then holds the extent of the "*name" that led to it.
	Span  source.Span
	Alias source.Span
}

// Pair is one entry of a mapping.
type Pair struct {
	Key    *Node
	Value  *Node
	Merged bool // came through a merge key "<<"
}

// Comment is one comment, from "#" to the end of its line.
type Comment struct {
	Span  source.Span
	Text  string // without the leading "#"
	Alone bool   // nothing else stands on its line
}

// Document is one YAML file.
type Document struct {
	Text     *source.Text
	Root     *Node // nil for an empty file
	Comments []Comment
}

// Limits bounds what a hostile file can make Parse do. Zero fields mean no limit.
type Limits struct {
	Bytes int // of the file
	Depth int // of nesting
	Nodes int // visited, each use of an alias counted anew
}

// Error is what is wrong with a file, and where.
type Error struct {
	Region  source.Region
	Message string
}

// Error renders "path:line:col: message".
func (e *Error) Error() string { return e.Region.String() + ": " + e.Message }

// Get returns the value of key in a mapping, or nil.
func (n *Node) Get(key string) *Node {
	if n == nil {
		return nil
	}
	for i := range n.Pairs {
		if n.Pairs[i].Key.Value == key {
			return n.Pairs[i].Value
		}
	}
	return nil
}

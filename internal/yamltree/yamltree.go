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

// Node is one value of a document. Nodes reached by an alias share their children with the anchored
// node, so a tree is to be read, not changed.
type Node struct {
	Kind   Kind
	Style  Style  // of a scalar
	Flow   bool   // a mapping or sequence in brackets, or a single pair in a bracketed sequence
	Tag    string // resolved short tag: !!str, !!int, !!float, !!bool, !!null, !!timestamp, !!map, !!seq, or a custom one
	Value  string // of a scalar, unescaped
	Pairs  []Pair // of a mapping, in the file's order, duplicates included, merged pairs last
	Items  []*Node
	Merges []Pair // the merge keys "<<" of a mapping and what they name; their pairs are in Pairs too

	// Span is the node's own extent: quotes, brackets and block indicators included, anchor and tag
	// left out. A block mapping or sequence runs from its first key or "-" to the end of its last
	// value; a block scalar ends with the text of its last line, so the line breaks that chomping
	// keeps lie behind it; a value that isn't written is empty and stands where it would begin. For a
	// value reached by an alias it is the anchored node's.
	Span source.Span
	// Alias is the extent of the "*name" that led here; zero for a node that stands in its own place.
	Alias source.Span

	indent int // of the lines of a block scalar, in columns
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
	Root     *Node // nil for a file without a value
	Comments []Comment

	scan scanner
}

// Limits bounds what a hostile file can make Parse and the readers of its tree do. Zero fields mean
// no limit.
type Limits struct {
	Bytes int // of the file
	Depth int // of nesting, aliases expanded; the root is at 1
	Nodes int // in the tree, each use of an alias counted anew
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

// Place is where the node stands in the tree: the alias that led to it, or its own extent.
func (n *Node) Place() source.Span {
	if !n.Alias.IsZero() {
		return n.Alias
	}
	return n.Span
}

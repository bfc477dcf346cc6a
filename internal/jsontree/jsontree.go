package jsontree

import (
	"fmt"

	"github.com/curfew-ci/curfew/internal/source"
)

// Kind is the type of a value.
type Kind uint8

// The kinds.
const (
	Null Kind = iota + 1
	Bool
	Number
	String
	Array
	Object
)

// String is the kind with its article, as messages need it: "a string", "null".
func (k Kind) String() string {
	switch k {
	case Null:
		return "null"
	case Bool:
		return "a boolean"
	case Number:
		return "a number"
	case String:
		return "a string"
	case Array:
		return "an array"
	case Object:
		return "an object"
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Node is one value.
type Node struct {
	Kind    Kind
	Text    string   // of a string, unescaped; of a number, boolean or null, as written
	Members []Member // of an object, in the file's order, names unique
	Items   []*Node  // of an array
	Start   int      // byte offset of its first byte
	End     int      // and of the byte after its last
}

// Member is one name of an object with its value.
type Member struct {
	Name  string
	Start int // byte offsets of the name, quotes included
	End   int
	Value *Node
}

// Document is one JSON text.
type Document struct {
	Text *source.Text
	Root *Node
}

// Region is where n stands.
func (d *Document) Region(n *Node) source.Region { return d.Text.Region(n.Start, n.End) }

// Limits bounds what a hostile text can make Parse do. Depth must be set; zero elsewhere is no limit.
type Limits struct {
	Bytes int // of the text
	Depth int // of nesting; a text without arrays and objects has depth 0
	Nodes int // values in all
}

// Error is what is wrong with a text, and where. It never quotes the text.
type Error struct {
	Region  source.Region
	Message string
}

// Error renders "path:line:col: message".
func (e *Error) Error() string { return e.Region.String() + ": " + e.Message }

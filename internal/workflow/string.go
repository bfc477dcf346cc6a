package workflow

import (
	"strings"

	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/yamltree"
)

// String is a scalar and where it stands. The zero value stands for an absent one.
type String struct {
	Value string
	Span  source.Span // quotes and block indicators included
	Refs  []Ref       // what its ${{ }} expressions read, in order
	Calls []Call      // functions called in its expressions
	Bad   []Problem   // expressions that don't parse; what can be told of them is in Refs and Calls

	// Scope is where in the file the string belongs; Job and Step are nil outside of one.
	Scope Scope

	node *yamltree.Node
}

// Present reports whether the scalar is in the file.
func (s *String) Present() bool { return s != nil && !s.Span.IsZero() }

// Scope is the part of a workflow that a string belongs to.
type Scope struct {
	Job  *Job
	Step *Step
	// Path names the keys from the innermost of file, job and step down to the string, for example
	// ["env", "NPM_TOKEN"], ["with", "token"], ["run"] or ["secrets", "X"]. Sequence items have no name.
	Path []string
}

// Ref is one read of a context by an expression: secrets.NPM_TOKEN, env['X'], toJSON(secrets).
type Ref struct {
	Context string   // lower case: "secrets", "github", "env", "vars", "needs", "inputs", "matrix" …
	Path    []string // the properties that follow, as written, up to a filter (.*) or computed index
	Whole   bool     // the context is read whole: nothing follows it, or a filter does
	Dynamic bool     // an index that is not a literal: secrets[matrix.name]; Path ends before it
	Within  []string // functions around it, outermost first, lower case: ["fromjson"]; at most 64
	Span    source.Span
}

// Name is the first property, upper-cased for contexts whose names are case-insensitive
// ("" where there is none).
func (r *Ref) Name() string {
	if len(r.Path) == 0 {
		return ""
	}
	return strings.ToUpper(r.Path[0])
}

// Call is one function call in an expression, from its name to the closing parenthesis.
type Call struct {
	Name string // lower case
	Span source.Span
}

// Map is an ordered mapping of names to strings, such as env, with or outputs. Where the whole
// mapping is one expression (env: ${{ fromJSON(…) }}), Expr holds it and Entries is empty.
type Map struct {
	Span    source.Span
	Expr    *String
	Entries []Entry
}

// Entry is one key of a Map. Neither is ever nil; a value that isn't written isn't Present.
type Entry struct {
	Name  *String
	Value *String
}

// Get returns the value of name, compared without regard to case, or nil.
func (m *Map) Get(name string) *String {
	if m == nil {
		return nil
	}
	for i := range m.Entries {
		if strings.EqualFold(m.Entries[i].Name.Value, name) {
			return m.Entries[i].Value
		}
	}
	return nil
}

// Strings calls yield for every scalar that may hold an expression, in the file's order. One that
// several aliases lead to comes once for each, with the scope of each.
func (f *File) Strings(yield func(*String) bool) {
	for _, s := range f.strings {
		if !yield(s) {
			return
		}
	}
}

// Locate is the place in the file of the bytes [i, j) of s.Value. Folded and escaped scalars map to
// the source that produced those bytes.
func (f *File) Locate(s *String, i, j int) source.Span {
	if s == nil || s.node == nil {
		return source.Span{}
	}
	return f.doc.Locate(s.node, i, j)
}

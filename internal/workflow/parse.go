package workflow

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/yamltree"
)

// GitHub reads files of at most 1,048,576 characters, 50 levels and 50,000 nodes (actions/runner,
// WorkflowParser: ParseOptions.cs and YamlObjectReader.cs). It counts the latter two in its own way,
// so there is some room left for a different count.
const (
	maxChars = 1 << 20
	maxDepth = 100
	maxNodes = 100_000
)

// Parse reads a workflow or, where path ends in action.yml or action.yaml outside of
// .github/workflows, an action's metadata. It never fails: what GitHub would refuse is in Problems,
// and everything else is still read.
func Parse(path string, src []byte) *File {
	if len(src) > maxChars && utf8.RuneCount(src) > maxChars {
		return tooLong(path, src)
	}
	doc, err := yamltree.Parse(path, src, yamltree.Limits{Depth: maxDepth, Nodes: maxNodes})
	f := &File{Path: path, Text: doc.Text, Comments: doc.Comments, doc: doc}
	p := &parser{file: f}
	if doc.Root != nil && doc.Root.Kind == yamltree.Mapping {
		if isAction(path) {
			p.action(doc.Root)
		} else {
			p.workflow(doc.Root)
		}
	} else if err == nil || doc.Root != nil { // a second document is an error, with the first one at hand
		p.notMapping(doc)
	}
	if e := (*yamltree.Error)(nil); errors.As(err, &e) {
		f.Problems = append(f.Problems, Problem{e.Region, e.Message})
	}
	f.strings = p.strings
	slices.SortStableFunc(f.Problems, func(a, b Problem) int {
		return cmp.Compare(a.Region.Start.Offset, b.Region.Start.Offset)
	})
	return f
}

func tooLong(path string, src []byte) *File {
	f := &File{Path: path, Text: source.NewText(path, src)}
	f.Problems = []Problem{{source.Region{Path: path}, "the file has more than 1,048,576 characters: GitHub reads no more"}}
	return f
}

// parser builds a File. It goes through the tree once, in the file's order.
type parser struct {
	file    *File
	strings []*String
	slab    []String
	job     *Job
	step    *Step
	key     *String  // the last key that held an expression
	path    []string // keys above the current value, from the file on
	base    int      // how many of them lie outside of the current job or step
	paths   []string // where the paths of strings are kept
}

func (p *parser) problem(at source.Span, format string, args ...any) {
	p.file.Problems = append(p.file.Problems, Problem{
		Region:  source.Region{Path: p.file.Path, Span: at},
		Message: fmt.Sprintf(format, args...),
	})
}

func (p *parser) notMapping(doc *yamltree.Document) {
	at := source.Span{Start: doc.Text.Pos(0), End: doc.Text.Pos(0)}
	if doc.Root != nil {
		at = doc.Root.Span
	}
	p.problem(at, "expected a mapping with the keys of a workflow or an action")
	p.collect(doc.Root)
}

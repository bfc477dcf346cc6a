package manifest

import (
	"errors"
	"reflect"
	"time"

	"github.com/curfew-ci/curfew/internal/jsontree"
	"github.com/curfew-ci/curfew/internal/manifest/form"
	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/yamltree"
)

// factsFile is a facts file: docs/decide.md describes it.
type factsFile struct {
	// Version of the format; 1.
	Version int `yaml:"version" check:"required,min=1,max=1"`
	// Task that the job asks for.
	Task Task `yaml:"task"`

	Facts `yaml:",inline"`
}

// ParseFacts reads a facts file, JSON as docs/decide.md describes it, as strictly as Parse reads a
// manifest.
func ParseFacts(path string, src []byte) (Task, Facts, Errors) {
	d := newDecoder(path, src, "the facts file")
	var file factsFile
	doc, err := jsontree.Parse(path, src, jsontree.Limits{Bytes: MaxBytes, Depth: 32, Nodes: 1 << 18})
	if err != nil {
		d.unreadableJSON(err)
	} else {
		d.decode(cursor{node: yamlNode(doc.Text, doc.Root)}, reflect.ValueOf(&file).Elem())
	}
	if errs := d.errs.sorted(); len(errs) > 0 {
		return Task{}, Facts{}, errs
	}
	return file.Task, file.Facts, nil
}

func (d *decoder) unreadableJSON(err error) {
	var je *jsontree.Error
	if errors.As(err, &je) {
		d.fail(je.Region.Span, d.what+" can't be read as JSON: "+je.Message, "mend the JSON at this place")
		return
	}
	d.fail(source.Span{}, d.what+" can't be read: "+err.Error(), "give a file as docs/decide.md describes it")
}

// yamlNode is a JSON value as the YAML node that means the same, so that one decoder does for both.
func yamlNode(t *source.Text, n *jsontree.Node) *yamltree.Node {
	out := &yamltree.Node{Kind: yamltree.Scalar, Value: n.Text, Span: t.Span(n.Start, n.End)}
	switch n.Kind {
	case jsontree.Null:
		out.Tag = "!!null"
	case jsontree.Bool:
		out.Tag = "!!bool"
	case jsontree.Number:
		out.Tag = "!!int"
	case jsontree.String:
		out.Tag, out.Style = "!!str", yamltree.DoubleQuoted
	case jsontree.Array:
		out.Kind, out.Tag, out.Flow = yamltree.Sequence, "!!seq", true
		for _, item := range n.Items {
			out.Items = append(out.Items, yamlNode(t, item))
		}
	case jsontree.Object:
		out.Kind, out.Tag, out.Flow = yamltree.Mapping, "!!map", true
		for _, m := range n.Members {
			key := &yamltree.Node{
				Kind: yamltree.Scalar, Tag: "!!str", Style: yamltree.DoubleQuoted, Value: m.Name, Span: t.Span(m.Start, m.End),
			}
			out.Pairs = append(out.Pairs, yamltree.Pair{Key: key, Value: yamlNode(t, m.Value)})
		}
	}
	return out
}

func (*Instant) shape(form.Rules) (want, example string) {
	return "a time with its zone", `"2026-11-23T20:41:07Z"`
}

func (x *Instant) read(d *decoder, c cursor) {
	want, example := x.shape(c.rules)
	if !isText(c.node) {
		d.wrongType(c, want, example)
		return
	}
	t, err := time.Parse(time.RFC3339, c.node.Value)
	if err != nil {
		d.fail(c.node.Span, d.subject(c.ptr)+" is "+describe(c.node)+": expected "+want, "write it like "+example)
		return
	}
	x.Time = t
}

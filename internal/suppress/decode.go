package suppress

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/yamltree"
)

// limits bounds what a hostile baseline can make ParseBaseline do.
func limits() yamltree.Limits { return yamltree.Limits{Bytes: 16 << 20, Depth: 8, Nodes: 1 << 20} }

// ParseBaseline reads a baseline file. It is strict; the error joins everything that is wrong, each as
// "path:line:col: what was expected".
func ParseBaseline(path string, src []byte) (*Baseline, error) {
	doc, err := yamltree.Parse(path, src, limits())
	if err != nil {
		return nil, err
	}
	d := &decoder{path: path}
	b := &Baseline{Path: path}
	top := d.fields(doc.Root, "version", "entries")
	if v := d.need(doc.Root, top, "version"); v != nil && v.Value != "1" {
		d.fault(v, "expected version: 1")
	}
	if list := d.need(doc.Root, top, "entries"); list != nil {
		if list.Kind != yamltree.Sequence {
			d.fault(list, "expected a list of entries")
		}
		for _, item := range list.Items {
			b.Entries = append(b.Entries, d.entry(item))
		}
	}
	if err := errors.Join(d.errs...); err != nil {
		return nil, err
	}
	return b, nil
}

// decoder gathers what is wrong with a file.
type decoder struct {
	path string
	errs []error
}

func (d *decoder) region(n *yamltree.Node) source.Region {
	if n == nil {
		return source.Region{Path: d.path}
	}
	return source.Region{Path: d.path, Span: n.Span}
}

func (d *decoder) fault(n *yamltree.Node, format string, args ...any) {
	d.errs = append(d.errs, &yamltree.Error{Region: d.region(n), Message: fmt.Sprintf(format, args...)})
}

// fields reads a mapping whose keys are among names.
func (d *decoder) fields(n *yamltree.Node, names ...string) map[string]*yamltree.Node {
	out := map[string]*yamltree.Node{}
	if n == nil || n.Kind != yamltree.Mapping {
		d.fault(n, "expected the keys %s", strings.Join(names, ", "))
		return nil
	}
	for _, p := range n.Pairs {
		switch name := p.Key.Value; {
		case !slices.Contains(names, name):
			d.fault(p.Key, "unknown key %q: expected %s", name, strings.Join(names, ", "))
		case out[name] != nil:
			d.fault(p.Key, "the key %q is there twice", name)
		default:
			out[name] = p.Value
		}
	}
	return out
}

func (d *decoder) need(n *yamltree.Node, in map[string]*yamltree.Node, name string) *yamltree.Node {
	if in != nil && in[name] == nil {
		d.fault(n, "missing key %q", name)
	}
	return in[name]
}

func (d *decoder) entry(n *yamltree.Node) (e Entry) {
	in := d.fields(n, "rule", "path", "fingerprint", "what", "until", "reason", "owner")
	text := func(name string) (string, source.Region) {
		v := d.need(n, in, name)
		if v == nil {
			return "", d.region(n)
		}
		if v.Kind != yamltree.Scalar || v.Tag != "!!str" || strings.TrimSpace(v.Value) == "" {
			d.fault(v, "%s: expected a text in quotes", name)
			return "", d.region(v)
		}
		return v.Value, d.region(v)
	}
	e.Rule, e.ruleAt = text("rule")
	e.Path, _ = text("path")
	e.Fingerprint, e.Region = text("fingerprint")
	e.What, _ = text("what")
	e.Reason, _ = text("reason")
	if in["owner"] != nil {
		e.Owner, _ = text("owner")
	}
	var until string
	until, e.untilAt = text("until")
	if until != "" {
		day, err := manifest.ParseDate(until)
		if err != nil {
			d.fault(in["until"], `until: expected a day, "YYYY-MM-DD"`)
		}
		e.Until = day
	}
	return e
}

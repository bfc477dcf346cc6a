package manifest

import (
	"reflect"

	"github.com/curfew-ci/curfew/internal/manifest/form"
	"github.com/curfew-ci/curfew/internal/yamltree"
)

func (*Date) shape(form.Rules) (want, example string) {
	return `a day in quotes, "YYYY-MM-DD"`, `"2027-06-01"`
}

// read takes a date only in quotes: without them YAML makes a timestamp of it, in a zone that nobody
// has said.
func (d *Date) read(dec *decoder, c cursor) {
	want, example := d.shape(c.rules)
	quoted := c.node.Style == yamltree.SingleQuoted || c.node.Style == yamltree.DoubleQuoted
	switch date, err := ParseDate(c.node.Value); {
	case c.node.Kind != yamltree.Scalar, c.node.Tag == "!!null", quoted && !isText(c.node):
		dec.wrongType(c, want, example)
	case err != nil:
		dec.fail(c.node.Span, dec.subject(c.ptr)+" is "+describe(c.node)+": expected "+want, "write it like "+example)
	case !quoted:
		dec.notText(cursor{c.ptr, timestamp(c.node), c.rules}, want, example)
	default:
		*d = date
	}
}

// timestamp is n as YAML's own types would have it.
func timestamp(n *yamltree.Node) *yamltree.Node {
	out := *n
	out.Tag = "!!timestamp"
	return &out
}

func (*Duration) shape(form.Rules) (want, example string) {
	return "a whole number above 0 and m, h or d, at most ten years", "15m"
}

func (d *Duration) read(dec *decoder, c cursor) {
	want, example := d.shape(c.rules)
	if c.node.Kind != yamltree.Scalar {
		dec.wrongType(c, want, example)
		return
	}
	t, err := ParseDuration(c.node.Value)
	if err != nil || !isText(c.node) {
		dec.fail(c.node.Span, dec.subject(c.ptr)+" is "+describe(c.node)+": expected "+want, "write it like "+example)
		return
	}
	*d = t
}

func (*Match) shape(r form.Rules) (want, example string) {
	if r.Form == nil {
		return "text, a list of texts, or {glob: PATTERN}", "production"
	}
	return r.Form.Want + ", a list of such, or {glob: PATTERN}", r.Form.Example
}

func (m *Match) read(dec *decoder, c cursor) {
	var pattern struct {
		Glob string `yaml:"glob" check:"required,glob"`
	}
	switch {
	case c.node.Kind == yamltree.Mapping:
		dec.structure(c, reflect.ValueOf(&pattern).Elem())
		m.Glob = pattern.Glob
	case c.node.Kind == yamltree.Sequence:
		c.rules.Some = true
		dec.sequence(c, reflect.ValueOf(&m.Any).Elem())
	case !isText(c.node):
		want, example := m.shape(c.rules)
		dec.notText(c, want, example)
	default:
		var literal string
		dec.text(c, reflect.ValueOf(&literal).Elem())
		m.Any = []string{literal}
	}
}

func (*Narrow) shape(form.Rules) (want, example string) {
	f := form.Named("path")
	return "none or " + f.Want, none
}

func (n *Narrow) read(dec *decoder, c cursor) {
	want, example := n.shape(c.rules)
	switch {
	case !isText(c.node):
		dec.notText(c, want, example)
	case c.node.Value == none:
		n.None = true
	default:
		dec.checkForm(dec.subject(c.ptr)+" is", c.node, form.Named("path"))
		n.File = c.node.Value
	}
}

func (*List) shape(form.Rules) (want, example string) {
	return "none or a list of texts", none
}

func (l *List) read(dec *decoder, c cursor) {
	want, example := l.shape(c.rules)
	switch {
	case isText(c.node) && c.node.Value == none:
		l.None = true
	case c.node.Kind == yamltree.Sequence && len(c.node.Items) > 0:
		if c.rules.Form == nil {
			c.rules.Form = form.Named("text")
		}
		dec.sequence(c, reflect.ValueOf(&l.Items).Elem())
	default:
		dec.wrongType(c, want, example)
	}
}

func (*Limits) shape(form.Rules) (want, example string) {
	return "none or a mapping with concurrent and per-day", none
}

func (l *Limits) read(dec *decoder, c cursor) {
	want, example := l.shape(c.rules)
	switch {
	case isText(c.node) && c.node.Value == none:
		l.None = true
	case c.node.Kind == yamltree.Mapping:
		dec.structure(c, reflect.ValueOf(l).Elem())
	default:
		dec.wrongType(c, want, example)
	}
}

// storeWithName is a store that needs to be told which.
type storeWithName struct {
	// ActionsEnv is the environment that holds the secret.
	ActionsEnv string `yaml:"actions-env" check:"environment,one=store"`
	// File is the path of the file in the repository that holds it.
	File string `yaml:"file" check:"path,one=store"`
}

func (*Store) shape(form.Rules) (want, example string) {
	return "actions, actions-org, dependabot, codespaces, {actions-env: NAME} or {file: PATH}", "actions"
}

func (s *Store) read(dec *decoder, c cursor) {
	want, example := s.shape(c.rules)
	var named storeWithName
	switch {
	case c.node.Kind == yamltree.Mapping:
		dec.structure(c, reflect.ValueOf(&named).Elem())
		*s = Store{StoreFile, named.File}
		if named.ActionsEnv != "" {
			*s = Store{StoreActionsEnv, named.ActionsEnv}
		}
	case isText(c.node):
		switch kind := StoreKind(c.node.Value); kind {
		case StoreActions, StoreActionsOrg, StoreDependabot, StoreCodespaces:
			s.Kind = kind
			return
		}
		fallthrough
	default:
		dec.wrongType(c, want, example)
	}
}

func (*When) shape(form.Rules) (want, example string) {
	return "always, or a mapping with one trigger, any or all", "{ environment-approval: { min: 1 } }"
}

func (w *When) read(dec *decoder, c cursor) {
	want, example := w.shape(c.rules)
	switch {
	case isText(c.node) && c.node.Value == "always":
		w.Always = true
	case c.node.Kind == yamltree.Mapping:
		dec.nested(c, w)
	default:
		dec.wrongType(c, want, example)
	}
}

// nested reads a trigger that may hold others: one any: or all: in another, and no deeper.
func (d *decoder) nested(c cursor, x *When) {
	for _, p := range c.node.Pairs {
		if p.Key.Value == "always" {
			d.fail(p.Key.Span, d.subject(c.ptr)+` has a key "always": expected the word alone`, "write always instead of the mapping")
			return
		}
		if k := p.Key.Value; (k == "any" || k == "all") && d.nest >= 2 {
			d.fail(p.Key.Span, d.subject(c.ptr)+" nests "+quote(k)+" too deep: expected any and all to nest once",
				"write the triggers with one any or all inside of another")
			return
		}
	}
	d.nest++
	d.structure(c, reflect.ValueOf(x).Elem())
	d.nest--
}

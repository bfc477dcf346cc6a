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
func (x *Date) read(d *decoder, c cursor) {
	want, example := x.shape(c.rules)
	quoted := c.node.Style == yamltree.SingleQuoted || c.node.Style == yamltree.DoubleQuoted
	switch date, err := ParseDate(c.node.Value); {
	case c.node.Kind != yamltree.Scalar || c.node.Tag == "!!null":
		d.wrongType(c, want, example)
	case err != nil:
		d.fail(c.node.Span, d.subject(c.ptr)+" is "+describe(c.node)+": expected "+want, "write it like "+example)
	case !quoted || !isText(c.node):
		d.notText(cursor{c.ptr, timestamp(c.node), c.rules}, want, example)
	default:
		*x = date
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

func (x *Duration) read(d *decoder, c cursor) {
	want, example := x.shape(c.rules)
	if c.node.Kind != yamltree.Scalar {
		d.wrongType(c, want, example)
		return
	}
	t, err := ParseDuration(c.node.Value)
	if err != nil || !isText(c.node) {
		d.fail(c.node.Span, d.subject(c.ptr)+" is "+describe(c.node)+": expected "+want, "write it like "+example)
		return
	}
	*x = t
}

func (*Match) shape(r form.Rules) (want, example string) {
	if r.Form == nil {
		return "text, a list of texts, or {glob: PATTERN}", "production"
	}
	return r.Form.Want + ", a list of such, or {glob: PATTERN}", r.Form.Example
}

func (x *Match) read(d *decoder, c cursor) {
	var pattern struct {
		Glob string `yaml:"glob" check:"required,glob"`
	}
	switch {
	case c.node.Kind == yamltree.Mapping:
		d.structure(c, reflect.ValueOf(&pattern).Elem())
		x.Glob = pattern.Glob
	case c.node.Kind == yamltree.Sequence:
		c.rules.Some = true
		d.sequence(c, reflect.ValueOf(&x.Any).Elem())
	case !isText(c.node):
		want, example := x.shape(c.rules)
		d.notText(c, want, example)
	default:
		var literal string
		d.text(c, reflect.ValueOf(&literal).Elem())
		x.Any = []string{literal}
	}
}

func (*Narrow) shape(form.Rules) (want, example string) {
	f := form.Named("path")
	return "none or " + f.Want, none
}

func (x *Narrow) read(d *decoder, c cursor) {
	want, example := x.shape(c.rules)
	switch {
	case !isText(c.node):
		d.notText(c, want, example)
	case c.node.Value == none:
		x.None = true
	default:
		d.checkForm(d.subject(c.ptr)+" is", c.node, form.Named("path"))
		x.File = c.node.Value
	}
}

func (*List) shape(form.Rules) (want, example string) {
	return "none or a list of texts", none
}

func (x *List) read(d *decoder, c cursor) {
	want, example := x.shape(c.rules)
	switch {
	case isText(c.node) && c.node.Value == none:
		x.None = true
	case c.node.Kind == yamltree.Sequence && len(c.node.Items) > 0:
		if c.rules.Form == nil {
			c.rules.Form = form.Named("text")
		}
		d.sequence(c, reflect.ValueOf(&x.Items).Elem())
	default:
		d.wrongType(c, want, example)
	}
}

func (*Limits) shape(form.Rules) (want, example string) {
	return "none or a mapping with concurrent and per-day", none
}

func (x *Limits) read(d *decoder, c cursor) {
	want, example := x.shape(c.rules)
	switch {
	case isText(c.node) && c.node.Value == none:
		x.None = true
	case c.node.Kind == yamltree.Mapping:
		d.structure(c, reflect.ValueOf(x).Elem())
	default:
		d.wrongType(c, want, example)
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

func (x *Store) read(d *decoder, c cursor) {
	want, example := x.shape(c.rules)
	var named storeWithName
	switch {
	case c.node.Kind == yamltree.Mapping:
		d.structure(c, reflect.ValueOf(&named).Elem())
		*x = Store{StoreFile, named.File}
		if named.ActionsEnv != "" {
			*x = Store{StoreActionsEnv, named.ActionsEnv}
		}
	case isText(c.node):
		switch kind := StoreKind(c.node.Value); kind {
		case StoreActions, StoreActionsOrg, StoreDependabot, StoreCodespaces:
			x.Kind = kind
			return
		}
		fallthrough
	default:
		d.wrongType(c, want, example)
	}
}

func (*When) shape(form.Rules) (want, example string) {
	return "always, or a mapping with one trigger, any or all", "{ environment-approval: { min: 1 } }"
}

func (x *When) read(d *decoder, c cursor) {
	want, example := x.shape(c.rules)
	switch {
	case isText(c.node) && c.node.Value == "always":
		x.Always = true
	case c.node.Kind == yamltree.Mapping:
		d.nested(c, x)
	default:
		d.wrongType(c, want, example)
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

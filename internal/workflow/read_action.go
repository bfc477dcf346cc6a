package workflow

import "github.com/curfew-ci/curfew/internal/yamltree"

// action reads an action's metadata. GitHub takes any key at its top.
func (p *parser) action(n *yamltree.Node) {
	a := &Action{Span: n.Span}
	p.file.Action = a
	p.pairs(n, "the action", func(pair yamltree.Pair) {
		v := pair.Value
		switch pair.Key.Value {
		case "name":
			a.Name = p.str(v)
		case "inputs":
			a.Inputs = p.inputs(v)
		case "outputs":
			a.Outputs = p.outputs(v)
		case "runs":
			p.runs(a, v)
		default:
			p.collect(v)
		}
	})
	if n.Get("runs") == nil {
		p.problem(n.Span, `expected the key "runs" in the action`)
	}
}

func (p *parser) runs(a *Action, n *yamltree.Node) {
	p.fields(n, "runs", func(key string, pair yamltree.Pair) bool {
		v := pair.Value
		switch key {
		case "using":
			a.Using = p.str(v)
		case "steps":
			a.Steps = p.steps(v)
		case "main":
			a.Main = p.str(v)
		case "pre", "pre-entrypoint":
			a.Pre = p.str(v)
		case "pre-if":
			a.PreIf = p.condition(v)
		case "post", "post-entrypoint":
			a.Post = p.str(v)
		case "post-if":
			a.PostIf = p.condition(v)
		case "image":
			a.Image = p.str(v)
		case "env":
			a.Env = p.table(v, "env")
		case "args":
			a.Args = p.list(v)
		case "entrypoint", "plugin":
			p.str(v)
		default:
			return false
		}
		return true
	})
}

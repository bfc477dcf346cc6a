package workflow

import (
	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/yamltree"
)

func (p *parser) workflow(n *yamltree.Node) {
	w := &Workflow{Span: n.Span}
	p.file.Workflow = w
	p.fields(n, "the workflow", func(key string, pair yamltree.Pair) bool {
		v := pair.Value
		switch key {
		case "name":
			w.Name = p.str(v)
		case "description":
			p.str(v)
		case "run-name":
			w.RunName = p.str(v)
		case "on":
			w.On = p.events(v)
		case "permissions":
			w.Permissions = p.permissions(pair)
		case "env":
			w.Env = p.table(v, "env")
		case "defaults":
			w.Defaults = p.defaults(v)
		case "concurrency":
			w.Concurrency = p.concurrency(v)
		case "jobs":
			w.Jobs = p.jobs(v)
		default:
			return false
		}
		return true
	})
	for _, key := range []string{"on", "jobs"} {
		if n.Get(key) == nil {
			p.problem(source.Span{Start: n.Span.Start, End: n.Span.Start}, "expected the key %q in the workflow", key)
		}
	}
}

func (p *parser) permissions(pair yamltree.Pair) *Permissions {
	n := pair.Value
	perms := &Permissions{Span: n.Span, Key: pair.Key.Span}
	if n.Kind == yamltree.Scalar {
		perms.All = p.str(n)
		if n.Value != "read-all" && n.Value != "write-all" {
			p.problem(n.Place(), "expected read-all, write-all or a mapping for permissions")
		}
		return perms
	}
	p.pairs(n, "permissions", func(pair yamltree.Pair) {
		name, level := p.name(pair.Key), p.str(pair.Value)
		if level == nil {
			return
		}
		perms.Scopes = append(perms.Scopes, PermissionScope{name, level})
		if level.Value != "read" && level.Value != "write" && level.Value != "none" {
			p.problem(level.Span, "expected read, write or none for permission %q", name.Value)
		}
	})
	return perms
}

func (p *parser) defaults(n *yamltree.Node) *Defaults {
	d := new(Defaults)
	p.fields(n, "defaults", func(key string, pair yamltree.Pair) bool {
		if key != "run" {
			return false
		}
		p.defaultsRun(d, pair.Value)
		return true
	})
	return d
}

func (p *parser) defaultsRun(d *Defaults, n *yamltree.Node) {
	if p.whole(n) {
		return
	}
	p.fields(n, "defaults.run", func(key string, pair yamltree.Pair) bool {
		switch key {
		case "shell":
			d.Shell = p.str(pair.Value)
		case "working-directory":
			d.WorkingDirectory = p.str(pair.Value)
		default:
			return false
		}
		return true
	})
}

func (p *parser) concurrency(n *yamltree.Node) *Concurrency {
	c := new(Concurrency)
	if n.Kind == yamltree.Scalar {
		c.Group = p.str(n)
		return c
	}
	p.fields(n, "concurrency", func(key string, pair yamltree.Pair) bool {
		switch key {
		case "group":
			c.Group = p.str(pair.Value)
		case "cancel-in-progress":
			c.CancelInProgress = p.str(pair.Value)
		case "queue":
			p.str(pair.Value)
		default:
			return false
		}
		return true
	})
	return c
}

// whole lists n where an expression stands for a whole mapping or list, and reports whether it does.
func (p *parser) whole(n *yamltree.Node) bool {
	if n.Kind != yamltree.Scalar || !hasExpression(n.Value) {
		return false
	}
	p.collect(n)
	return true
}

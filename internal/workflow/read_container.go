package workflow

import (
	"strconv"

	"github.com/curfew-ci/curfew/internal/yamltree"
)

// container reads a job's container or a service; a scalar is its image.
func (p *parser) container(n *yamltree.Node, what string) *Container {
	c := &Container{Span: n.Span}
	if n.Kind == yamltree.Scalar {
		c.Image = p.str(n)
		return c
	}
	p.fields(n, what, func(key string, pair yamltree.Pair) bool {
		v := pair.Value
		switch key {
		case "image":
			c.Image = p.str(v)
		case "credentials":
			c.Credentials = p.credentials(v)
		case "env":
			c.Env = p.table(v, "env")
		case "options":
			c.Options = p.str(v)
		case "ports":
			c.Ports = p.list(v)
		case "volumes":
			c.Volumes = p.list(v)
		case "entrypoint", "command":
			p.str(v)
		default:
			return false
		}
		return true
	})
	return c
}

func (p *parser) credentials(n *yamltree.Node) *Map {
	m := p.table(n, "credentials")
	for _, e := range m.Entries {
		if e.Name.Value != "username" && e.Name.Value != "password" {
			p.problem(e.Name.Span, "unknown key %q in credentials", e.Name.Value)
		}
	}
	return m
}

func (p *parser) services(n *yamltree.Node) []*Container {
	var out []*Container
	if n.Kind == yamltree.Scalar {
		if !null(n) {
			out = append(out, &Container{Span: n.Span, Image: p.str(n)})
		}
		return out
	}
	p.pairs(n, "services", func(pair yamltree.Pair) {
		name := p.name(pair.Key)
		c := p.container(pair.Value, "service "+strconv.Quote(name.Value))
		c.Name = name
		out = append(out, c)
	})
	return out
}

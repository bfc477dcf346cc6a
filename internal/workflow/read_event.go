package workflow

import (
	"strconv"

	"github.com/curfew-ci/curfew/internal/yamltree"
)

func (p *parser) events(n *yamltree.Node) []*Event {
	var out []*Event
	switch {
	case null(n):
	case n.Kind == yamltree.Mapping:
		p.pairs(n, "on", func(pair yamltree.Pair) {
			out = append(out, p.event(pair))
		})
	default:
		for _, name := range p.list(n) {
			out = append(out, &Event{Name: name})
		}
	}
	if len(out) == 0 {
		p.problem(n.Place(), "expected at least one event")
	}
	return out
}

func (p *parser) event(pair yamltree.Pair) *Event {
	e := &Event{Name: p.name(pair.Key)}
	switch {
	case null(pair.Value):
	case e.Name.Value == "schedule":
		p.schedule(e, pair.Value)
	default:
		p.filters(e, pair.Value)
	}
	return e
}

func (p *parser) schedule(e *Event, n *yamltree.Node) {
	if n.Kind != yamltree.Sequence {
		p.problem(n.Place(), "expected a list for schedule")
		p.collect(n)
		return
	}
	for _, item := range n.Items {
		p.fields(item, "schedule", func(key string, pair yamltree.Pair) bool {
			switch key {
			case "cron":
				if s := p.str(pair.Value); s != nil {
					e.Crons = append(e.Crons, s)
				}
			case "timezone":
				if s := p.str(pair.Value); s != nil {
					e.Timezones = append(e.Timezones, s)
				}
			default:
				return false
			}
			return true
		})
	}
}

func (p *parser) filters(e *Event, n *yamltree.Node) {
	p.fields(n, "event "+strconv.Quote(e.Name.Value), func(key string, pair yamltree.Pair) bool {
		v := pair.Value
		switch key {
		case "types", "branches", "branches-ignore", "tags", "tags-ignore", "paths", "paths-ignore",
			"workflows", "names", "versions":
			if e.Filters == nil {
				e.Filters = make(map[string][]*String)
			}
			e.Filters[key] = p.list(v)
		case "inputs":
			e.Inputs = p.inputs(v)
		case "secrets":
			e.Secrets = p.callSecrets(v)
		case "outputs":
			e.Outputs = p.outputs(v)
		default:
			return false
		}
		return true
	})
}

// inputs reads what a reusable workflow, a dispatch or an action takes. What isn't known of an
// action's input is the action's own affair, so no key is refused.
func (p *parser) inputs(n *yamltree.Node) []*CallInput {
	var out []*CallInput
	if null(n) {
		return nil
	}
	p.pairs(n, "inputs", func(pair yamltree.Pair) {
		in := &CallInput{Name: p.name(pair.Key)}
		out = append(out, in)
		if null(pair.Value) {
			return
		}
		p.pairs(pair.Value, "an input", func(pair yamltree.Pair) {
			switch pair.Key.Value {
			case "type":
				in.Type = p.str(pair.Value)
			case "default":
				in.Default = p.str(pair.Value)
			case "required":
				in.Required = p.truth(pair.Value)
			default:
				p.collect(pair.Value)
			}
		})
	})
	return out
}

func (p *parser) callSecrets(n *yamltree.Node) []*CallSecret {
	var out []*CallSecret
	if null(n) {
		return nil
	}
	p.pairs(n, "secrets", func(pair yamltree.Pair) {
		s := &CallSecret{Name: p.name(pair.Key)}
		out = append(out, s)
		if null(pair.Value) {
			return
		}
		p.fields(pair.Value, "a secret", func(key string, pair yamltree.Pair) bool {
			switch key {
			case "required":
				s.Required = p.truth(pair.Value)
			case "description":
				p.str(pair.Value)
			default:
				return false
			}
			return true
		})
	})
	return out
}

// outputs reads the outputs of a reusable workflow or an action: names with a value each.
func (p *parser) outputs(n *yamltree.Node) *Map {
	m := &Map{Span: n.Span}
	if null(n) {
		return m
	}
	p.pairs(n, "outputs", func(pair yamltree.Pair) {
		name := p.name(pair.Key)
		var value *String
		if !null(pair.Value) {
			p.fields(pair.Value, "an output", func(key string, pair yamltree.Pair) bool {
				switch key {
				case "value":
					value = p.str(pair.Value)
				case "description":
					p.str(pair.Value)
				default:
					return false
				}
				return true
			})
		}
		m.add(name, value)
	})
	return m
}

func (p *parser) truth(n *yamltree.Node) bool {
	s := p.str(n)
	return s != nil && n.Tag == "!!bool" && (s.Value == "true" || s.Value == "True" || s.Value == "TRUE")
}

func null(n *yamltree.Node) bool { return n.Kind == yamltree.Scalar && n.Tag == "!!null" }

package workflow

import "github.com/curfew-ci/curfew/internal/yamltree"

func (p *parser) steps(n *yamltree.Node) []*Step {
	if n.Kind != yamltree.Sequence {
		p.problem(n.Place(), "expected a list for steps")
		p.collect(n)
		return nil
	}
	base, path := p.base, len(p.path)
	out := make([]*Step, 0, len(n.Items))
	for i, item := range n.Items {
		s := &Step{Index: i, Span: item.Span}
		out = append(out, s)
		p.step, p.base = s, path
		p.fillStep(s, item)
	}
	p.step, p.base = nil, base
	return out
}

func (p *parser) fillStep(s *Step, n *yamltree.Node) {
	acts := 0
	p.fields(n, "the step", func(key string, pair yamltree.Pair) bool {
		switch key {
		case "run", "uses", "wait", "wait-all", "cancel":
			acts++
		}
		return p.stepDoes(s, key, pair.Value) || p.stepSetting(s, key, pair.Value)
	})
	if n.Kind == yamltree.Mapping && acts != 1 {
		p.problem(n.Place(), `expected exactly one of the keys "run" and "uses" in the step`)
	}
}

// stepDoes reads the keys that say what a step does.
func (p *parser) stepDoes(s *Step, key string, v *yamltree.Node) bool {
	switch key {
	case "run":
		s.Run = p.str(v)
	case "shell":
		s.Shell = p.str(v)
	case "working-directory":
		s.WorkingDirectory = p.str(v)
	case "uses":
		if u := p.str(v); u != nil {
			s.Uses = newUses(u)
		}
	case "with":
		s.With = p.table(v, "with")
	case "background", "wait", "wait-all", "cancel":
		p.list(v)
	default:
		return false
	}
	return true
}

// stepSetting reads the keys that every step may have.
func (p *parser) stepSetting(s *Step, key string, v *yamltree.Node) bool {
	switch key {
	case "id":
		s.ID = p.str(v)
	case "name":
		s.Name = p.str(v)
	case "if":
		s.If = p.condition(v)
	case "env":
		s.Env = p.table(v, "env")
	case "continue-on-error":
		s.ContinueOnError = p.str(v)
	case "timeout-minutes":
		s.TimeoutMinutes = p.str(v)
	default:
		return false
	}
	return true
}

package workflow

import (
	"strconv"
	"strings"

	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/yamltree"
)

func (p *parser) jobs(n *yamltree.Node) []*Job {
	var out []*Job
	p.pairs(n, "jobs", func(pair yamltree.Pair) {
		j := &Job{ID: p.name(pair.Key)}
		j.Span = source.Span{Start: pair.Key.Span.Start, End: pair.Value.Place().End}
		if pair.Merged {
			j.Span = pair.Value.Span
		}
		out = append(out, j)
		base := p.base
		p.job, p.base = j, len(p.path)
		j.ID.Scope.Job = j
		p.fillJob(j, pair.Value)
		p.job, p.base = nil, base
	})
	if len(out) == 0 && n.Kind == yamltree.Mapping {
		p.problem(n.Place(), "expected at least one job")
	}
	return out
}

func (p *parser) fillJob(j *Job, n *yamltree.Node) {
	what := "job " + strconv.Quote(j.ID.Value)
	p.fields(n, what, func(key string, pair yamltree.Pair) bool {
		return p.jobRuns(j, key, pair) || p.jobCalls(j, key, pair) || p.jobSetting(j, key, pair)
	})
	switch {
	case n.Kind != yamltree.Mapping:
	case j.Uses == nil && j.RunsOn == nil:
		p.problem(j.ID.Span, `expected the key "runs-on" or "uses" in %s`, what)
	case j.Uses != nil && (j.RunsOn != nil || j.Steps != nil):
		p.problem(j.ID.Span, `%s calls a workflow: it can't have "runs-on" and "steps" of its own`, what)
	}
}

// jobRuns reads the keys of a job that runs steps.
func (p *parser) jobRuns(j *Job, key string, pair yamltree.Pair) bool {
	switch v := pair.Value; key {
	case "runs-on":
		j.RunsOn = p.runsOn(v)
	case "steps":
		j.Steps = p.steps(v)
	case "env":
		j.Env = p.table(v, "env")
	case "environment":
		j.Environment = p.environment(v)
	case "outputs":
		j.Outputs = p.table(v, "outputs")
	case "container":
		j.Container = p.container(v, "container")
	case "services":
		j.Services = p.services(v)
	case "defaults":
		j.Defaults = p.defaults(v)
	case "timeout-minutes":
		j.TimeoutMinutes = p.str(v)
	case "continue-on-error":
		j.ContinueOnError = p.str(v)
	case "cancel-timeout-minutes":
		p.str(v)
	case "snapshot":
		p.snapshot(v)
	default:
		return false
	}
	return true
}

// jobCalls reads the keys of a job that calls a reusable workflow.
func (p *parser) jobCalls(j *Job, key string, pair yamltree.Pair) bool {
	switch v := pair.Value; key {
	case "uses":
		if s := p.str(v); s != nil {
			j.Uses = newUses(s)
		}
	case "with":
		j.With = p.table(v, "with")
	case "secrets":
		j.Secrets = p.jobSecrets(v)
	default:
		return false
	}
	return true
}

// jobSetting reads the keys that every job may have.
func (p *parser) jobSetting(j *Job, key string, pair yamltree.Pair) bool {
	switch v := pair.Value; key {
	case "name":
		j.Name = p.str(v)
	case "needs":
		j.Needs = p.list(v)
	case "if":
		j.If = p.condition(v)
	case "permissions":
		j.Permissions = p.permissions(pair)
	case "concurrency":
		j.Concurrency = p.concurrency(v)
	case "strategy":
		j.Strategy = p.strategy(v)
	default:
		return false
	}
	return true
}

func (p *parser) jobSecrets(n *yamltree.Node) *JobSecrets {
	if n.Kind == yamltree.Scalar && strings.TrimSpace(n.Value) == "inherit" {
		return &JobSecrets{Inherit: p.str(n)}
	}
	return &JobSecrets{Map: p.table(n, "secrets")}
}

func (p *parser) strategy(n *yamltree.Node) *Map {
	m := &Map{Span: n.Span}
	if n.Kind == yamltree.Scalar {
		if !null(n) {
			m.Expr = p.str(n)
		}
		return m
	}
	p.fields(n, "strategy", func(key string, pair yamltree.Pair) bool {
		switch key {
		case "matrix", "fail-fast", "max-parallel":
			p.flatten(m, p.name(pair.Key), pair.Value)
			return true
		}
		return false
	})
	return m
}

func (p *parser) runsOn(n *yamltree.Node) *RunsOn {
	r := new(RunsOn)
	switch {
	case n.Kind != yamltree.Mapping:
		r.Labels = p.list(n)
		if n.Kind == yamltree.Scalar && len(r.Labels) == 1 && isOneExpression(n.Value) {
			r.Expr, r.Labels = r.Labels[0], nil
		}
	default:
		p.fields(n, "runs-on", func(key string, pair yamltree.Pair) bool {
			switch key {
			case "group":
				r.Group = p.str(pair.Value)
			case "labels":
				r.Labels = p.list(pair.Value)
			default:
				return false
			}
			return true
		})
	}
	return r
}

func (p *parser) environment(n *yamltree.Node) *Environment {
	e := new(Environment)
	if n.Kind == yamltree.Scalar {
		e.Name = p.str(n)
		return e
	}
	p.fields(n, "environment", func(key string, pair yamltree.Pair) bool {
		switch key {
		case "name":
			e.Name = p.str(pair.Value)
		case "url":
			e.URL = p.str(pair.Value)
		case "deployment":
			p.str(pair.Value)
		default:
			return false
		}
		return true
	})
	return e
}

func (p *parser) snapshot(n *yamltree.Node) {
	if n.Kind == yamltree.Scalar {
		p.str(n)
		return
	}
	p.fields(n, "snapshot", func(key string, pair yamltree.Pair) bool {
		switch key {
		case "image-name", "version":
			p.str(pair.Value)
		case "if":
			p.condition(pair.Value)
		default:
			return false
		}
		return true
	})
}

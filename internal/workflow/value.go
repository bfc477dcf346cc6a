package workflow

import (
	"strconv"
	"strings"

	"github.com/curfew-ci/curfew/internal/yamltree"
)

// fields calls read for each pair of mapping n; where read returns false the key is unknown.
func (p *parser) fields(n *yamltree.Node, what string, read func(key string, pair yamltree.Pair) bool) {
	p.pairs(n, what, func(pair yamltree.Pair) {
		if read(pair.Key.Value, pair) {
			return
		}
		p.problem(pair.Key.Place(), "unknown key %q in %s", pair.Key.Value, what)
		p.collect(pair.Value)
	})
}

// pairs calls read for each pair of mapping n with its key pushed on the path.
func (p *parser) pairs(n *yamltree.Node, what string, read func(yamltree.Pair)) {
	if n.Kind != yamltree.Mapping {
		p.problem(n.Place(), "expected a mapping for %s", what)
		p.collect(n)
		return
	}
	for _, m := range n.Merges {
		p.problem(m.Key.Place(), `GitHub doesn't know the merge key "<<"`)
	}
	seen := newKeys(n.Pairs)
	for i, pair := range n.Pairs {
		if pair.Key.Kind != yamltree.Scalar {
			p.problem(pair.Key.Place(), "expected a name as key in %s", what)
			p.collect(pair.Key)
			p.collect(pair.Value)
			continue
		}
		if !pair.Merged && seen.repeats(n.Pairs[:i], pair.Key.Value) {
			p.problem(pair.Key.Place(), "key %q is there already in %s", pair.Key.Value, what)
		}
		p.path = append(p.path, pair.Key.Value)
		if hasExpression(pair.Key.Value) {
			p.key = p.listed(pair.Key)
		}
		read(pair)
		p.path = p.path[:len(p.path)-1]
	}
}

// keys finds repeated keys; like GitHub's, the comparison ignores case.
type keys map[string]bool // nil for a mapping so small that looking through it is quicker

func newKeys(pairs []yamltree.Pair) keys {
	if len(pairs) <= 24 {
		return nil
	}
	return make(keys, len(pairs))
}

// repeats reports whether key stands among the pairs before it.
func (k keys) repeats(before []yamltree.Pair, key string) bool {
	if k != nil {
		key = strings.ToLower(key)
		found := k[key]
		k[key] = true
		return found
	}
	for i := range before {
		if b := before[i].Key.Value; len(b) == len(key) && strings.EqualFold(b, key) {
			return true
		}
	}
	return false
}

// str reads a scalar; nil where there is none.
func (p *parser) str(n *yamltree.Node) *String {
	if n.Kind != yamltree.Scalar {
		p.problem(n.Place(), "expected a single value for %q", p.path[len(p.path)-1])
		p.collect(n)
		return nil
	}
	return p.listed(n)
}

// condition reads the value of an if: key, which is an expression with or without ${{ }}.
func (p *parser) condition(n *yamltree.Node) *String {
	s := p.str(n)
	if s != nil && !hasExpression(s.Value) {
		p.bareExpression(s)
	}
	return s
}

// listed reads a scalar and lists it among the strings.
func (p *parser) listed(n *yamltree.Node) *String {
	s := p.newString(n)
	p.strings = append(p.strings, s)
	p.expressions(s)
	return s
}

// name is a key as a string.
func (p *parser) name(key *yamltree.Node) *String {
	if p.key != nil && p.key.node == key {
		return p.key
	}
	return p.newString(key)
}

func (p *parser) newString(n *yamltree.Node) *String {
	if len(p.slab) == 0 {
		p.slab = make([]String, 32)
	}
	s := &p.slab[0]
	p.slab = p.slab[1:]
	s.Value, s.Span, s.node = n.Value, n.Span, n
	s.Scope = Scope{Job: p.job, Step: p.step, Path: p.keep(p.path[p.base:])}
	return s
}

// keep copies path to where many paths share one allocation.
func (p *parser) keep(path []string) []string {
	if len(path) > cap(p.paths)-len(p.paths) {
		p.paths = make([]string, 0, max(128, len(path)))
	}
	start := len(p.paths)
	p.paths = append(p.paths, path...)
	return p.paths[start:len(p.paths):len(p.paths)]
}

// list reads a scalar or a sequence of scalars.
func (p *parser) list(n *yamltree.Node) []*String {
	if n.Kind != yamltree.Sequence {
		if s := p.str(n); s != nil {
			return []*String{s}
		}
		return nil
	}
	out := make([]*String, 0, len(n.Items))
	for _, item := range n.Items {
		if s := p.str(item); s != nil {
			out = append(out, s)
		}
	}
	return out
}

// table reads a mapping of names to scalars.
func (p *parser) table(n *yamltree.Node, what string) *Map {
	m := &Map{Span: n.Span}
	if n.Kind == yamltree.Scalar {
		switch {
		case hasExpression(n.Value):
			m.Expr = p.str(n)
		case !null(n):
			p.problem(n.Place(), "expected a mapping for %s", what)
			p.collect(n)
		}
		return m
	}
	m.Entries = make([]Entry, 0, len(n.Pairs))
	p.pairs(n, what, func(pair yamltree.Pair) {
		m.add(p.name(pair.Key), p.str(pair.Value))
	})
	return m
}

func (m *Map) add(name, value *String) {
	if value == nil {
		value = new(String)
	}
	m.Entries = append(m.Entries, Entry{name, value})
}

// flatten adds every scalar below n to m, under the key that is nearest to it.
func (p *parser) flatten(m *Map, name *String, n *yamltree.Node) {
	switch n.Kind {
	case yamltree.Scalar:
		m.add(name, p.str(n))
	case yamltree.Sequence:
		for _, item := range n.Items {
			p.flatten(m, name, item)
		}
	case yamltree.Mapping:
		p.pairs(n, strconv.Quote(name.Value), func(pair yamltree.Pair) {
			p.flatten(m, p.name(pair.Key), pair.Value)
		})
	}
}

// collect lists the scalars below n whatever their keys mean, so that no expression goes unseen.
func (p *parser) collect(n *yamltree.Node) {
	switch {
	case n == nil:
	case n.Kind == yamltree.Scalar:
		p.listed(n)
	case n.Kind == yamltree.Sequence:
		for _, item := range n.Items {
			p.collect(item)
		}
	default:
		for _, pair := range n.Pairs {
			p.path = append(p.path, pair.Key.Value)
			p.collect(pair.Key)
			p.collect(pair.Value)
			p.path = p.path[:len(p.path)-1]
		}
	}
}

package manifest

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// node is a YAML value that a test makes, changes and writes.
type node struct {
	kind shape
	text string   // of a scalar
	keys []string // of a mapping, one for each of kids
	kids []*node
	flow bool // written in brackets
}

type shape uint8

const (
	quoted shape = iota // a scalar that may need quotes
	plain               // a scalar that is written as it is: a number, or what is meant to be wrong
	dated               // a scalar that is a day
	sequence
	mapping
)

func str(s string) *node              { return &node{kind: quoted, text: s} }
func bare(s string) *node             { return &node{kind: plain, text: s} }
func num(n int) *node                 { return bare(strconv.Itoa(n)) }
func onDay(d Date) *node              { return &node{kind: dated, text: d.String()} }
func seq(kids ...*node) *node         { return &node{kind: sequence, kids: kids} }
func globbed(s string) *node          { return table("glob", str(s)) }
func (n *node) add(k string, v *node) { n.keys, n.kids = append(n.keys, k), append(n.kids, v) }

func strs(ss ...string) *node {
	n := seq()
	for _, s := range ss {
		n.kids = append(n.kids, str(s))
	}
	return n
}

// table takes keys and values by turns.
func table(kv ...any) *node {
	n := &node{kind: mapping}
	for i := 0; i < len(kv); i += 2 {
		n.add(kv[i].(string), kv[i+1].(*node))
	}
	return n
}

// get is the value below the keys; nil where there is none.
func (n *node) get(keys ...string) *node {
	for _, k := range keys {
		i := slices.Index(n.keys, k)
		if i < 0 {
			return nil
		}
		n = n.kids[i]
	}
	return n
}

// clone copies n, with one change: what is at the address path (indexes of kids) becomes with, or is
// left out where with is nil.
func (n *node) clone(path []int, with *node) *node {
	if len(path) == 0 {
		return with
	}
	c := *n
	c.keys, c.kids = slices.Clone(n.keys), slices.Clone(n.kids)
	i := path[0]
	if kid := n.kids[i].clone(path[1:], with); kid != nil {
		c.kids[i] = kid
		return &c
	}
	c.kids = slices.Delete(c.kids, i, i+1)
	if c.kind == mapping {
		c.keys = slices.Delete(c.keys, i, i+1)
	}
	return &c
}

// visit calls f for each value below n, with its address and the names on the way to it.
func (n *node) visit(f func(path []int, names []string, v *node)) { n.walk(nil, nil, f) }

func (n *node) walk(path []int, names []string, f func([]int, []string, *node)) {
	for i, kid := range n.kids {
		name := strconv.Itoa(i)
		if n.kind == mapping {
			name = n.keys[i]
		}
		path, names := append(slices.Clone(path), i), append(slices.Clone(names), name)
		f(path, names, kid)
		kid.walk(path, names, f)
	}
}

// write renders the document.
func (n *node) write() string {
	var b strings.Builder
	n.block(&b, 0)
	return b.String()
}

func (n *node) block(b *strings.Builder, depth int) {
	indent := strings.Repeat("  ", depth)
	for i, kid := range n.kids {
		head := "- "
		if n.kind == mapping {
			head = key(n.keys[i]) + ": "
		}
		b.WriteString(indent + strings.TrimSuffix(head, " "))
		if kid.kind < sequence || kid.flow || len(kid.kids) == 0 {
			b.WriteString(" " + kid.inline() + "\n")
			continue
		}
		b.WriteString("\n")
		kid.block(b, depth+1)
	}
}

func (n *node) inline() string {
	var parts []string
	for i, kid := range n.kids {
		part := kid.inline()
		if n.kind == mapping {
			part = key(n.keys[i]) + ": " + part
		}
		parts = append(parts, part)
	}
	switch n.kind {
	case sequence:
		return "[" + strings.Join(parts, ", ") + "]"
	case mapping:
		return "{ " + strings.Join(parts, ", ") + " }"
	case plain:
		return n.text
	case dated:
		return strconv.Quote(n.text)
	}
	if simpleText.MatchString(n.text) && n.text != "true" && n.text != "false" {
		return n.text
	}
	return strconv.Quote(n.text)
}

func key(s string) string {
	if simpleText.MatchString(s) {
		return s
	}
	return strconv.Quote(s)
}

// simpleText needs no quotes, but for words that YAML takes for truth values.
var simpleText = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._/-]*$`)

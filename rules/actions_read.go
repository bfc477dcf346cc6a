package rules

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/yamltree"
)

//go:embed actions/*.yml
var actionFiles embed.FS

// LoadActions reads actions/*.yml. It takes some milliseconds: call it once and hand the value on. An
// error names the file and the place at fault; it can only come from this package's own files.
func LoadActions() (*Actions, error) { return loadActions(actionFiles) }

func loadActions(fsys fs.FS) (*Actions, error) {
	names, err := fs.Glob(fsys, "actions/*.yml")
	if err != nil {
		return nil, err
	}
	r := &reader{of: &Actions{actions: map[string]*Action{}, variables: map[string]*Variable{}}}
	for _, name := range names {
		src, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		doc, err := yamltree.Parse(name, src, yamltree.Limits{})
		if err != nil {
			return nil, err
		}
		r.file = name
		r.service(strings.TrimSuffix(path.Base(name), ".yml"), doc.Root)
	}
	r.link()
	return r.of, errors.Join(r.errs...)
}

// reader decodes strictly: an unknown key or a value of the wrong shape is an error.
type reader struct {
	of    *Actions
	file  string
	errs  []error
	later []func() // what needs all services to be known
}

func (r *reader) fault(n *yamltree.Node, format string, args ...any) {
	at := r.file
	if n != nil {
		at = fmt.Sprintf("%s:%s", r.file, n.Span.Start)
	}
	r.errs = append(r.errs, fmt.Errorf("%s: %s", at, fmt.Sprintf(format, args...)))
}

// fields reads a mapping by a table of its keys.
func (r *reader) fields(n *yamltree.Node, table map[string]func(*yamltree.Node)) {
	if n == nil || n.Kind != yamltree.Mapping {
		r.fault(n, "expected a mapping")
		return
	}
	seen := make(map[string]bool, len(n.Pairs))
	for _, p := range n.Pairs {
		read, known := table[p.Key.Value]
		if !known || seen[p.Key.Value] {
			r.fault(p.Key, "unknown or repeated key %q", p.Key.Value)
			continue
		}
		seen[p.Key.Value] = true
		read(p.Value)
	}
}

func (r *reader) text(to *string) func(*yamltree.Node) {
	return func(n *yamltree.Node) {
		if n.Kind != yamltree.Scalar || n.Value == "" || n.Tag != "!!str" {
			r.fault(n, "expected text")
		}
		*to = n.Value
	}
}

// list reads a list, or one scalar in its place.
func (r *reader) list(to *[]string) func(*yamltree.Node) {
	return func(n *yamltree.Node) {
		items := n.Items
		if n.Kind == yamltree.Scalar {
			items = []*yamltree.Node{n}
		}
		if len(items) == 0 {
			r.fault(n, "expected a list")
		}
		for _, item := range items {
			var s string
			r.text(&s)(item)
			if slices.Contains(*to, s) {
				r.fault(item, "%q is there twice", s)
			}
			*to = append(*to, s)
		}
	}
}

func (r *reader) each(read func(*yamltree.Node)) func(*yamltree.Node) {
	return func(n *yamltree.Node) {
		if n.Kind != yamltree.Sequence || len(n.Items) == 0 {
			r.fault(n, "expected a list")
		}
		for _, item := range n.Items {
			read(item)
		}
	}
}

func (r *reader) flag(to *bool) func(*yamltree.Node) {
	return func(n *yamltree.Node) {
		if n.Tag != "!!bool" || n.Value != "true" {
			r.fault(n, "expected true, or no such key")
		}
		*to = true
	}
}

// pairs reads a mapping of names to text or lists, in the file's order.
func (r *reader) pairs(read func(name string, value *yamltree.Node)) func(*yamltree.Node) {
	return func(n *yamltree.Node) {
		if n.Kind != yamltree.Mapping || len(n.Pairs) == 0 {
			r.fault(n, "expected a mapping")
		}
		for _, p := range n.Pairs {
			read(p.Key.Value, p.Value)
		}
	}
}

func (r *reader) conditions(to *Conditions) func(*yamltree.Node) {
	return r.pairs(func(name string, value *yamltree.Node) {
		c := Condition{Input: name}
		r.list(&c.Want)(value)
		*to = append(*to, c)
	})
}

func (r *reader) length(to *time.Duration) func(*yamltree.Node) {
	return func(n *yamltree.Node) {
		d, err := time.ParseDuration(n.Value)
		if err != nil || d <= 0 {
			r.fault(n, "expected a duration such as 1h")
		}
		*to = d
	}
}

var dayShape = regexp.MustCompile(`^20\d\d-[01]\d-[0-3]\d$`)

func (r *reader) day(to *string) func(*yamltree.Node) {
	return func(n *yamltree.Node) {
		if !dayShape.MatchString(n.Value) || n.Tag != "!!str" {
			r.fault(n, `expected a quoted day such as "2026-01-31"`)
		}
		*to = n.Value
	}
}

// link resolves what refers to other files and orders what is searched.
func (r *reader) link() {
	for _, f := range r.later {
		f()
	}
	slices.SortFunc(r.of.Services, func(a, b *Service) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortStableFunc(r.of.names, func(a, b nameGlob) int {
		aStar, bStar := strings.HasPrefix(a.glob, "*"), strings.HasPrefix(b.glob, "*")
		if aStar != bStar {
			return map[bool]int{true: 1, false: -1}[aStar]
		}
		return cmp.Or(cmp.Compare(len(b.glob), len(a.glob)), cmp.Compare(a.glob, b.glob))
	})
}

package splice

import (
	"slices"
	"strconv"
	"strings"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/yamltree"
)

// spot is a value of a document, with the way that leads to it.
type spot struct {
	doc     *yamltree.Document
	pointer string
	path    []*yamltree.Node // from the root to the value's parent
	index   []int            // which pair or item of each; of a mapping among Pairs
	node    *yamltree.Node
	head    int // offset behind the key or the "-" that the value's parent stands behind
}

// find follows a JSON Pointer. What an alias or a merge key brings stands elsewhere, and for others too: it
// can't be edited here.
func find(doc *yamltree.Document, pointer string) (*spot, error) {
	s := &spot{doc: doc, node: doc.Root}
	if pointer == "" || pointer[0] != '/' {
		return nil, s.fail("the pointer "+strconv.Quote(pointer)+" leads nowhere: expected one such as /identities/deploy", "name what is to be edited")
	}
	for name := range strings.SplitSeq(pointer[1:], "/") {
		if !s.node.Alias.IsZero() {
			return nil, s.fail("the alias here stands for what is said elsewhere", "edit it by hand: where the anchor is, or by writing it out here")
		}
		if err := s.step(name); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// step goes one name further. The name is escaped as in the pointer.
func (s *spot) step(name string) error {
	parent, plain := s.node, strings.ReplaceAll(strings.ReplaceAll(name, "~1", "/"), "~0", "~")
	i := -1
	switch parent.Kind {
	case yamltree.Mapping:
		i = slices.IndexFunc(parent.Pairs, func(p yamltree.Pair) bool {
			return p.Key.Kind == yamltree.Scalar && p.Key.Value == plain
		})
	case yamltree.Sequence:
		if n, err := strconv.Atoi(plain); err == nil && strconv.Itoa(n) == plain && n >= 0 && n < len(parent.Items) {
			i = n
		}
	}
	if i < 0 {
		return s.fail("there is no "+strconv.Quote(plain), "name what is there")
	}
	head := 0
	s.path, s.index = append(s.path, parent), append(s.index, i)
	if k := len(s.path) - 2; k >= 0 {
		head = s.headOf(k)
	}
	s.head, s.pointer = head, s.pointer+"/"+name
	if parent.Kind == yamltree.Sequence {
		s.node = parent.Items[i]
		return nil
	}
	p := parent.Pairs[i]
	if p.Merged {
		return s.fail("a merge key brings "+strconv.Quote(plain)+": it stands elsewhere, and may hold for others", "edit it by hand: where the anchor is, or by writing it out here")
	}
	s.node = p.Value
	return nil
}

// headOf is where what introduces the value after path[k] ends: its key, or its "-".
func (s *spot) headOf(k int) int {
	t := text{s.doc.Text.Src}
	parent, i := s.path[k], s.index[k]
	if parent.Kind == yamltree.Mapping {
		return parent.Pairs[i].Key.Place().End.Offset
	}
	es := t.entries(parent)
	return min(es[i].start+1, len(t.src))
}

// parent is the mapping or list that the value stands in.
func (s *spot) parent() *yamltree.Node { return s.path[len(s.path)-1] }

// offset is where the value begins.
func (s *spot) offset() int { return s.node.Place().Start.Offset }

// entry is the value's entry among its parent's.
func (s *spot) entry() ([]entry, int) {
	es := text{s.doc.Text.Src}.entries(s.parent())
	return es, slices.IndexFunc(es, func(e entry) bool { return e.value == s.node })
}

func (s *spot) fail(message, try string) error {
	at := s.doc.Root.Span
	if s.node != nil && s.pointer != "" {
		at = s.node.Place()
		message = words(s.pointer) + ": " + message
	}
	return manifest.Error{Region: s.doc.Text.Region(at.Start.Offset, at.End.Offset), Message: "can't edit " + message, Try: try}
}

// words is a pointer as errors say it: identities.deploy.expires.
func words(pointer string) string {
	names := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i, n := range names {
		names[i] = strings.ReplaceAll(strings.ReplaceAll(n, "~1", "/"), "~0", "~")
	}
	return strings.Join(names, ".")
}

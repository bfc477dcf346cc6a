package splice

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/curfew-ci/curfew/internal/yamltree"
)

// ways are the patches that may make an edit, the one to be tried first at the front. What none of them
// does can't be done.
func (s *spot) ways(e Edit) [][]patch {
	if e.op == opRemove {
		return s.removals()
	}
	if s.node.Kind != yamltree.Scalar || !utf8.ValidString(e.value) {
		return nil
	}
	var out [][]patch
	for _, text := range written(s.node, e.value) {
		out = append(out, []patch{s.replaced(text)})
	}
	return out
}

// replaced puts text in the value's place. A comment behind the header of a block scalar stays, behind it.
func (s *spot) replaced(text string) patch {
	at, t := s.node.Place(), s.text()
	p := patch{at.Start.Offset, at.End.Offset, text}
	switch {
	case p.start == p.end: // not written: what announces it stands right before
		p.text = " " + p.text
	case s.node.Alias.IsZero() && s.node.Style >= yamltree.Literal:
		header := t.src[p.start:t.lineEnd(p.start)]
		if i := strings.IndexByte(string(header), '#'); i >= 0 {
			p.text += " " + string(header[i:])
		}
	}
	return p
}

// written are ways to write a value: as the old one is, and in double quotes, which hold anything.
func written(old *yamltree.Node, value string) []string {
	double := yamltree.DoubleQuote(value)
	switch {
	case !old.Alias.IsZero() && old.Style != yamltree.Plain, strings.ContainsFunc(value, odd):
	case old.Style == yamltree.Plain:
		return []string{value, double}
	case old.Style == yamltree.SingleQuoted:
		return []string{"'" + strings.ReplaceAll(value, "'", "''") + "'", double}
	}
	return []string{double}
}

// odd reports whether r had better be written as an escape.
func odd(r rune) bool { return !unicode.IsPrint(r) }

func (s *spot) text() text { return text{s.doc.Text.Src} }

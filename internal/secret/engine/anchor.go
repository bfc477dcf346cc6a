package engine

import "regexp/syntax"

// manyWays is how many ways to have one literal are told apart. With more, every hit passes.
const manyWays = 8

// anchor is a literal that is in every match of a rule, or one of several of which one is.
type anchor struct {
	literal int32
	length  int   // of the literal
	ways    []way // for a match to have it
	tested  bool  // whether quick asks the ways
}

// way is one place of an anchor in a pattern.
type way struct {
	cases  string // by byte of the literal, as in word; empty where all cases will do
	before []step // what goes before the literal, nearest first
	after  []step // what goes after it
}

// sight is how many bytes before and after a hit quick looks at. What it says depends on these bytes
// alone, and on whether the text begins or ends within them.
const sight = 192

// quick reports whether there may be a match with the literal that ends at end. It errs on the side of yes.
func (a *anchor) quick(text []byte, end int) bool {
	return a.possible(text, end, Span{max(0, end-a.length-sight), min(end+sight, len(text))})
}

// possible is quick with another sight.
func (a *anchor) possible(text []byte, end int, in Span) bool {
	if !a.tested {
		return true
	}
	start := end - a.length
	for i := range a.ways {
		w := &a.ways[i]
		if w.cases != "" && !inCase(text[start:end], w.cases) {
			continue
		}
		right := lookRight(text, end, in)
		if !right.passes(w.after) {
			continue
		}
		left := lookLeft(text, start, in)
		if left.passes(w.before) {
			return true
		}
	}
	return false
}

// window is where all matches are that have the literal that ends at end, with a character more at either end for what
// looks around there. It depends on the bytes in it alone, and on the four bytes before and after them, which may make
// them part of a character.
func (a *anchor) window(text []byte, end int) Span {
	w := Span{end - a.length, end}
	in := around(text, w)
	for i := range a.ways {
		left, right := lookLeft(text, end-a.length, in), lookRight(text, end, in)
		w.Start = min(w.Start, left.reach(a.ways[i].before, startOffset()))
		w.End = max(w.End, right.reach(a.ways[i].after, startOffset()))
	}
	return pad(text, w)
}

// inCase reports whether each letter of a hit is in a case that a pattern takes.
func inCase(found []byte, cases string) bool {
	for i, c := range found {
		in := byte(lower)
		if 'A' <= c && c <= 'Z' {
			in = upper
		}
		if cases[i]&in == 0 {
			return false
		}
	}
	return true
}

// newAnchors are the anchors of spots, each literal once. number tells a literal's number.
func newAnchors(spots []spot, number func(string) int32) []anchor {
	var out []anchor
	var before, after stepMaker
	index := make(map[string]int, len(spots))
	for _, s := range spots {
		i, ok := index[s.text]
		if !ok {
			i = len(out)
			index[s.text] = i
			out = append(out, anchor{literal: number(s.text), length: len(s.text), tested: true})
		}
		a := &out[i]
		a.ways = append(a.ways, way{anyCase(s.word), before.steps(s.before, leftward), after.steps(s.after, rightward)})
		a.tested = len(a.ways) <= manyWays
	}
	return out
}

// anyCase is a word's cases, or nothing where all of its letters may be in either.
func anyCase(w word) string {
	for i, c := range []byte(w.text) {
		if isLetter(rune(c)) && w.cases[i] != lower|upper {
			return w.cases
		}
	}
	return ""
}

// stepMaker remembers the steps that it made last: words of one place of a pattern have the same around them.
type stepMaker struct {
	of   []*syntax.Regexp
	made []step
}

func (m *stepMaker) steps(seq []*syntax.Regexp, dir direction) []step {
	if len(seq) == 0 {
		return nil
	}
	if len(m.of) != len(seq) || &m.of[0] != &seq[0] {
		m.of, m.made = seq, steps(seq, dir)
	}
	return m.made
}

package engine

import (
	"cmp"
	"slices"
)

// hit is one place of a literal in a text: its number in the automaton, and the offset after its last
// byte.
type hit struct{ lit, end int32 }

// automaton finds many literals in one pass: Aho and Corasick's, as one dense table ("Efficient string
// matching: an aid to bibliographic search", 1975). ASCII letters are the same in either case; the byte
// classes of the table see to that, so that no text is copied into lower case.
type automaton struct {
	class    [256]uint8
	classes  uint32    // the width of a row of next
	next     []uint32  // by row and class: where the next row begins
	matching uint32    // rows from here on end a literal
	ends     [][]int32 // by matching row: the literals that end there
	literals []string  // by number, in lower case
	longest  int       // of literals, in bytes
}

// Characters beyond ASCII that are the same as an ASCII letter without regard to case: to a regular
// expression the first two, to strings.ToLower the last two. They are every automaton's first literals.
const (
	longS      = "\u017f"
	kelvin     = "\u212a"
	dottedI    = "\u0130"
	oddLetters = 3
)

// isOdd reports whether a literal is one of the letters for which a text has to be searched the long way:
// literals stand for ASCII letters in either case, and these would be a third.
func isOdd(literal int32) bool { return literal < oddLetters }

// newAutomaton makes an automaton of literals, all of which are different and have no upper-case ASCII
// letter. Their numbers are their indices, after those of the odd letters.
func newAutomaton(literals []string) *automaton {
	a := &automaton{literals: append([]string{longS, kelvin, dottedI}, literals...)}
	for _, l := range a.literals {
		a.longest = max(a.longest, len(l))
	}
	a.classify()
	t := a.trie()
	a.number(t)
	return a
}

// classify gives each byte that is in a literal a class of its own, both cases of a letter the same, and
// all others class 0.
func (a *automaton) classify() {
	a.classes = 1
	for _, l := range a.literals {
		for _, c := range []byte(l) {
			if a.class[c] != 0 {
				continue
			}
			a.class[c] = uint8(a.classes) //nolint:gosec // fewer than the bytes: upper-case letters have none of their own
			if 'a' <= c && c <= 'z' {
				a.class[c-'a'+'A'] = uint8(a.classes) //nolint:gosec // the same
			}
			a.classes++
		}
	}
}

// node is a state while the automaton is made.
type node struct {
	ends []int32
	row  uint32 // where its row begins in the table
}

// trie makes the rows of the table in the order of their depth, with the failure links worked in.
func (a *automaton) trie() []node {
	width := int(a.classes)
	nodes := make([]node, 1, 4096)
	table := make([]uint32, width, 4096*width)
	for number, l := range a.literals {
		at := uint32(0)
		for _, c := range []byte(l) {
			slot := int(at)*width + int(a.class[c])
			if table[slot] == 0 {
				table[slot] = uint32(len(nodes)) //nolint:gosec // fewer than the bytes of the literals
				nodes = append(nodes, node{})
				table = append(table, make([]uint32, width)...)
			}
			at = table[slot]
		}
		nodes[at].ends = append(nodes[at].ends, int32(number))
	}
	a.next = table
	link(nodes, table, width)
	return nodes
}

// link completes the table breadth first: where a node has no child, the table leads where the node's
// longest proper suffix leads. That suffix is shallower, so its row is complete already.
func link(nodes []node, table []uint32, width int) {
	suffix := make([]uint32, len(nodes))
	queue := make([]uint32, 0, len(nodes))
	for _, child := range table[:width] {
		if child != 0 {
			queue = append(queue, child)
		}
	}
	for i := 0; i < len(queue); i++ {
		at := queue[i]
		row, back := table[int(at)*width:][:width], table[int(suffix[at])*width:][:width]
		nodes[at].ends = append(nodes[at].ends, nodes[suffix[at]].ends...)
		for c, child := range row {
			if child == 0 {
				row[c] = back[c]
				continue
			}
			suffix[child] = back[c]
			queue = append(queue, child)
		}
	}
}

// number puts the rows that end a literal last, so that one comparison tells them, and makes the entries
// of the table offsets of rows.
func (a *automaton) number(nodes []node) {
	width := a.classes
	order := make([]int, len(nodes))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Compare(min(len(nodes[i].ends), 1), min(len(nodes[j].ends), 1))
	})
	a.matching = uint32(len(nodes)) * width //nolint:gosec // bounded as the nodes are
	for place, i := range order {
		nodes[i].row = uint32(place) * width
		if len(nodes[i].ends) > 0 {
			a.matching = min(a.matching, nodes[i].row)
			a.ends = append(a.ends, nodes[i].ends)
		}
	}
	old := a.next
	a.next = make([]uint32, len(old))
	for i := range nodes {
		to := a.next[nodes[i].row:][:width]
		for c, n := range old[i*int(width):][:width] {
			to[c] = nodes[n].row
		}
	}
}

// scan appends to hits where literals end in text after from and up to to, in the order of their ends;
// they may begin before from. So what it tells of two adjoining ranges is what it tells of both as one.
func (a *automaton) scan(text []byte, from, to int, hits []hit) []hit {
	x := uint32(0)
	for _, c := range text[max(0, from-a.longest+1):from] {
		x = a.next[x+uint32(a.class[c])]
	}
	next, matching := a.next, a.matching
	for i, c := range text[from:to] {
		x = next[x+uint32(a.class[c])]
		if x >= matching {
			for _, literal := range a.ends[(x-matching)/a.classes] {
				hits = append(hits, hit{literal, int32(from + i + 1)}) //nolint:gosec // texts are shorter than 2 GiB
			}
		}
	}
	return hits
}

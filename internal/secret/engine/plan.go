package engine

import (
	"fmt"
	"maps"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

// plans are the rules of a configuration, made ready to be searched together.
type plans struct {
	rules []*plan // in the order of their ids
	auto  *automaton
	uses  [][]use   // by literal: the anchors that it is
	gates [][]int32 // by literal: the rules, by index, that ask for it as a keyword of their own
}

// use is an anchor that a literal is.
type use struct {
	rule   int32 // its index
	anchor *anchor
}

// newPlans makes the plans of rules and the automaton that finds their literals.
func newPlans(rules map[string]rule) (*plans, error) {
	all := &plans{}
	names := &literals{numbers: make(map[string]int32)}
	for _, id := range slices.Sorted(maps.Keys(rules)) {
		p, err := newPlan(rules[id], names)
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", id, err)
		}
		p.id = id
		all.rules = append(all.rules, p)
	}
	all.auto = newAutomaton(names.list)
	all.uses = make([][]use, len(all.auto.literals))
	all.gates = make([][]int32, len(all.auto.literals))
	for i, p := range all.rules {
		p.auto = all.auto
		for k := range p.anchors {
			a := &p.anchors[k]
			all.uses[a.literal] = append(all.uses[a.literal], use{int32(i), a})
		}
		for _, k := range p.keywords {
			all.gates[k] = append(all.gates[k], int32(i))
		}
	}
	return all, nil
}

// literals numbers the literals of an automaton.
type literals struct {
	list    []string
	numbers map[string]int32
}

func (l *literals) number(text string) int32 {
	n, ok := l.numbers[text]
	if !ok {
		n = oddLetters + int32(len(l.list)) //nolint:gosec // fewer than the bytes of a configuration
		l.numbers[text] = n
		l.list = append(l.list, text)
	}
	return n
}

// method is how a rule is searched.
type method uint8

const (
	byPath   method = iota // the rule has no regular expression: it is about paths
	byAnchor               // around the hits of its anchors
	byRun                  // around long runs of bytes of one set; asks for the whole text
	byWhole                // in the whole text
)

// plan is how one rule is searched. It isn't for texts with odd letters: their matches are what the regular
// expression finds in the whole text.
//
// Why windows will do: every match, on any way that the regular expression could take it, has an anchor's
// literal in it (or a run), and lies, from beginning to end, within the reach of that literal. So the
// union of the windows holds all that could match, and a character more at either end, so that \b, ^ and $
// see what they see in the text. Windows that are apart can't influence one another, as no match could
// begin in one and end in another. What a window's edge pretends, a beginning or an end of the text that
// isn't there, shows in a match that touches that edge: find sees to these.
type plan struct {
	id     string
	rule   rule
	method method
	// anchors: every match of the rule has the literal of one of them in it, with what goes before it
	// and after it within the anchor's ways. Each has another literal.
	anchors []anchor
	runs    runs
	// keywords are the literals one of which has to be anywhere in the text. None: whatever matches has a
	// keyword in it, or the rule has no keyword, or lowered is set.
	keywords []int32
	// lowered is set where a keyword that has to be anywhere in the text has letters beyond ASCII. Then only
	// open can tell.
	lowered bool
	auto    *automaton // that has the anchors' literals
}

func newPlan(r rule, names *literals) (*plan, error) {
	p := &plan{rule: r}
	if r.regex.compiled == nil {
		return p, nil
	}
	re, err := syntax.Parse(r.regex.text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	seq := sequence(re)
	best := choose(seq, surroundings{})
	if best.spots != nil && best.cost < rareEnough {
		p.method, p.anchors = byAnchor, newAnchors(best.spots, names.number)
	} else if spots := chooseRun(seq, surroundings{}); len(spots) > 0 {
		p.method, p.runs = byRun, newRuns(spots)
	} else {
		p.method = byWhole
	}
	closed := func(s spot) bool { return !p.open(s.text) }
	if (len(best.spots) == 0 || slices.ContainsFunc(best.spots, closed)) && !requires(seq, p.open) {
		p.gate(names)
	}
	return p, nil
}

// gate has the rule's keywords looked for: there may be matches that have none in them.
func (p *plan) gate(names *literals) {
	if p.open("") {
		return
	}
	for _, k := range p.rule.Keywords {
		k = strings.ToLower(k)
		if isASCII(k) {
			p.keywords = append(p.keywords, names.number(k))
		} else {
			p.lowered = true
		}
	}
	if p.lowered {
		p.keywords = nil
	}
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// open reports whether lower, a text in lower case by strings.ToLower, has one of the rule's keywords, or
// the rule has none: gitleaks' own condition. (An empty keyword is in every text; in gitleaks it is in none,
// and the rule is dead.) In texts without odd letters, the hits of keywords tell it.
func (p *plan) open(lower string) bool {
	return len(p.rule.Keywords) == 0 || slices.ContainsFunc(p.rule.Keywords, func(k string) bool {
		return strings.Contains(lower, strings.ToLower(k))
	})
}

func (p *plan) anchor(h hit) *anchor {
	for i := range p.anchors {
		if p.anchors[i].literal == h.lit {
			return &p.anchors[i]
		}
	}
	return nil
}

// windows appends to out the windows of a plan that is searched by runs or in whole, in order and apart
// from each other.
func (p *plan) windows(text []byte, out []Span) []Span {
	switch p.method {
	case byRun:
		return p.runs.windows(text, out)
	case byWhole:
		return append(out, Span{0, len(text)})
	}
	return out
}

// find appends to out the matches in w, the union of overlapping windows of p that is apart from all
// others: what FindAllIndex finds there in the whole text.
func (p *plan) find(text []byte, w Span, out [][2]int) [][2]int {
	if p.method == byAnchor && w.Len() > sight && !p.possible(text, w) {
		return out
	}
	for in := w; ; in = pad(text, Span{in.Start - in.Len(), min(in.End+in.Len(), len(text))}) {
		found := p.rule.regex.compiled().FindAllIndex(text[in.Start:in.End], -1)
		if touches(found, in, len(text)) {
			continue
		}
		for _, m := range found {
			if start, end := in.Start+m[0], in.Start+m[1]; w.Start <= start && end <= w.End {
				out = append(out, [2]int{start, end})
			}
		}
		return out
	}
}

// manyHits is how many hits in a window are looked at again. With more, the regular expression runs: it
// takes a time that doesn't grow with their number.
const manyHits = 32

// possible is quick for all hits in a window, with more of the window in sight. A pattern that may go on for
// lines takes a regular expression hundreds of times as long.
func (p *plan) possible(text []byte, w Span) bool {
	var buffer [manyHits]hit
	seen := 0
	for from := w.Start; from < w.End; from += sight {
		for _, h := range p.auto.scan(text, from, min(from+sight, w.End), buffer[:0]) {
			if isOdd(h.lit) {
				return true // in a window that is the whole text: literals don't tell what may match
			}
			a, end := p.anchor(h), int(h.end)
			if a == nil || end-a.length < w.Start {
				continue
			}
			in := Span{max(w.Start, end-a.length-far), min(end+far, w.End)}
			if seen++; seen > manyHits || a.possible(text, end, in) {
				return true
			}
		}
	}
	return false
}

// touches reports whether a match begins or ends at an edge of a window that isn't one of the text.
func touches(found [][]int, in Span, length int) bool {
	if len(found) == 0 {
		return false
	}
	return in.Start > 0 && found[0][0] == 0 || in.End < length && found[len(found)-1][1] == in.Len()
}

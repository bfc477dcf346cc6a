package engine

import (
	"regexp"

	"github.com/zricethezav/gitleaks/v8/config"
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

// newPlans makes the plans of cfg's rules and the automaton that finds their literals.
func newPlans(cfg config.Config) (*plans, error) {
	return &plans{auto: newAutomaton(nil)}, nil
}

// method is how a rule is searched.
type method uint8

const (
	byPath   method = iota // the rule has no regular expression: it is about paths
	byAnchor               // around the hits of its anchors
	byRun                  // around long runs of bytes of one class; asks for the whole text
	byWhole                // in the whole text
)

// plan is how one rule is searched.
type plan struct {
	id     string
	rule   config.Rule
	method method
	// anchors: every match of the rule has the literal of one of them in it, with what goes before it
	// and after it within the anchor's reach. Each has another literal.
	anchors []anchor
	// keywords are the literals one of which has to be anywhere in the text. None: whatever matches has a
	// keyword in it, or the rule has no keyword.
	keywords []int32
	regex    *regexp.Regexp
}

// anchor is a literal that is in every match (or one of several), and what a match may be around it.
type anchor struct {
	literal int32
}

// sight is how many bytes before and after a hit quick may look at. What it says depends on these bytes
// alone, and on whether the text begins or ends within them.
const sight = 256

// quick reports whether there may be a match around a hit of one of p's anchors. It errs on the side of
// yes.
func (p *plan) quick(text []byte, h hit) bool { return true }

// window is where the matches around a hit of one of p's anchors can be, with a character more at
// either end for what looks around there. It depends on the bytes in it and on one beyond either end alone.
func (p *plan) window(text []byte, h hit) Span { return Span{0, len(text)} }

// windows appends to out the windows of a plan that is searched by runs or in whole, in order and apart
// from each other.
func (p *plan) windows(text []byte, out []Span) []Span { return append(out, Span{0, len(text)}) }

// find appends to out the matches in a window, which is the union of overlapping windows of p, apart from
// all others: what FindAllIndex finds there in the whole text.
func (p *plan) find(text []byte, w Span, out [][2]int) [][2]int { return out }

// open reports whether lower, a text in lower case by strings.ToLower, has one of the rule's keywords, or
// the rule has none: gitleaks' own condition. It is for texts with odd letters; in all others, the hits
// of keywords tell it.
func (p *plan) open(lower string) bool { return true }

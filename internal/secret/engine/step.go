package engine

import (
	"regexp/syntax"
	"unicode/utf8"
)

// step is a part of a pattern in terms of bytes, read away from a literal: to the right of it as written,
// to the left of it backwards. What a step takes is what the part takes or more.
type step struct {
	kind stepKind
	// set is what a run is made of. Of alternatives, what each begins with; empty where one may be empty.
	set         byteset
	least, most int32    // of a run, in bytes; of a repeat, in times. most may be unbounded
	any         [][]step // of alternatives, all; of a repeat, the one that is repeated
}

type stepKind uint8

const (
	runStep    stepKind = iota
	anyStep             // one of alternatives
	repeatStep          // of more than a run
	edgeStep            // the end of the text, or its beginning
	lineStep            // the end of a line, or its beginning
	wordStep            // the end of a word, or its beginning
	noWordStep          // neither
)

// direction is the way that steps are read.
type direction int

const (
	leftward  direction = -1
	rightward direction = 1
)

// steps are the steps of a sequence in the order in which dir meets them.
func steps(seq []*syntax.Regexp, dir direction) []step {
	var out []step
	for i := range seq {
		re := seq[i]
		if dir == leftward {
			re = seq[len(seq)-1-i]
		}
		for _, s := range stepsOf(re, dir) {
			if last := len(out) - 1; last >= 0 && joins(out[last], s) {
				out[last].least += s.least
				out[last].most += s.most
				continue
			}
			out = append(out, s)
		}
	}
	return out
}

// joins reports whether two runs are one: both are made of the same bytes, and have an end. Single bytes
// are left alone: they are followed together with others.
func joins(a, b step) bool {
	return a.kind == runStep && b.kind == runStep && a.set == b.set && a.most != unbounded && b.most != unbounded && (a.most > 1 || b.most > 1)
}

func stepsOf(re *syntax.Regexp, dir direction) []step {
	if set, wide, ok := oneRune(re); ok {
		return []step{oneOf(set, wide)}
	}
	switch re.Op {
	case syntax.OpLiteral:
		return literalSteps(re, dir)
	case syntax.OpConcat, syntax.OpCapture:
		return steps(sequence(re), dir)
	case syntax.OpAlternate:
		return []step{alternatives(re.Sub, dir)}
	case syntax.OpBeginText, syntax.OpEndText:
		if (re.Op == syntax.OpEndText) == (dir == rightward) {
			return []step{{kind: edgeStep}}
		}
	case syntax.OpBeginLine, syntax.OpEndLine:
		if (re.Op == syntax.OpEndLine) == (dir == rightward) {
			return []step{{kind: lineStep}}
		}
	case syntax.OpWordBoundary:
		return []step{{kind: wordStep}}
	case syntax.OpNoWordBoundary:
		return []step{{kind: noWordStep}}
	case syntax.OpNoMatch:
		return []step{{kind: runStep, least: 1, most: 1}}
	}
	if sub, least, most, ok := repeated(re); ok {
		return []step{repeatOf(sub, least, most, dir)}
	}
	return nil
}

// oneOf is a character of a set. A wide one has up to four bytes.
func oneOf(set byteset, wide bool) step {
	s := step{kind: runStep, set: set, least: 1, most: 1}
	if wide {
		s.most = utf8.UTFMax
	}
	return s
}

func literalSteps(re *syntax.Regexp, dir direction) []step {
	out := make([]step, 0, len(re.Rune))
	for i := range re.Rune {
		r := re.Rune[i]
		if dir == leftward {
			r = re.Rune[len(re.Rune)-1-i]
		}
		set, wide := literalRune(r, re.Flags&syntax.FoldCase != 0)
		out = append(out, oneOf(set, wide))
	}
	return out
}

func alternatives(branches []*syntax.Regexp, dir direction) step {
	s := step{kind: anyStep}
	begins := true
	for _, b := range branches {
		branch := steps(sequence(b), dir)
		s.any = append(s.any, branch)
		begins = begins && len(branch) > 0 && branch[0].kind == runStep && branch[0].least > 0
		if begins {
			s.set = s.set.union(branch[0].set)
		}
	}
	if !begins {
		s.set = byteset{}
	}
	return s
}

func repeatOf(sub *syntax.Regexp, least, most int, dir direction) step {
	inner := steps(sequence(sub), dir)
	if len(inner) == 1 && inner[0].kind == runStep {
		once := inner[0]
		once.least *= int32(least) //nolint:gosec // a pattern has no more than 1000 repeats, nested ones included
		if most == unbounded || once.most == unbounded {
			once.most = unbounded
		} else {
			once.most *= int32(most) //nolint:gosec // the same
		}
		return once
	}
	return step{kind: repeatStep, least: int32(least), most: int32(most), any: [][]step{inner}} //nolint:gosec // the same
}

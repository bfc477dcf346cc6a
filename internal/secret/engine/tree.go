package engine

import "regexp/syntax"

// unbounded stands for no upper bound of a length or of a number of repeats.
const unbounded = -1

// sequence lists what a node is a concatenation of. Groups don't matter here: they tell what is captured,
// not what matches.
func sequence(re *syntax.Regexp) []*syntax.Regexp {
	switch re.Op {
	case syntax.OpEmptyMatch:
		return nil
	case syntax.OpCapture:
		return sequence(re.Sub[0])
	case syntax.OpConcat:
		var out []*syntax.Regexp
		for _, sub := range re.Sub {
			out = append(out, sequence(sub)...)
		}
		return out
	case syntax.OpLiteral:
		if len(re.Rune) > longLiteral {
			head, tail := *re, *re
			head.Rune, tail.Rune = re.Rune[:longLiteral], re.Rune[longLiteral:]
			return append([]*syntax.Regexp{&head}, sequence(&tail)...)
		}
	}
	return []*syntax.Regexp{re}
}

// repeated is what a node repeats and how often, where it is a repeat.
func repeated(re *syntax.Regexp) (sub *syntax.Regexp, least, most int, ok bool) {
	switch re.Op {
	case syntax.OpStar:
		return re.Sub[0], 0, unbounded, true
	case syntax.OpPlus:
		return re.Sub[0], 1, unbounded, true
	case syntax.OpQuest:
		return re.Sub[0], 0, 1, true
	case syntax.OpRepeat:
		return re.Sub[0], re.Min, re.Max, true
	}
	return nil, 0, 0, false
}

// fewer is a node that repeats sub between least and most times; nil where that is none at all.
func fewer(sub *syntax.Regexp, least, most int) []*syntax.Regexp {
	if most == 0 {
		return nil
	}
	return []*syntax.Regexp{{Op: syntax.OpRepeat, Min: max(least, 0), Max: most, Sub: []*syntax.Regexp{sub}}}
}

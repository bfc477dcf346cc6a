package engine

import (
	"regexp/syntax"
	"slices"
	"strings"
)

const (
	// rareEnough is how often per byte of text a set of literals may be expected for it to lead a search.
	rareEnough = 1.0 / 200
	// shortLiteral is how many bytes a literal has at least.
	shortLiteral = 2
	// ofWord is what a literal costs by being there.
	ofWord = 1e-6
)

// spot is one way for a match to have a literal in it: the literal, and what goes before and after it.
type spot struct {
	word
	before, after []*syntax.Regexp // in the order of the text
}

// surroundings is what goes before and after a part of a pattern.
type surroundings struct{ before, after []*syntax.Regexp }

// of is the surroundings of what seq has from index from to index to, where c is the surroundings of seq.
func (c surroundings) of(seq []*syntax.Regexp, from, to int) surroundings {
	return surroundings{slices.Concat(c.before, seq[:from]), slices.Concat(seq[to:], c.after)}
}

// choice is a set of spots one of which every match has, and how often their literals are to be expected
// per byte of text.
type choice struct {
	spots []spot
	cost  float64
}

// better keeps the cheaper one of two; the former where it is a close thing.
func (c *choice) better(o choice) {
	if o.spots != nil && c.worseThan(o.cost) {
		*c = o
	}
}

func (c *choice) worseThan(cost float64) bool { return c.spots == nil || cost < 0.9*c.cost }

// choose finds the rarest literals one of which is in every match of seq. Each part of a sequence is in
// every match, so any will do; of alternatives, all are needed.
func choose(seq []*syntax.Regexp, around surroundings) choice {
	var best choice
	eachRun(seq, func(from, to int, some []word) {
		if cost := costOf(some); best.worseThan(cost) {
			best.better(choice{spotsOf(some, around.of(seq, from, to)), cost})
		}
	})
	for i, re := range seq {
		here := around.of(seq, i, i+1)
		if re.Op == syntax.OpAlternate {
			best.better(chooseAll(re.Sub, here))
			continue
		}
		if sub, least, most, ok := repeated(re); ok && least > 0 {
			if most != unbounded {
				most--
			}
			here.after = slices.Concat(fewer(sub, least-1, most), here.after)
			best.better(choose(sequence(sub), here))
		}
	}
	return best
}

// chooseAll is choose for alternatives.
func chooseAll(branches []*syntax.Regexp, around surroundings) choice {
	var all choice
	for _, b := range branches {
		c := choose(sequence(b), around)
		if c.spots == nil {
			return choice{}
		}
		all.spots = append(all.spots, c.spots...)
		all.cost += c.cost
	}
	if len(all.spots) > manyWords {
		return choice{}
	}
	return all
}

// eachRun calls visit with each stretch of seq that matches only few strings, and with these.
func eachRun(seq []*syntax.Regexp, visit func(from, to int, some []word)) {
	parts := make([][]word, len(seq))
	for i, re := range seq {
		parts[i] = words(re)
	}
	for from := range seq {
		some := []word{{}}
		for to := from; to < len(seq); to++ {
			if some = product(some, parts[to]); some == nil {
				break
			}
			visit(from, to+1, some)
		}
	}
}

func spotsOf(some []word, around surroundings) []spot {
	out := make([]spot, 0, len(some))
	for _, w := range some {
		if len(w.text) < shortLiteral {
			return nil
		}
		out = append(out, spot{w, around.before, around.after})
	}
	return out
}

// costOf is how often words are to be expected per byte of text.
func costOf(some []word) float64 {
	sum := 0.0
	for _, w := range some {
		p := 1.0
		for _, c := range []byte(w.text) {
			p *= frequency(c)
		}
		sum += p + ofWord
	}
	return sum
}

// frequency is about how often a byte, in either case, is met in source code and configuration.
func frequency(c byte) float64 {
	const (
		letters = "etaoinsrldchpumfgbyvwkxjqz"
		signs   = " \n0123456789_.-/\"'=:,;()"
	)
	if i := strings.IndexByte(letters, c); i >= 0 {
		return 0.07 / (1 + float64(i)/4)
	}
	switch i := strings.IndexByte(signs, c); {
	case i >= 2:
		return 0.01
	case i >= 0:
		return 0.1
	}
	return 0.002
}

// requires reports whether every match of seq has a string in it that ok takes.
func requires(seq []*syntax.Regexp, ok func(text string) bool) bool {
	found := false
	eachRun(seq, func(_, _ int, some []word) {
		found = found || !slices.ContainsFunc(some, func(w word) bool { return !ok(w.text) })
	})
	if found {
		return true
	}
	return slices.ContainsFunc(seq, func(re *syntax.Regexp) bool {
		if re.Op == syntax.OpAlternate {
			return !slices.ContainsFunc(re.Sub, func(b *syntax.Regexp) bool { return !requires(sequence(b), ok) })
		}
		sub, least, _, isRepeat := repeated(re)
		return isRepeat && least > 0 && requires(sequence(sub), ok)
	})
}

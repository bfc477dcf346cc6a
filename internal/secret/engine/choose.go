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
	// manySpots is how many spots lead a search at most.
	manySpots = 512
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
	parts := wordsOfEach(seq)
	eachRun(parts, func(from, to int, some []word) bool {
		if cost := costOf(some); best.worseThan(cost) {
			best.better(choice{spotsOf(some, around.of(seq, from, to)), cost})
		}
		return false
	})
	for i, re := range seq {
		if parts[i] != nil {
			continue
		}
		if re.Op == syntax.OpAlternate {
			first := beginning(parts, i)
			best.better(chooseAll(seq[first:i], re.Sub, around.of(seq, first, i+1)))
		} else if sub, least, most, ok := repeated(re); ok && least > 0 {
			if most != unbounded {
				most--
			}
			here := around.of(seq, i, i+1)
			here.after = slices.Concat(fewer(sub, least-1, most), here.after)
			best.better(choose(sequence(sub), here))
		}
	}
	return best
}

// chooseAll is choose for alternatives that have the same beginning.
func chooseAll(begin, branches []*syntax.Regexp, around surroundings) choice {
	var all choice
	for _, b := range branches {
		c := choose(slices.Concat(begin, sequence(b)), around)
		if c.spots == nil {
			return choice{}
		}
		all.spots = append(all.spots, c.spots...)
		all.cost += c.cost
	}
	if len(all.spots) > manySpots {
		return choice{}
	}
	return all
}

// wordsOfEach are the words of each part of seq.
func wordsOfEach(seq []*syntax.Regexp) [][]word {
	parts := make([][]word, len(seq))
	for i, re := range seq {
		parts[i] = words(re)
	}
	return parts
}

// beginning is where the words begin that go before part i: AKIA|ASIA is parsed as A(?:KIA|SIA).
func beginning(parts [][]word, i int) int {
	for i > 0 && parts[i-1] != nil {
		i--
	}
	return i
}

// eachRun calls visit with each stretch of a sequence that matches only few strings, and with these, until
// visit says that it is enough. It reports whether visit did. No stretch begins with what only looks around.
func eachRun(parts [][]word, visit func(from, to int, some []word) bool) bool {
	for from := range parts {
		some := []word{{}}
		if slices.Equal(parts[from], some) {
			continue
		}
		for to := from; to < len(parts); to++ {
			if some = product(some, parts[to]); some == nil {
				break
			}
			if visit(from, to+1, some) {
				return true
			}
		}
	}
	return false
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
	parts := wordsOfEach(seq)
	if eachRun(parts, func(_, _ int, some []word) bool {
		return !slices.ContainsFunc(some, func(w word) bool { return !ok(w.text) })
	}) {
		return true
	}
	for i, re := range seq {
		if parts[i] != nil {
			continue
		}
		if re.Op == syntax.OpAlternate {
			begin := seq[beginning(parts, i):i]
			if !slices.ContainsFunc(re.Sub, func(b *syntax.Regexp) bool { return !requires(slices.Concat(begin, sequence(b)), ok) }) {
				return true
			}
		} else if sub, least, _, isRepeat := repeated(re); isRepeat && least > 0 && requires(sequence(sub), ok) {
			return true
		}
	}
	return false
}

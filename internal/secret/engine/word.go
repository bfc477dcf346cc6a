package engine

import (
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

const (
	// longLiteral is how many characters a literal has at most. A longer one finds no fewer places, and
	// makes more to search again around each change of a text.
	longLiteral = 40
	// manyWords is how many literals may stand for one place of a pattern.
	manyWords = 48
	// wideClass is how many characters a class may have to be taken for that many literals.
	wideClass = 16
)

// word is a string that a part of a pattern matches, without regard to case.
type word struct {
	text  string // without upper-case ASCII letters
	cases string // by byte of text: in which cases the pattern takes it, of lower and upper
}

const (
	lower = 1 << iota
	upper
)

// words lists all strings that a node matches, where they are few; nil otherwise.
func words(re *syntax.Regexp) []word {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText,
		syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return []word{{}}
	case syntax.OpLiteral:
		return literalWord(re)
	case syntax.OpCharClass:
		return classWords(re)
	case syntax.OpCapture:
		return words(re.Sub[0])
	case syntax.OpConcat:
		out := []word{{}}
		for _, sub := range re.Sub {
			out = product(out, words(sub))
		}
		return out
	case syntax.OpAlternate:
		return alternateWords(re)
	}
	return repeatWords(re)
}

func alternateWords(re *syntax.Regexp) []word {
	var out []word
	for _, sub := range re.Sub {
		some := words(sub)
		if some == nil || len(out)+len(some) > manyWords {
			return nil
		}
		out = append(out, some...)
	}
	return out
}

func repeatWords(re *syntax.Regexp) []word {
	sub, least, most, ok := repeated(re)
	if !ok || most == unbounded || most > longLiteral || least == 0 && most > 1 {
		return nil // or too much to be of use
	}
	once := words(sub)
	if once == nil {
		return nil
	}
	var out []word
	times := []word{{}}
	for n := 0; n <= most; n++ {
		if times == nil || len(out)+len(times) > manyWords {
			return nil
		}
		if n >= least {
			out = append(out, times...)
		}
		times = product(times, once)
	}
	return out
}

func literalWord(re *syntax.Regexp) []word {
	var text, cases strings.Builder
	fold := re.Flags&syntax.FoldCase != 0
	for _, r := range re.Rune {
		switch {
		case r < utf8.RuneSelf:
			t, c := foldByte(byte(r), fold) //nolint:gosec // ASCII
			text.WriteByte(t)
			cases.WriteByte(c)
		case fold || r == utf8.RuneError: // other characters, or other bytes, match too
			return nil
		case isOddRune(r), string(r) == dottedI: // which is another letter where literals are looked for
			return nil
		default:
			text.WriteRune(r)
			cases.WriteString(strings.Repeat(string(rune(lower)), utf8.RuneLen(r)))
		}
	}
	return []word{{text.String(), cases.String()}}
}

// foldByte is c in lower case, and in which cases it is meant.
func foldByte(c byte, fold bool) (text, cases byte) {
	switch {
	case !isLetter(rune(c)):
		return c, lower
	case fold:
		return c | 0x20, lower | upper
	case c&0x20 == 0:
		return c | 0x20, upper
	}
	return c, lower
}

func classWords(re *syntax.Regexp) []word {
	set, wide, _ := oneRune(re)
	if wide {
		return nil
	}
	var cases [utf8.RuneSelf]byte
	count := 0
	for c := range byte(utf8.RuneSelf) {
		if !set.has(c) {
			continue
		}
		t, in := foldByte(c, false)
		if cases[t] == 0 {
			count++
		}
		cases[t] |= in
	}
	if count == 0 || count > wideClass {
		return nil
	}
	out := make([]word, 0, count)
	for c, in := range cases {
		if in != 0 {
			out = append(out, word{string(rune(c)), string(rune(in))})
		}
	}
	return out
}

// product joins each of a with each of b. It is nil where one of them is, or where that is too much.
func product(a, b []word) []word {
	if a == nil || b == nil || len(a)*len(b) > manyWords {
		return nil
	}
	out := make([]word, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			if len(x.text)+len(y.text) > longLiteral {
				return nil
			}
			out = append(out, word{x.text + y.text, x.cases + y.cases})
		}
	}
	return out
}

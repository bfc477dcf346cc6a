package engine

import (
	"regexp/syntax"
	"unicode/utf8"
)

// byteset is a set of bytes.
type byteset [4]uint64

func (s *byteset) has(c byte) bool { return s[c>>6]&(1<<(c&63)) != 0 }

// add puts lo to hi, both included, into the set.
func (s *byteset) add(lo, hi byte) {
	for c := int(lo); c <= int(hi); c++ {
		s[c>>6] |= 1 << (c & 63)
	}
}

func (s byteset) union(o byteset) byteset {
	for i := range s {
		s[i] |= o[i]
	}
	return s
}

func (s byteset) empty() bool { return s == byteset{} }

func allBytes() byteset {
	const all = 1<<64 - 1
	return byteset{all, all, all, all}
}

// oneRune is the set of bytes that the characters of a node are made of, where the node stands for exactly
// one character. wide is set where some of these have more than one byte. A character that is no ASCII
// adds all bytes beyond ASCII: a byte that is no UTF-8 is a character to a regular expression, U+FFFD.
//
// Odd letters don't count: texts with them are searched the long way.
func oneRune(re *syntax.Regexp) (set byteset, wide, ok bool) {
	switch re.Op {
	case syntax.OpAnyChar:
		return allBytes(), true, true
	case syntax.OpAnyCharNotNL:
		set = allBytes()
		set['\n'>>6] &^= 1 << ('\n' & 63)
		return set, true, true
	case syntax.OpCharClass:
		for i := 0; i < len(re.Rune); i += 2 {
			wide = addRunes(&set, re.Rune[i], re.Rune[i+1]) || wide
		}
		return set, wide, true
	case syntax.OpLiteral:
		if len(re.Rune) == 1 {
			set, wide = literalRune(re.Rune[0], re.Flags&syntax.FoldCase != 0)
			return set, wide, true
		}
	}
	return set, false, false
}

// addRunes puts the bytes of the characters lo to hi into set, and reports whether there are any beyond
// ASCII.
func addRunes(set *byteset, lo, hi rune) (wide bool) {
	if lo < utf8.RuneSelf {
		set.add(byte(lo), byte(min(hi, utf8.RuneSelf-1))) //nolint:gosec // ASCII
	}
	if hi < utf8.RuneSelf || lo == hi && isOddRune(lo) {
		return false
	}
	set.add(utf8.RuneSelf, 0xff)
	return true
}

// literalRune is addRunes of one character, in either case where it folds.
func literalRune(r rune, fold bool) (set byteset, wide bool) {
	wide = addRunes(&set, r, r)
	if fold && isLetter(r) {
		addRunes(&set, r^0x20, r^0x20)
	}
	return set, wide
}

// isLetter reports whether r is an ASCII letter.
func isLetter(r rune) bool { return 'a' <= r|0x20 && r|0x20 <= 'z' && r < utf8.RuneSelf }

// isOddRune reports whether r folds to an ASCII letter in a regular expression.
func isOddRune(r rune) bool { return r == '\u017f' || r == '\u212a' }

// isWord reports whether c is in a word as \b has it.
func isWord(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '_'
}

package engine

import (
	"math/rand/v2"
	"regexp/syntax"
	"slices"
	"unicode/utf8"
)

// sampler makes texts that a pattern matches, or nearly.
type sampler struct {
	*rand.Rand
	out []byte
}

// text is a few samples of re, whole and damaged, close together or apart.
func (s *sampler) text(re *syntax.Regexp) []byte {
	var text []byte
	for range 1 + s.IntN(4) {
		text = append(text, s.filler()...)
		s.out = s.out[:0]
		s.sample(re)
		piece := slices.Clone(s.out)
		for s.IntN(2) == 0 && len(piece) > 0 {
			piece = s.damage(piece)
		}
		text = append(text, piece...)
	}
	return append(text, s.filler()...)
}

func (s *sampler) filler() string {
	all := []string{
		"", "", "", " ", "\n", "\r\n", "\"", "';", "=", ": ", "x", "_", "é", "\xc3", "\xe2\x84", "€", "-", ".", "\x00", "key", "token = ",
		"0123456789abcdef0123456789abcdef", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "\n\n  some: words\n",
	}
	out := all[s.IntN(len(all))]
	if s.IntN(4) == 0 {
		out += all[s.IntN(len(all))]
	}
	return out
}

// far is some text that makes what comes after it be out of sight, or nearly, of what comes before.
func (s *sampler) far() []byte {
	var out []byte
	for n := s.IntN(300); len(out) < n; {
		out = append(out, s.filler()...)
	}
	return out
}

// damage takes out, puts in or changes a byte, repeats a stretch or cuts one off.
func (s *sampler) damage(piece []byte) []byte {
	at := s.IntN(len(piece))
	switch s.IntN(6) {
	case 0:
		return slices.Delete(piece, at, at+1)
	case 1:
		return slices.Insert(piece, at, []byte(s.filler())...)
	case 2:
		piece[at] ^= 0x20
		return piece
	case 3:
		return append(piece, piece[at:]...)
	case 4:
		return piece[:at]
	}
	return piece[at:]
}

// sample appends a string to out that re matches, but for what it looks around for.
func (s *sampler) sample(re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if re.Flags&syntax.FoldCase != 0 && isLetter(r) && s.IntN(2) == 0 {
				r ^= 0x20
			}
			s.out = utf8.AppendRune(s.out, r)
		}
	case syntax.OpCharClass:
		i := s.IntN(len(re.Rune)/2) * 2
		if isOddRune(re.Rune[i]) && s.IntN(1000) > 0 {
			i = 0 // a text that has it is no test
		}
		s.out = utf8.AppendRune(s.out, re.Rune[i]+s.Int32N(min(re.Rune[i+1]-re.Rune[i]+1, 300)))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		s.out = append(s.out, " abc\"é="[s.IntN(8)])
	case syntax.OpAlternate:
		s.sample(re.Sub[s.IntN(len(re.Sub))])
	case syntax.OpConcat, syntax.OpCapture:
		for _, sub := range re.Sub {
			s.sample(sub)
		}
	default:
		s.repeat(re)
	}
}

func (s *sampler) repeat(re *syntax.Regexp) {
	sub, least, most, ok := repeated(re)
	if !ok {
		return
	}
	if most == unbounded {
		most = least + 30
	}
	n := least + s.IntN(most-least+1)
	switch s.IntN(4) {
	case 0:
		n = least
	case 1:
		n = most
	case 2:
		n = min(most, least+2)
	}
	for range n {
		s.sample(sub)
	}
}

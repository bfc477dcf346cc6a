package jsontree

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// str takes a string and returns it unescaped.
func (p *parser) str() (string, bool) {
	var out []byte
	for p.at++; p.at < len(p.src); {
		switch c := p.src[p.at]; {
		case c == '"':
			p.at++
			return string(out), true
		case c == '\\':
			r, ok := p.escape()
			if !ok {
				return "", false
			}
			out = utf8.AppendRune(out, r)
		case c < ' ':
			return "", p.fail(p.at, "control character in a string: write it as an escape")
		default:
			r, size := utf8.DecodeRune(p.src[p.at:])
			if r == utf8.RuneError && size == 1 {
				return "", p.fail(p.at, "not UTF-8")
			}
			out = append(out, p.src[p.at:p.at+size]...)
			p.at += size
		}
	}
	return "", p.fail(p.at, "the string isn't closed")
}

// escape takes an escape sequence, two of them for a surrogate pair.
func (p *parser) escape() (rune, bool) {
	start := p.at
	p.at++
	if p.at == len(p.src) {
		return 0, p.fail(p.at, "the string isn't closed")
	}
	c := p.src[p.at]
	p.at++
	switch c {
	case '"', '\\', '/':
		return rune(c), true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 'u':
		return p.unicode(start)
	}
	return 0, p.fail(start, "unknown escape")
}

// unicode takes what follows "\u" at start. Half a surrogate pair is no character: decoders that
// replace it make different strings equal.
func (p *parser) unicode(start int) (rune, bool) {
	r, ok := p.hex()
	if !ok {
		return 0, p.fail(start, `expected four hexadecimal digits after "\u"`)
	}
	if !utf16.IsSurrogate(r) {
		return r, true
	}
	const lone = "half of a surrogate pair"
	if p.at+2 > len(p.src) || p.src[p.at] != '\\' || p.src[p.at+1] != 'u' {
		return 0, p.fail(start, lone)
	}
	p.at += 2
	low, ok := p.hex()
	full := utf16.DecodeRune(r, low)
	if !ok || full == '\uFFFD' {
		return 0, p.fail(start, lone)
	}
	return full, true
}

func (p *parser) hex() (rune, bool) {
	if p.at+4 > len(p.src) {
		return 0, false
	}
	v, err := strconv.ParseUint(string(p.src[p.at:p.at+4]), 16, 16)
	if err != nil {
		return 0, false
	}
	p.at += 4
	return rune(v), true
}

package engine

import "strings"

// encoding is a way in which text is written in other text. A greater one has precedence.
type encoding uint8

const (
	inBase64 encoding = iota + 1
	inHex
	inUnicode
	inPercent
)

const (
	leastBase64 = 16 // characters, as the library's decoder has it
	leastHex    = 32
	codePoint   = len("U+0000")
)

// token is a stretch of a text that is written as if it were encoded.
type token struct {
	Span
	encoding encoding
}

// tokenize appends what the library's decoder would try to decode in a text, in order. The decoder's
// pattern (detect/codec/encodings.go, v8.30.1) is, from left to right and the first that matches,
//
//	percent  %XX(.*%XX)?             all from a line's first to its last
//	unicode  (U\+XXXX(\s|$))+        or (\\{1,2}uXXXX)+ in any case
//	hex      [0-9A-Fa-f]{32,}
//	base64   [\w/+-]{16,}={0,2}
//
// where XX are hexadecimal digits. Of two matches that overlap or only touch, the one of lower precedence
// waits for another pass, even where the other doesn't decode.
func tokenize(text string, out []token) []token {
	first := len(out)
	for at := 0; at < len(text); {
		t, next := tokenAt(text, at)
		if t.encoding != 0 {
			out = append(out, t)
		}
		at = next
	}
	return dropTouching(out, first)
}

// tokenAt is the token that begins at a place, or in the run of characters that begins there, and where to
// go on. It has no encoding where there is none.
func tokenAt(text string, at int) (t token, next int) {
	switch c := text[at]; {
	case c == '%' && hexDigits(text, at+1, 2):
		end := percentEnd(text, at+3)
		return token{Span{at, end}, inPercent}, end
	case c == '\\':
		if end := escapesEnd(text, at); end > at {
			return token{Span{at, end}, inUnicode}, end
		}
	case classes[c]&runByte != 0:
		return tokenOfRun(text, at)
	}
	return token{}, at + 1
}

// tokenOfRun is the token in a run of base64's characters, and where to go on. A run that begins with
// enough hexadecimal digits ends with them.
func tokenOfRun(text string, at int) (t token, next int) {
	digits := at
	for digits < len(text) && classes[text[digits]]&hexByte != 0 {
		digits++
	}
	if digits-at >= leastHex {
		return token{Span{at, digits}, inHex}, digits
	}
	end := digits
	for end < len(text) && classes[text[end]]&runByte != 0 {
		end++
	}
	if end-at >= leastBase64 {
		end += padding(text, end)
		return token{Span{at, end}, inBase64}, end
	}
	start := end - codePoint
	if start < at || !codePointAt(text, start) {
		return token{}, end
	}
	for end = start; codePointAt(text, end); {
		end = min(end+codePoint+1, len(text))
	}
	return token{Span{start, end}, inUnicode}, end
}

// padding is how many of up to two "=" stand at a place.
func padding[T string | []byte](text T, at int) int {
	n := 0
	for n < 2 && at+n < len(text) && text[at+n] == '=' {
		n++
	}
	return n
}

// percentEnd is the end of the last %XX between at and the end of at's line; at where there is none.
func percentEnd(text string, at int) int {
	line := text[at:]
	if nl := strings.IndexByte(line, '\n'); nl >= 0 {
		line = line[:nl]
	}
	for i := len(line); ; {
		if i = strings.LastIndexByte(line[:i], '%'); i < 0 {
			return at
		}
		if hexDigits(line, i+1, 2) {
			return at + i + 3
		}
	}
}

// escapesEnd is the end of a sequence of \uXXXX or \\uXXXX; at where none begins.
func escapesEnd(text string, at int) int {
	for {
		n := escapeAt(text, at)
		if n == 0 {
			return at
		}
		at += n
	}
}

// escapeAt is the length of the \uXXXX or \\uXXXX at a place; 0 where there is none.
func escapeAt[T string | []byte](text T, at int) int {
	u := at
	for u < len(text) && u < at+2 && text[u] == '\\' {
		u++
	}
	if u == at || u == len(text) || text[u]|0x20 != 'u' || !hexDigits(text, u+1, 4) {
		return 0
	}
	return u + 5 - at
}

// codePointAt reports whether at a place there is a U+XXXX with white space or the text's end after it.
func codePointAt[T string | []byte](text T, at int) bool {
	end := at + codePoint
	return end <= len(text) && text[at] == 'U' && text[at+1] == '+' && hexDigits(text, at+2, 4) &&
		(end == len(text) || classes[text[end]]&spaceByte != 0)
}

// hexDigits reports whether n hexadecimal digits stand at a place.
func hexDigits[T string | []byte](text T, at, n int) bool {
	if at+n > len(text) {
		return false
	}
	for i := at; i < at+n; i++ {
		if classes[text[i]]&hexByte == 0 {
			return false
		}
	}
	return true
}

// dropTouching drops from tokens[first:] those that touch one of a higher precedence.
func dropTouching(tokens []token, first int) []token {
	kept := tokens[:first]
	var before token
	for i := first; i < len(tokens); i++ {
		t := tokens[i]
		drop := before.encoding > t.encoding && before.End == t.Start
		if i+1 < len(tokens) {
			after := tokens[i+1]
			drop = drop || after.encoding > t.encoding && after.Start == t.End
		}
		before = t
		if !drop {
			kept = append(kept, t)
		}
	}
	return kept
}

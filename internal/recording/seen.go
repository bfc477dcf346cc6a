package recording

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

const escape = 0x1b

// seen is what a terminal shows of text, and where each byte of it stands in text; at is nil where that is text itself. What colours,
// moves the cursor or chooses a set of characters is left out, as it may stand within a word. All else that isn't seen ends a word,
// and stands as a space: rules know by that where a credential ends. The text of a title or a link stays, as it is kept.
func seen(text []byte) (plain []byte, at []int) {
	if !bytes.ContainsFunc(text, unseen) {
		return text, nil
	}
	plain, at = make([]byte, 0, len(text)), make([]int, 0, len(text))
	for i := 0; i < len(text); {
		n, space := sequence(text[i:])
		switch {
		case space:
			plain, at = append(plain, ' '), append(at, i)
		case n == 0:
			n = 1
			plain, at = append(plain, text[i]), append(at, i)
		}
		i += n
	}
	return plain, at
}

// unseen reports whether r may be or begin what a terminal doesn't show.
func unseen(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\t\n\r", r) }

// sequence is how many bytes at the beginning of text aren't shown (ECMA-48), and whether they end a word.
func sequence(text []byte) (n int, space bool) {
	r, size := utf8.DecodeRune(text)
	switch {
	case r == escape:
		return escapeSequence(text)
	case r == '\x0e', r == '\x0f': // they shift to another set of characters and back
		return size, false
	case r == '\u009b': // ESC and a bracket in one
		if n := controlSequence(text[size:]); n > 0 {
			return size + n, false
		}
	case !unseen(r):
		return 0, false
	}
	return size, true
}

// escapeSequence is sequence for text that begins with ESC.
func escapeSequence(text []byte) (n int, space bool) {
	n = 1
	for n < len(text) && text[n] >= 0x20 && text[n] <= 0x2f { // what follows names a set of characters
		n++
	}
	switch {
	case n == len(text) || text[n] < 0x30 || text[n] > 0x7e:
		return 1, true
	case n > 1:
		return n + 1, false
	case text[1] == '[':
		if n := controlSequence(text[2:]); n > 0 {
			return 2 + n, false
		}
		return 2, true
	}
	return 2, bytes.IndexByte([]byte(`]PX^_\`), text[1]) >= 0 // a text of another kind begins or ends
}

// controlSequence is how long the rest of a control sequence is that text begins with; 0 where it begins with none.
func controlSequence(text []byte) int {
	for i := 0; i < len(text) && i < maxSequence; i++ {
		switch c := text[i]; {
		case c >= 0x40 && c <= 0x7e:
			return i + 1
		case c < 0x20 || c > 0x3f:
			return 0
		}
	}
	return 0
}

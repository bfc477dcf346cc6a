package redact

// gap is within what of that a text is which may stand between two characters of a value without being of it: sequences that
// a terminal doesn't show, such as the colours of what grep has found (ECMA-48), and the line breaks of what was wrapped,
// with the white space that indents the next line, also where they are written as \n.
type gap int

const (
	noGap     gap = iota // none, or it is over
	misread              // it was none
	inEscape             // ESC has come
	inCharset            // and an intermediate byte: what follows names a set of characters
	inControl            // and a bracket: a control sequence
	inReturn             // a carriage return has come
	inSlash              // a backslash has come
	inBreak              // a line has ended
)

const escape = 0x1b

// openers are the bytes that a gap may begin with.
const openers = "\x1b\n\r\\"

func opens(c byte) bool { return c == escape || c == '\n' || c == '\r' || c == '\\' }

// begun is the gap that c begins, where one may; wrapped says whether a line break can be of it, lines whether the value goes on with
// a line feed of its own.
func begun(c byte, wrapped, lines bool) gap {
	switch {
	case c == escape:
		return inEscape
	case c == '\r' && (wrapped || lines):
		return inReturn
	case c == '\n' && wrapped:
		return inBreak
	case c == '\\' && wrapped:
		return inSlash
	}
	return noGap
}

// after is what comes of a gap by its next byte, and whether that is of it; wrapped says whether a line break can be.
func (g gap) after(c byte, wrapped bool) (next gap, of bool) {
	switch g {
	case inEscape:
		return afterEscape(c)
	case inCharset:
		return inSequence(inCharset, c, 0x30)
	case inControl:
		return inSequence(inControl, c, 0x40)
	case inSlash:
		if c == 'n' || c == 'r' {
			return inBreak, true
		}
		return misread, false
	}
	switch {
	case c == escape:
		return inEscape, true
	case c == '\n' && wrapped, g == inBreak && (c == '\r' || c == ' ' || c == '\t'):
		return inBreak, true
	case c == '\\' && g == inBreak:
		return inSlash, true
	}
	return noGap, false
}

// afterEscape is after for what follows an ESC.
func afterEscape(c byte) (next gap, of bool) {
	switch {
	case c == '[':
		return inControl, true
	case c == escape:
		return inEscape, true
	case 0x20 <= c && c <= 0x2f:
		return inCharset, true
	}
	return misread, false
}

// inSequence is after within a sequence that ends with a byte from final on.
func inSequence(g gap, c, final byte) (next gap, of bool) {
	switch {
	case c < 0x20 || c > 0x7e:
		return misread, false
	case c >= final:
		return noGap, true
	}
	return g, true
}

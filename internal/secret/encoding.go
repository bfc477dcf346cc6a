package secret

import "strings"

const (
	leastBase64 = 16 // characters, as the library's decoder has it
	leastHex    = 32
)

// mayDecode reports whether the library's decoder could find anything to decode in text. It errs on the
// side of yes: it takes every percent and Unicode escape for one that decodes, and of a run of base64 or
// hexadecimal looks only at what its beginning decodes to, which has to be printable ASCII.
func mayDecode(text string) bool {
	if hasEscape(text) {
		return true
	}
	for at := 0; at < len(text); at++ {
		end := at
		for end < len(text) && isRun(text[end]) {
			end++
		}
		if end-at >= leastBase64 && runMayDecode(text[at:end]) {
			return true
		}
		at = end
	}
	return false
}

// hasEscape reports whether there is anything like %41, U+0041 or \u0041.
func hasEscape(text string) bool {
	for i := 0; i+2 < len(text); i++ {
		switch c := text[i]; {
		case c == '%' && isHex(text[i+1]) && isHex(text[i+2]),
			c == 'U' && text[i+1] == '+' && isHex(text[i+2]),
			c == '\\' && text[i+1]|0x20 == 'u' && isHex(text[i+2]):
			return true
		}
	}
	return false
}

// runMayDecode judges a whole run of base64's characters. Where a run begins with enough hexadecimal
// digits, the decoder takes these for themselves, and what follows them for another run.
func runMayDecode(run string) bool {
	digits := 0
	for digits < len(run) && isHex(run[digits]) {
		digits++
	}
	if digits < leastHex {
		return len(run) >= leastBase64 && printable(unpackBase64(run[:leastBase64]))
	}
	if digits%2 == 0 && printable(unpackHex(run[:leastHex])) {
		return true
	}
	return runMayDecode(run[digits:])
}

// unpackBase64 decodes a multiple of four characters of either alphabet.
func unpackBase64(s string) []byte {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	var out []byte
	for ; len(s) >= 4; s = s[4:] {
		var bits uint32
		for i := range 4 {
			v := strings.IndexByte(letters, s[i])
			switch s[i] {
			case '+', '-':
				v = 62
			case '/', '_':
				v = 63
			}
			bits = bits<<6 | uint32(v)
		}
		out = append(out, byte(bits>>16), byte(bits>>8), byte(bits))
	}
	return out
}

func unpackHex(s string) []byte {
	const digits = "0123456789abcdef"
	var out []byte
	for ; len(s) >= 2; s = s[2:] {
		out = append(out, byte(strings.IndexByte(digits, s[0]|0x20)<<4|strings.IndexByte(digits, s[1]|0x20))) //nolint:gosec // two digits
	}
	return out
}

// printable reports whether the decoder would take b for text: ASCII from tab to tilde.
func printable(b []byte) bool {
	for _, c := range b {
		if c <= 0x08 || c >= 0x7f {
			return false
		}
	}
	return true
}

// isRun reports whether c is in the run of characters that the decoder takes for base64.
func isRun(c byte) bool { return isWord(c) || c == '/' || c == '+' || c == '-' }

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

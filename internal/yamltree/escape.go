package yamltree

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// The escapes of YAML 1.2, section 5.7, as yaml.v3 has them: each letter of escapeLetters stands for
// the rune of escapeRunes at its place. (It lacks "\/".)
const escapeLetters = "0abt\tnvfre \"'\\N_LP"

var escapeRunes = [...]rune{0, 7, 8, 9, 9, 10, 11, 12, 13, 27, ' ', '"', '\'', '\\', 0x85, 0xA0, 0x2028, 0x2029} //nolint:gochecknoglobals // never changed

// escape accounts for the escape sequence at p and returns the place behind it.
func (f *folder) escape(p int) int {
	if p+1 >= len(f.src) {
		f.failed = true
		return p + 1
	}
	if w := f.breakAt(p + 1); w > 0 {
		return f.fold(p+1, w, true)
	}
	c := f.src[p+1]
	if i := strings.IndexByte(escapeLetters, c); i >= 0 {
		f.emit(p, 2, string(escapeRunes[i]))
		return p + 2
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
	if digits == 0 || p+2+digits > len(f.src) {
		f.failed = true
		return p + 2
	}
	code, err := strconv.ParseUint(string(f.src[p+2:p+2+digits]), 16, 32)
	if err != nil || code > utf8.MaxRune {
		f.failed = true
	} else {
		f.emit(p, 2+digits, string(rune(code)))
	}
	return p + 2 + digits
}

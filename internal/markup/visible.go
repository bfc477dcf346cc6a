package markup

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxField is how many code points of one outside string are shown; a workflow's name may be as
// long as its file.
const MaxField = 1000

// Visible writes every code point of s that has no shape of its own as an escape: `\n`, `\x1b`,
// `\u202e`, and `\xff` for a byte that isn't UTF-8. What is longer than MaxField is cut and ends in "…".
func Visible(s string) string {
	s = Clip(s, MaxField)
	if Plain(s) {
		return s
	}
	var b strings.Builder
	hashes := 0
	for s != "" {
		r, size := utf8.DecodeRuneInString(s)
		b.WriteString(Glyph(s[:size], hashes))
		hashes = Hashes(hashes, r)
		s = s[size:]
	}
	return b.String()
}

// Glyph is the visible form of one code point, given as its bytes. hashes is how many '#' stand right
// before it: the runner takes "##[name]" anywhere in a line for a command (actions/runner,
// ActionCommand.TryParse), so that bracket is escaped.
func Glyph(point string, hashes int) string {
	r, size := utf8.DecodeRuneInString(point)
	switch {
	case r == utf8.RuneError && size == 1:
		return fmt.Sprintf(`\x%02x`, point[0])
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r == '[' && hashes >= 2:
		return `\x5b`
	case !Invisible(r):
		return point
	case r < 0x80:
		return fmt.Sprintf(`\x%02x`, r)
	case r < 0x10000:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}

// Hashes is how many '#' stand right before what follows r, where before stood before it.
func Hashes(before int, r rune) int {
	if r == '#' {
		return before + 1
	}
	return 0
}

// Invisible reports whether r draws nothing or changes how its neighbours are drawn: controls, bidi
// overrides, tags, fillers, private and unassigned code points, spaces other than the ASCII one. The
// two variation selectors that choose between text and emoji are let through.
func Invisible(r rune) bool {
	switch {
	case r == 0xFE0E || r == 0xFE0F:
		return false
	case !unicode.IsPrint(r):
		return true
	}
	return unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) || unicode.Is(unicode.Variation_Selector, r)
}

// Plain reports whether s is printable ASCII without anything that Glyph would touch.
func Plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return !strings.Contains(s, "##[")
}

// Clip cuts s to n code points, the last of which is then "…".
func Clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	points, cut := 0, 0
	for i := range s {
		switch points {
		case n - 1:
			cut = i
		case n:
			return s[:cut] + "…"
		}
		points++
	}
	return s
}

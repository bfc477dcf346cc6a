package report

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxField is how many code points of one outside string a report shows; a workflow's name may be as
// long as its file.
const maxField = 1000

// visible writes every code point of s that has no shape of its own as an escape: `\n`, `\x1b`,
// `\u202e`, and `\xff` for a byte that isn't UTF-8. What is longer than maxField is cut and ends in "…".
func visible(s string) string {
	s = clip(s, maxField)
	if isPlain(s) {
		return s
	}
	var b strings.Builder
	hashes := 0
	for s != "" {
		r, size := utf8.DecodeRuneInString(s)
		b.WriteString(glyph(s[:size], hashes))
		hashes = countHashes(hashes, r)
		s = s[size:]
	}
	return b.String()
}

// glyph is the visible form of one code point, given as its bytes. hashes is how many '#' stand right
// before it: the runner takes "##[name]" anywhere in a line for a command (actions/runner,
// ActionCommand.TryParse), so that bracket is escaped.
func glyph(point string, hashes int) string {
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
	case !invisible(r):
		return point
	case r < 0x80:
		return fmt.Sprintf(`\x%02x`, r)
	case r < 0x10000:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}

func countHashes(before int, r rune) int {
	if r == '#' {
		return before + 1
	}
	return 0
}

// invisible reports whether r draws nothing or changes how its neighbours are drawn: controls, bidi
// overrides, tags, fillers, private and unassigned code points, spaces other than the ASCII one. The
// two variation selectors that choose between text and emoji are let through.
func invisible(r rune) bool {
	switch {
	case r == 0xFE0E || r == 0xFE0F:
		return false
	case !unicode.IsPrint(r):
		return true
	}
	return unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) || unicode.Is(unicode.Variation_Selector, r)
}

// isPlain reports whether s is printable ASCII without anything that glyph would touch.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return !strings.Contains(s, "##[")
}

// clip cuts s to n code points, the last of which is then "…".
func clip(s string, n int) string {
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

// escapePath percent-encodes a path for a URI, byte by byte, all but RFC 3986's unreserved characters
// and the slash, so that no first segment looks like a scheme and no Markdown link ends early.
func escapePath(path string) string {
	var b strings.Builder
	for i := range len(path) {
		c := path[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~/", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// isWebURL reports whether s is an http or https URL that can stand in a report as it is.
func isWebURL(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return false
	}
	return isPlain(s) && !strings.ContainsAny(s, " <>()[]\"'`\\|")
}

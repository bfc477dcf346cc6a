package cli

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// printable escapes what could move a terminal's cursor, reorder text or forge a line of a log: control
// characters but newline and tab, Unicode's own line breaks, bidirectional overrides, and bytes that are no UTF-8.
func printable(s string) string {
	s = disarm(s)
	if strings.IndexFunc(s, unprintable) < 0 {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && s[i] != "\uFFFD"[0]:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unprintable(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// disarm escapes what the runner of a job takes for a command wherever it stands in a line, in a way that
// JSON reads as well (actions/runner, ActionCommand.cs).
func disarm(s string) string { return strings.ReplaceAll(s, "##[", `##\u005b`) }

// printableLines is printable for what may have several lines, of which each may be somebody else's: none begins with what the
// runner of a job takes for a command there (::error::…), white space before it aside.
func printableLines(s string) string {
	lines := strings.SplitAfter(printable(s), "\n")
	for i, line := range lines {
		begin := strings.TrimLeftFunc(line, unicode.IsSpace)
		if rest, ok := strings.CutPrefix(begin, "::"); ok {
			lines[i] = line[:len(line)-len(begin)] + `:\u003a` + rest
		}
	}
	return strings.Join(lines, "")
}

// printableLine is printable for what must stay one line: what a file says can't begin a line, which the
// runner of a job might take for a command (::error::…).
func printableLine(s string) string { return strings.ReplaceAll(printable(s), "\n", `\n`) }

func unprintable(r rune) bool {
	return r == utf8.RuneError || r == '\u2028' || r == '\u2029' ||
		r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r))
}

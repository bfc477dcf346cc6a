package report

import "strings"

// markup makes s plain text in GitHub's Markdown, also in a table's cell: what visible shows, with
// punctuation that could start markup, HTML, mathematics or an entity behind a backslash. Mentions are
// broken by a zero-width space, and links that GitHub makes of bare URLs by a backslash.
func markup(s string) string {
	s = visible(s)
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; c {
		case '\\', '`', '*', '_', '[', ']', '<', '>', '|', '~', '$', '#', '!', '&':
			b.WriteByte('\\')
			b.WriteByte(c)
		case '@':
			b.WriteString("@&#8203;")
		case ':':
			if strings.HasPrefix(s[i:], "://") {
				b.WriteByte('\\')
			}
			b.WriteByte(c)
		case '.':
			if i >= 3 && strings.EqualFold(s[i-3:i], "www") {
				b.WriteByte('\\')
			}
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

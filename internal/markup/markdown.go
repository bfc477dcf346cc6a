package markup

import "strings"

// zeroWidth is a space that isn't seen. GitHub looks for mentions and references after it has rendered the
// Markdown, when backslashes are gone already: only another character in between breaks them.
const zeroWidth = "&#8203;"

// Text makes s plain text in GitHub's Markdown, also in a table's cell: what Visible shows, with
// punctuation that could start markup, HTML, mathematics or an entity behind a backslash. Mentions and
// references to issues are broken by a zero-width space, and links that GitHub makes of bare URLs by a
// backslash. Ids of commits are left as they are: a link to one leads to this repository.
func Text(s string) string {
	s = Visible(s)
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; c {
		case '\\', '`', '*', '_', '[', ']', '<', '>', '|', '~', '$', '!', '&':
			b.WriteByte('\\')
			b.WriteByte(c)
		case '#':
			b.WriteString(`\#`)
			if digit(s, i+1) {
				b.WriteString(zeroWidth)
			}
		case '-': // as in GH-1
			b.WriteByte(c)
			if i >= 2 && strings.EqualFold(s[i-2:i], "GH") && digit(s, i+1) {
				b.WriteString(zeroWidth)
			}
		case '@':
			b.WriteString("@" + zeroWidth)
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

// digit reports whether s has a digit at i.
func digit(s string, i int) bool { return i < len(s) && '0' <= s[i] && s[i] <= '9' }

package ticket

import (
	"regexp"
	"strings"
)

// Wiki renders d in the wiki markup of Jira Data Center:
// https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all.
func (d Document) Wiki() string {
	var b strings.Builder
	for i, block := range d {
		if i > 0 {
			b.WriteString("\n")
		}
		switch block.Kind {
		case Heading:
			b.WriteString("h2. " + wikiSpans(block.Spans) + "\n")
		case Paragraph:
			b.WriteString(wikiCalm(wikiSpans(block.Spans)) + "\n")
		case List:
			for _, item := range block.Items {
				b.WriteString("# " + wikiSpans(item) + "\n")
			}
		case Table:
			b.WriteString("||" + strings.Join(block.Head, "||") + "||\n")
			for _, row := range block.Rows {
				for _, cell := range row {
					b.WriteString("|" + wikiSpans(cell) + " ")
				}
				b.WriteString("|\n")
			}
		case Memorandum:
			b.WriteString("{noformat}" + block.Word + "{noformat}\n")
		}
	}
	return b.String()
}

// wikiSpans shows code as text: what {{…}} holds is markup all the same.
func wikiSpans(spans []Span) string {
	var b strings.Builder
	for _, s := range spans {
		switch s.kind {
		case linkSpan:
			b.WriteString("[" + s.text + "]")
		case textSpan, codeSpan, handleSpan:
			b.WriteString(wikiText(s.text))
		}
	}
	return b.String()
}

// wikiText puts a backslash before all that could be markup, and breaks what would become a link by itself.
func wikiText(s string) string {
	var b strings.Builder
	s = unlink(s)
	for i := range len(s) {
		if strings.IndexByte(`\{}[]*_-+^~!|?#&<>%`, s[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// wikiBegins is what means something at the beginning of a line alone.
var wikiBegins = regexp.MustCompile(`^(?:h[1-6]|bq)\.`)

func wikiCalm(line string) string {
	if wikiBegins.MatchString(line) {
		return gap + line
	}
	return line
}

package ticket

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/curfew-ci/curfew/internal/markup"
)

// Markdown renders d for GitHub: https://github.github.com/gfm/.
func (d Document) Markdown() string {
	var b strings.Builder
	for i, block := range d {
		if i > 0 {
			b.WriteString("\n")
		}
		switch block.Kind {
		case Heading:
			b.WriteString("## " + markdownSpans(block.Spans) + "\n")
		case Paragraph:
			b.WriteString(calm(markdownSpans(block.Spans)) + "\n")
		case List:
			for n, item := range block.Items {
				b.WriteString(strconv.Itoa(n+1) + ". " + calm(markdownSpans(item)) + "\n")
			}
		case Table:
			b.WriteString("| " + strings.Join(block.Head, " | ") + " |\n" + strings.Repeat("| --- ", len(block.Head)) + "|\n")
			for _, row := range block.Rows {
				for _, cell := range row {
					b.WriteString("| " + markdownSpans(cell) + " ")
				}
				b.WriteString("|\n")
			}
		case Memorandum:
			b.WriteString("```text\n" + block.Word + "\n```\n")
		}
	}
	return b.String()
}

func markdownSpans(spans []Span) string {
	var b strings.Builder
	for _, s := range spans {
		switch s.kind {
		case linkSpan:
			b.WriteString("<" + s.text + ">")
		case handleSpan:
			b.WriteString(s.text)
		case codeSpan:
			b.WriteString(markdownCode(s.text))
		case textSpan:
			b.WriteString(unlinked(markup.Text(s.text)))
		}
	}
	return b.String()
}

// markdownCode shows s as code, unless it holds what ends that, or a table's cell.
func markdownCode(s string) string {
	if s == "" || strings.ContainsAny(s, "`|\\") {
		return unlinked(markup.Text(s))
	}
	return "`" + s + "`"
}

// linked is what GitHub makes references of in text, behind backslashes too: issues, and commits by their ids
// (https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls).
// The entity that Markup writes isn't one of them.
var linked = regexp.MustCompile(`&#8203;|#\d|(?i:GH-)\d|[0-9a-fA-F]{7}|(?i:mailto:|xmpp:)`)

// unlinked breaks references by a zero-width space.
func unlinked(markup string) string {
	const gap = "&#8203;"
	return linked.ReplaceAllStringFunc(markup, func(m string) string {
		if m == gap {
			return m
		}
		return m[:len(m)-1] + gap + m[len(m)-1:]
	})
}

// calm keeps a line from beginning a list, a heading or a rule.
func calm(line string) string {
	if line != "" && strings.ContainsRune("-+=0123456789 \t", rune(line[0])) {
		return "&#8203;" + line
	}
	return line
}

package ticket

import (
	"strconv"
	"strings"
)

// PlainText renders d for ServiceNow, whose fields hold text. In its journals [code] begins HTML
// (https://www.servicenow.com/docs/, "Use HTML in journal fields"): that is broken.
func (d Document) PlainText() string {
	var b strings.Builder
	for i, block := range d {
		if i > 0 {
			b.WriteString("\n")
		}
		switch block.Kind {
		case Heading:
			b.WriteString(strings.ToUpper(plainSpans(block.Spans)) + "\n")
		case Paragraph:
			b.WriteString(plainSpans(block.Spans) + "\n")
		case List:
			for n, item := range block.Items {
				b.WriteString(strconv.Itoa(n+1) + ". " + plainSpans(item) + "\n")
			}
		case Table:
			for _, row := range block.Rows {
				cells := make([]string, len(row))
				for n, cell := range row {
					cells[n] = plainSpans(cell)
				}
				b.WriteString("- " + strings.Join(cells, " / ") + "\n")
			}
		case Memorandum:
			b.WriteString(block.Word + "\n")
		}
	}
	return b.String()
}

func plainSpans(spans []Span) string {
	var b strings.Builder
	for _, s := range spans {
		if s.kind == linkSpan {
			b.WriteString(s.text)
			continue
		}
		text := unlink(s.text)
		b.WriteString(strings.NewReplacer("[", "["+gap, "<", "<"+gap).Replace(text))
	}
	return b.String()
}

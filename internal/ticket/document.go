package ticket

import (
	"regexp"
	"strings"

	"github.com/curfew-ci/curfew/internal/markup"
)

// Document is a ticket's text in a form of no tracker's: Markdown, ADF, Wiki and PlainText render it.
type Document []Block

// BlockKind says what a Block is.
type BlockKind int

// The kinds.
const (
	Paragraph  BlockKind = iota // Spans
	Heading                     // Spans
	List                        // Items, numbered
	Table                       // Head and Rows
	Memorandum                  // Memo
)

// Block is one piece of a Document.
type Block struct {
	Kind  BlockKind
	Spans []Span
	Items [][]Span
	Head  []string
	Rows  [][][]Span // cells of spans
	Word  string     // of a memo
}

// SpanKind says what a Span is.
type SpanKind int

// The kinds. Nothing but the first may hold what a repository says, and it has been made inert by Text or Code.
const (
	textSpan SpanKind = iota
	codeSpan
	linkSpan   // of ours
	handleSpan // a mention that is meant
)

// Span is a run of text. Its zero is empty.
type Span struct {
	kind SpanKind
	text string
}

const (
	maxText  = 300 // characters of one text of the repository's
	maxTitle = 140
)

// Text is text of anybody's: one line in which nothing hides.
func Text(s string) Span { return Span{textSpan, tame(s)} }

// Code is Text that is shown as code.
func Code(s string) Span { return Span{codeSpan, tame(s)} }

// Plain is text of ours.
func Plain(s string) Span { return Span{textSpan, s} }

// link is a link of ours.
func link(url string) Span { return Span{linkSpan, url} }

// Handle mentions who the manifest says must hear of it; what has not the form of a handle is text.
func Handle(s string) Span {
	if !handleForm.MatchString(s) {
		return Text(s)
	}
	return Span{handleSpan, s}
}

// Para is a paragraph.
func Para(spans ...Span) Block { return Block{Kind: Paragraph, Spans: spans} }

func head(title string) Block { return Block{Kind: Heading, Spans: []Span{Plain(title)}} }

// tame makes s one line, no longer than maxText, in which nothing hides or passes for a memo.
func tame(s string) string {
	s = markup.Visible(markup.Clip(strings.TrimSpace(s), maxText))
	return strings.ReplaceAll(s, memoMark, "curfew:1 :")
}

// gap draws nothing and breaks what is no word any more with it: mentions, links, references.
const gap = "\u200b"

// references are what trackers and mail programs make links of: mentions, URLs, issues, commits, Jira's keys are
// left, as curfew writes of none.
var references = regexp.MustCompile(`@|://|(?i:www\.)|(?i:mailto:)|#\d|(?i:GH-)\d`)

// Inert is s as a line of plain text of at most n characters that nothing makes a link or a mention of.
func Inert(s string, n int) string { return markup.Clip(unlink(tame(s)), n) }

// unlink breaks what becomes a link or a mention by itself.
func unlink(s string) string {
	return references.ReplaceAllStringFunc(s, func(m string) string { return m[:1] + gap + m[1:] })
}

// rows is how many rows the document's largest table has.
func (d Document) rows() int {
	n := 0
	for _, b := range d {
		n = max(n, len(b.Rows))
	}
	return n
}

// cut is d with at most n rows in each table, and how many are left out.
func (d Document) cut(n int) Document {
	out := make(Document, 0, len(d)+1)
	for _, b := range d {
		left := len(b.Rows) - n
		if left <= 0 {
			out = append(out, b)
			continue
		}
		b.Rows = b.Rows[:n]
		out = append(out, b, Para(Plain(count(left, "more is", "more are")+" in the scan's result.")))
	}
	return out
}

// Fit renders d in at most limit bytes, with as many rows in its tables as that allows. Where no rows are too many,
// it is the memo alone, which is always shorter than any tracker's limit.
func (d Document) Fit(limit int, render func(Document) string) string {
	for n := min(d.rows(), maxRows); n > 0; n /= 2 {
		if s := render(d.cut(n)); len(s) <= limit {
			return s
		}
	}
	if s := render(d.cut(0)); len(s) <= limit {
		return s
	}
	return render(d[len(d)-1:])
}

const maxRows = 50

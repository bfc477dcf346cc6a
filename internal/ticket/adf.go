package ticket

import "encoding/json"

// node is one of Atlassian's Document Format, version 1:
// https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/. A text node is text: nothing in it is
// markup, and mentions and links are nodes or marks of their own.
type node struct {
	Type    string         `json:"type"`
	Version int            `json:"version,omitempty"`
	Attrs   map[string]any `json:"attrs,omitempty"`
	Text    string         `json:"text,omitempty"`
	Marks   []node         `json:"marks,omitempty"`
	Content []node         `json:"content,omitempty"`
}

// ADF renders d for Jira Cloud, as JSON.
func (d Document) ADF() string {
	doc := node{Type: "doc", Version: 1}
	for _, block := range d {
		doc.Content = append(doc.Content, block.adf())
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return "" // strings and numbers: can't be
	}
	return string(text)
}

func (b Block) adf() node {
	switch b.Kind {
	case Heading:
		return node{Type: "heading", Attrs: map[string]any{"level": 2}, Content: adfSpans(b.Spans)}
	case List:
		list := node{Type: "orderedList"}
		for _, item := range b.Items {
			list.Content = append(list.Content, node{Type: "listItem", Content: []node{{Type: "paragraph", Content: adfSpans(item)}}})
		}
		return list
	case Table:
		return b.adfTable()
	case Memorandum:
		return node{Type: "codeBlock", Content: []node{{Type: "text", Text: b.Word}}}
	case Paragraph:
	}
	return node{Type: "paragraph", Content: adfSpans(b.Spans)}
}

func (b Block) adfTable() node {
	row := node{Type: "tableRow"}
	for _, h := range b.Head {
		row.Content = append(row.Content, node{Type: "tableHeader", Content: []node{{Type: "paragraph", Content: adfSpans([]Span{Plain(h)})}}})
	}
	table := node{Type: "table", Content: []node{row}}
	for _, cells := range b.Rows {
		row := node{Type: "tableRow"}
		for _, cell := range cells {
			row.Content = append(row.Content, node{Type: "tableCell", Content: []node{{Type: "paragraph", Content: adfSpans(cell)}}})
		}
		table.Content = append(table.Content, row)
	}
	return table
}

// adfSpans leaves empty text out: Jira refuses a text node without text.
func adfSpans(spans []Span) []node {
	var out []node
	for _, s := range spans {
		n := node{Type: "text", Text: s.text}
		switch s.kind {
		case linkSpan:
			n.Marks = []node{{Type: "link", Attrs: map[string]any{"href": s.text}}}
		case codeSpan:
			n.Marks = []node{{Type: "code"}}
		case textSpan, handleSpan: // a handle of GitHub's means nobody here
		}
		if s.text != "" {
			out = append(out, n)
		}
	}
	return out
}

// TextOfADF is all text of a document in Atlassian's format, one text node a line.
func TextOfADF(doc json.RawMessage) string {
	var root node
	if json.Unmarshal(doc, &root) != nil {
		return ""
	}
	var out []byte
	var walk func(n *node, depth int)
	walk = func(n *node, depth int) {
		const deepest = 64
		if n.Text != "" {
			out = append(append(out, n.Text...), '\n')
		}
		for i := range n.Content {
			if depth < deepest {
				walk(&n.Content[i], depth+1)
			}
		}
	}
	walk(&root, 0)
	return string(out)
}

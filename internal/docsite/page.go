package main

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// page is one page of the site.
type page struct {
	name     string // its Markdown file
	title    string
	body     template.HTML
	sections []section
}

// section is a heading of the second level.
type section struct{ ID, Title string }

// read makes a page of a Markdown file.
func (s *site) read(name string) (*page, error) {
	src, err := fs.ReadFile(s.root, name)
	if err != nil {
		return nil, err
	}
	md := goldmark.New(goldmark.WithExtensions(extension.Table), goldmark.WithParserOptions(parser.WithAutoHeadingID()))
	doc := md.Parser().Parse(text.NewReader(src), parser.WithContext(parser.NewContext(parser.WithIDs(&ids{}))))
	p := &page{name: name}
	if err := ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		return ast.WalkContinue, p.node(s, n, src)
	}); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for n := doc.FirstChild(); n != nil; {
		next := n.NextSibling()
		if n.Kind() == ast.KindHTMLBlock { // a comment: node refuses all else
			doc.RemoveChild(doc, n)
		}
		n = next
	}
	var b bytes.Buffer
	if err := md.Renderer().Render(&b, src, doc); err != nil {
		return nil, err
	}
	if p.title == "" {
		return nil, fmt.Errorf("%s has no heading of the first level", name)
	}
	p.body = template.HTML(accessible(b.String())) //nolint:gosec // goldmark escapes text, and raw HTML is refused
	return p, nil
}

// accessible mends what goldmark writes: what scrolls, a block or a table that is wider than a phone, can be reached by the
// keyboard, and a table's empty headings, which Markdown can't leave out, are no headings. Text can't look like these, since it is
// escaped.
func accessible(html string) string {
	html = strings.ReplaceAll(html, "<pre><code", `<pre tabindex="0"><code`)
	html = strings.ReplaceAll(strings.ReplaceAll(html, "<table>", `<div class="wide" tabindex="0"><table>`), "</table>", "</table></div>")
	html = regexp.MustCompile(`<thead>\n<tr>\n(?:<th></th>\n)+</tr>\n</thead>\n`).ReplaceAllString(html, "")
	return strings.ReplaceAll(html, "<th></th>", "<td></td>")
}

// node takes from a node what the site needs of it, and leads its link to where that is in the site.
func (p *page) node(s *site, n ast.Node, src []byte) error {
	switch n := n.(type) {
	case *ast.HTMLBlock:
		if text := strings.TrimSpace(string(n.Lines().Value(src))); !strings.HasPrefix(text, "<!--") || n.Parent().Kind() != ast.KindDocument {
			return fmt.Errorf("HTML in a page isn't shown, but for comments: %.40s", text)
		}
	case *ast.RawHTML:
		return fmt.Errorf("HTML in a page isn't shown: %s", n.Segments.Value(src))
	case *ast.Image:
		return fmt.Errorf("an image: %s", n.Destination)
	case *ast.Link:
		to, err := s.link(p.name, string(n.Destination))
		if err != nil {
			return err
		}
		n.Destination = []byte(to)
	case *ast.Heading:
		p.heading(n, src)
	}
	return nil
}

func (p *page) heading(n *ast.Heading, src []byte) {
	title := plain(n, src)
	switch id, _ := n.AttributeString("id"); {
	case n.Level == 1:
		p.title = title
	case n.Level == 2:
		if id, ok := id.([]byte); ok {
			p.sections = append(p.sections, section{string(id), title})
		}
	}
}

// plain is a node's text.
func plain(n ast.Node, src []byte) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			b.Write(t.Segment.Value(src))
			continue
		}
		b.WriteString(plain(c, src))
	}
	return b.String()
}

// ids names headings as GitHub does, so that a link with an anchor leads to the same place there and here.
type ids struct{ taken map[string]int }

// Generate makes the name of a heading's text.
func (i *ids) Generate(value []byte, _ ast.NodeKind) []byte {
	name := regexp.MustCompile(`[^\p{L}\p{N}_ -]`).ReplaceAllString(strings.ToLower(strings.TrimSpace(string(value))), "")
	name = strings.ReplaceAll(name, " ", "-")
	if i.taken == nil {
		i.taken = map[string]int{}
	}
	n := i.taken[name]
	i.taken[name]++
	if n > 0 {
		name = fmt.Sprintf("%s-%d", name, n)
	}
	return []byte(name)
}

// Put notes a name that a heading chose itself, which none does here.
func (i *ids) Put([]byte) {}

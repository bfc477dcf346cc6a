package main

import (
	"bytes"
	_ "embed" // the layout and the style
	"html/template"
	"strings"
)

//go:embed layout.html
var layout string

//go:embed style.css
var style string

// entry is a page in the navigation or the contents.
type entry struct {
	Title, Href string
	Here        bool
	Sections    []section
}

// menu is a group of them.
type menu struct {
	Title   string
	Entries []entry
}

// view is what the layout shows.
type view struct {
	Title    string
	Style    template.CSS
	Home     string
	Contents string
	Menus    []menu
	Body     template.HTML
	Index    []menu // of the contents alone
}

// contents is the page that lists all pages with their sections.
const contents = "contents.html"

// render makes the site's files of its pages.
func (s *site) render() (map[string][]byte, error) {
	t, err := template.New("layout").Parse(layout)
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	add := func(to string, v view) error {
		v.Style = template.CSS(style) //nolint:gosec // our own
		v.Home, v.Contents = relative(to, "index.html"), relative(to, contents)
		v.Menus = s.menus(to)
		var b bytes.Buffer
		err := t.Execute(&b, v)
		out[to] = b.Bytes()
		return err
	}
	for _, p := range s.pages {
		if err := add(address(p.name), view{Title: p.title, Body: p.body}); err != nil {
			return nil, err
		}
	}
	if err := add(contents, view{Title: "Contents", Index: s.index()}); err != nil {
		return nil, err
	}
	return out, s.copy(out)
}

// menus is the navigation of the page at an address.
func (s *site) menus(at string) []menu {
	var out []menu
	for _, g := range groups() {
		m := menu{Title: g.title}
		for _, name := range g.pages {
			m.Entries = append(m.Entries, entry{Title: s.page(name).title, Href: relative(at, address(name)), Here: at == address(name)})
		}
		out = append(out, m)
	}
	return out
}

// index is the contents: the navigation with the sections of each page, and the rules.
func (s *site) index() []menu {
	out := s.menus(contents)
	for i, g := range groups() {
		for j, name := range g.pages {
			out[i].Entries[j].Sections = s.page(name).sections
		}
	}
	rules := menu{Title: "Rules"}
	for _, p := range s.pages {
		if strings.HasPrefix(p.name, "docs/rules/") {
			rules.Entries = append(rules.Entries, entry{Title: p.title, Href: address(p.name)})
		}
	}
	return append(out, rules)
}

func (s *site) page(name string) *page {
	for _, p := range s.pages {
		if p.name == name {
			return p
		}
	}
	return &page{name: name, title: name}
}

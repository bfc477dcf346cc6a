package main

import (
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// built is the site of this project.
func built(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := build(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

var (
	href = regexp.MustCompile(` href="([^"]*)"`)
	id   = regexp.MustCompile(` id="([^"]*)"`)
)

// TestLinks follows every link of the site, with its anchor, and comes from the first page to all others.
func TestLinks(t *testing.T) {
	files := built(t)
	reached := map[string]bool{"index.html": true}
	for queue := []string{"index.html"}; len(queue) > 0; queue = queue[1:] {
		from := queue[0]
		for _, m := range href.FindAllSubmatch(files[from], -1) {
			target := string(m[1])
			if strings.HasPrefix(target, "https://") || target == "data:," {
				continue
			}
			name, anchor, anchored := strings.Cut(target, "#")
			to := from
			if name != "" {
				to = path.Join(path.Dir(from), name)
			}
			content, ok := files[to]
			switch {
			case !ok:
				t.Errorf("%s links to %s, which isn't there", from, target)
			case anchored && !strings.Contains(string(content), ` id="`+anchor+`"`):
				t.Errorf("%s links to %s: no such heading", from, target)
			case !reached[to] && strings.HasSuffix(to, ".html"):
				queue = append(queue, to)
			}
			reached[to] = true
		}
	}
	for name := range files {
		if !reached[name] {
			t.Errorf("nothing leads to %s", name)
		}
	}
	if len(reached) < 60 {
		t.Errorf("only %d files", len(reached))
	}
}

// TestSelfContained: a page fetches nothing, runs nothing, and can be used without a mouse.
func TestSelfContained(t *testing.T) {
	for name, content := range built(t) {
		if !strings.HasSuffix(name, ".html") {
			continue
		}
		page := string(content)
		for _, no := range []string{" src=", "<script", "@import", "url(", "<iframe", "javascript:", "<!-- ", "raw HTML omitted", "<th></th>", "<pre><code", "\n<table>"} {
			if strings.Contains(page, no) {
				t.Errorf("%s has %q", name, no)
			}
		}
		for _, link := range regexp.MustCompile("<link [^>]*>").FindAllString(page, -1) {
			if !strings.Contains(link, `href="data:,"`) {
				t.Errorf("%s fetches %s", name, link)
			}
		}
		for _, yes := range []string{`<html lang="en">`, `default-src 'none'`, `<a class="skip" href="#main">`, `<main id="main"`, "<title>", "prefers-color-scheme: dark", ":focus-visible"} {
			if strings.Count(page, yes) != 1 {
				t.Errorf("%s has %q %d times", name, yes, strings.Count(page, yes))
			}
		}
		if n := strings.Count(page, "<h1"); n != 1 {
			t.Errorf("%s has %d headings of the first level", name, n)
		}
		ids := map[string]bool{}
		for _, m := range id.FindAllStringSubmatch(page, -1) {
			if ids[m[1]] {
				t.Errorf("%s has the id %q twice", name, m[1])
			}
			ids[m[1]] = true
		}
	}
}

// TestSame: the same pages make the same bytes.
func TestSame(t *testing.T) {
	one, other := built(t), built(t)
	if !maps.EqualFunc(one, other, func(a, b []byte) bool { return slices.Equal(a, b) }) {
		t.Error("two sites of the same pages differ")
	}
}

// sample is a project with every page that the navigation lists, and one of them said by the test.
func sample(name, src string) fstest.MapFS {
	root := fstest.MapFS{"docs/rules/a.md": {Data: []byte("# a\n")}, "LICENSE": {Data: []byte("free")}, "rules/a.yml": {Data: []byte("a: b\n")}}
	for _, g := range groups() {
		for _, page := range g.pages {
			root[page] = &fstest.MapFile{Data: []byte("# " + page + "\n\n## A part\n")}
		}
	}
	root[name] = &fstest.MapFile{Data: []byte(src)}
	return root
}

func TestRefused(t *testing.T) {
	for what, tt := range map[string]struct{ name, src, want string }{
		"a page in no group": {"docs/new.md", "# New\n", "docs/new.md is in no group of the navigation"},
		"HTML":               {"docs/cli.md", "# X\n\n<table></table>\n", "HTML in a page isn't shown"},
		"HTML in a line":     {"docs/cli.md", "# X\n\na <b>b</b>\n", "HTML in a page isn't shown: <b>"},
		"a script":           {"docs/cli.md", "# X\n\n<script>alert(1)</script>\n", "HTML in a page isn't shown"},
		"after a comment":    {"docs/cli.md", "# X\n\n> <!-- a -->\n> <b>b</b>\n", "HTML in a page isn't shown"},
		"an image":           {"docs/cli.md", "# X\n\n![a](https://evil.example/a.png)\n", "an image"},
		"a dead link":        {"docs/cli.md", "# X\n\n[a](nowhere.md)\n", "docs/cli.md links to nowhere.md"},
		"no title":           {"docs/cli.md", "text\n", "docs/cli.md has no heading"},
	} {
		if _, err := build(sample(tt.name, tt.src)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", what, err, tt.want)
		}
	}
}

func TestPage(t *testing.T) {
	files, err := build(sample("docs/cli.md", "# The `x` & y\n\n<!-- test: exit 0 -->\n```sh\na < b\n```\n\n## A part\n\n## A part\n\n"+
		"[up](../README.md#a-part) [beside](trust.md) [a file](../LICENSE) [a folder](../rules) [out](https://a.example/x)\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(files["docs/cli.html"])
	for _, want := range []string{
		"<title>The x &amp; y · curfew</title>", `<code class="language-sh">a &lt; b`, `<h2 id="a-part">`, `<h2 id="a-part-1">`,
		`<a href="../index.html#a-part">up</a>`, `<a href="../docs/trust.html">beside</a>`, `<a href="../LICENSE">a file</a>`,
		`<a href="https://github.com/curfew-ci/curfew/tree/main/rules">a folder</a>`, `<a href="https://a.example/x">out</a>`, "<td>1</td>",
		`<a href="../docs/cli.html" aria-current="page">The x &amp; y</a>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if string(files["LICENSE"]) != "free" || files["rules/a.yml"] != nil {
		t.Error("files that are linked to are copied, and no others")
	}
	if !strings.Contains(string(files[contents]), `<a href="docs/cli.html#a-part-1">A part</a>`) {
		t.Error("the contents lack a section")
	}
}

package markup

import (
	"regexp"
	"strings"
	"testing"
)

func TestVisible(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"plain text: ${{ secrets.X }}", "plain text: ${{ secrets.X }}"},
		{"a\nb\r\tc\x00\x1b\x7f", `a\nb\r\tc\x00\x1b\x7f`},
		{"\u202eabc\u2066 \u200b\ufeff\u00a0", `\u202eabc\u2066 \u200b\ufeff\u00a0`},
		{"\U000e0041\U000e0101\u3164\ue000", `\U000e0041\U000e0101\u3164\ue000`},
		{"\xff\xe2\x82 \ufffd", `\xff\xe2\x82 ` + "\ufffd"},
		{"é 漢字 🚀 ⚠\ufe0f e\u0301", "é 漢字 🚀 ⚠\ufe0f e\u0301"},
		{"##[x] ###[y] #[z] ## [", `##\x5bx] ###\x5by] #[z] ## [`},
		{strings.Repeat("x", MaxField), strings.Repeat("x", MaxField)},
		{strings.Repeat("x", MaxField+1), strings.Repeat("x", MaxField-1) + "…"},
		{strings.Repeat("é", MaxField+1), strings.Repeat("é", MaxField-1) + "…"},
	} {
		if got := Visible(c.in); got != c.want {
			t.Errorf("Visible(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

// pieces are what hostile texts are made of.
func pieces() []string {
	return []string{
		"@anna", "@acme/web", "#1", "acme/shop#12", "GH-3", "gh-4", "https://evil.example", "http://x", "HTTPS://X.example", "www.evil.example",
		"WWW.x.example", "[a](https://x)", "![a](x)", "[a]: x", "<img src=x>", "<!--", "-->", "&lt;", "&#64;anna", "`x`", "``", "*x*", "_x_",
		"~~x~~", "$x$", "|", "\\", "\n", "\r\n", "\n\n# x", "\x1b[31m", "\u202e", "\u200b", "##[error]", "::error::", "\xff", "\x00", "a@b.example",
	}
}

func TestText(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"plain text", "plain text"},
		{"@anna", "@&#8203;anna"},
		{"acme/shop#12", `acme/shop\#&#8203;12`},
		{"# x", `\# x`},
		{"GH-3 gh-4 GH-x", "GH-&#8203;3 gh-&#8203;4 GH-x"},
		{"[a](https://x)", `\[a\](https\://x)`},
		{"a|b\nc", `a\|b\\nc`},
		{"<b>&lt;", `\<b\>\&lt;`},
		{strings.Repeat("@", 100_000), strings.Repeat("@&#8203;", MaxField-1) + "…"},
	} {
		if got := Text(c.in); got != c.want {
			t.Errorf("Text(%.40q) = %.80q, want %.80q", c.in, got, c.want)
		}
	}
	for _, a := range pieces() {
		for _, b := range pieces() {
			for _, c := range []string{"", "x", " "} {
				checkText(t, a+c+b)
			}
		}
	}
}

// FuzzText holds that no text starts anything in Markdown.
func FuzzText(f *testing.F) {
	for _, p := range pieces() {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, s string) { checkText(t, s) })
}

var (
	escaped = regexp.MustCompile(`\\[!-/:-@\[-\x60{-~]`)
	links   = regexp.MustCompile(`(?i)://|www\.|@[a-z0-9]|#[0-9]|\bGH-[0-9]`)
)

// checkText holds that what isn't escaped starts nothing, and that what GitHub looks for in the rendered
// text isn't there.
func checkText(t *testing.T, s string) {
	t.Helper()
	out := strings.ReplaceAll(Text(s), zeroWidth, "\u200b")
	bare := escaped.ReplaceAllString(out, "§")
	if at := strings.IndexAny(bare, "\\`*_[]<>|~$!&\n\r"); at >= 0 {
		t.Errorf("%q: markup at %q", s, bare[at:])
	}
	if at := links.FindString(bare); strings.HasPrefix(at, ":") || strings.EqualFold(at, "www.") {
		t.Errorf("%q: a link at %q", s, at)
	}
	rendered := escaped.ReplaceAllStringFunc(out, func(e string) string { return e[1:] })
	for _, at := range links.FindAllString(rendered, -1) {
		if at[0] != ':' && !strings.EqualFold(at, "www.") {
			t.Errorf("%q: a reference at %q", s, at)
		}
	}
}

package certify

import (
	"regexp"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/manifest"
)

// evil are texts that want to be more than text.
func evil() []string {
	return []string{
		"@acme/everyone", "[click](https://evil.example)", "![x](https://evil.example/x.png)", "<img src=x onerror=alert(1)>", "<!-- ",
		"https://evil.example", "www.evil.example", "#1", "acme/other#2", "GH-3", "a | b | c", "a\n\n# Heading\n\n- [x] done", "\r\n| x | **remove** | y |",
		"`code`", "**bold**", "~~gone~~", "$x$", "&commat;all", "\x1b[31mred\x1b[0m", "\u202ereversed", "a\x00b", "\xff\xfe", "\\", "\\|", "::error::x", "##[error]x",
		strings.Repeat("@acme/web https://evil.example | ", 3000),
	}
}

// TestHostileBody puts them wherever a body holds text from outside.
func TestHostileBody(t *testing.T) {
	for _, s := range evil() {
		checkGroup(t, s)
	}
}

func FuzzBody(f *testing.F) {
	for _, s := range evil() {
		f.Add(s)
	}
	f.Fuzz(checkGroup)
}

func checkGroup(t *testing.T, s string) {
	t.Helper()
	g := Group{Owner: s, Handle: s, Escalate: s}
	for _, state := range []State{Due, Suspended} {
		g.Changes = append(g.Changes, Change{
			Review: Review{Kind: Identity, ID: s, Owner: s, State: state, Used: s, By: now()},
			Action: Narrow, Reason: s, Until: manifest.DateOf(now()), Gone: []string{s, s}, Refused: s,
		})
	}
	checkBody(t, g.Body(), len(g.Changes))
	if title := g.Title(); strings.ContainsAny(title, "\n\r\x1b\u202e\x00") {
		t.Errorf("title %q", title)
	}
}

var (
	escaped = regexp.MustCompile(`\\[!-/:-@\[-\x60{-~]`)
	linked  = regexp.MustCompile(`(?i)://|www\.|@[a-z0-9]|#[0-9]|\bGH-[0-9]`)
	own     = strings.NewReplacer("<br>", "", "**", "", "`curfew certify plan`", "", "&#8203;", "\u200b")
)

// checkBody holds that a body is one table of so many rows, with no markup but our own.
func checkBody(t *testing.T, body string, rows int) {
	t.Helper()
	got := 0
	for line := range strings.Lines(body) {
		bare := escaped.ReplaceAllString(own.Replace(line), "§")
		if strings.HasPrefix(line, "| ") {
			if n := strings.Count(bare, "|"); n != 6 {
				t.Errorf("%d pipes in a row: %.200q", n, line)
			}
			bare = strings.ReplaceAll(bare, "|", "")
			got++
		}
		if at := strings.IndexAny(bare, "\\`*_[]<>|~$!&#\r\x1b\u202e"); at >= 0 {
			t.Errorf("markup at %.60q", bare[at:])
		}
		rendered := escaped.ReplaceAllStringFunc(own.Replace(line), func(e string) string { return e[1:] })
		for _, at := range linked.FindAllString(rendered, -1) {
			if at[0] == '@' || at[0] == '#' || at[0] == 'G' || at[0] == 'g' {
				t.Errorf("a mention or reference: %.60q", at)
			}
		}
		if strings.Contains(bare, "://") || strings.Contains(strings.ToLower(bare), "www.") {
			t.Errorf("a link in %.200q", bare)
		}
	}
	if got != rows+2 {
		t.Errorf("%d rows, want %d and a head of two", got, rows)
	}
}

// TestLongBody: GitHub takes 65,536 characters, and a body says what it leaves out.
func TestLongBody(t *testing.T) {
	g := Group{Owner: "web"}
	for range 5000 {
		g.Changes = append(g.Changes, Change{Review: Review{Kind: Identity, ID: strings.Repeat("|", 900), State: Suspended}, Action: Suspend, Reason: "late"})
	}
	body := g.Body()
	if len(body) > 65_536 || !strings.Contains(body, " more are in the change, which `curfew certify plan` lists:** there is no room") {
		t.Errorf("%d bytes: %.200s", len(body), body[len(body)-400:])
	}
}

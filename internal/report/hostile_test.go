package report

import (
	"encoding/json"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/markup"
	"github.com/curfew-ci/curfew/internal/scan"
	"github.com/curfew-ci/curfew/internal/source"
)

// everywhere is a sample with s as every string that comes from outside.
func everywhere(s string) sample {
	path := "d/" + s
	t := tree{path: "a\n" + s + "\nb\n"}
	all := source.NewText(path, []byte(t[path])).Region(2, 2+len(s))
	// The blank keeps s from being a rule's id, which the Markdown table links.
	f := finding.Finding{
		Rule: s + " ", Severity: finding.High, Message: s, Region: all, Snippet: t.snippet(all), Label: s, Fix: s, Owner: s,
		Identity: s, Job: s, Key: s,
		Related: []finding.Related{{Role: s, Message: s, Region: all}, {Role: s, Message: s}},
		Flow:    []finding.Step{{Message: s, Region: all}, {Message: s}},
	}
	g := f
	g.Key, g.Suppressed = "g", &finding.Suppression{Kind: s, Reason: s, Until: s, Region: all}
	r := &scan.Result{
		Schema: scan.Schema, Tool: scan.Tool{Name: s, Version: s},
		Manifest:   scan.Manifest{Path: s, From: s, SHA256: s, Mode: s},
		Findings:   []finding.Finding{f, g},
		Checked:    scan.Checked{Sources: scan.Sources(), Scope: scan.InTree},
		NotChecked: []scan.NotChecked{{Source: scan.Workflows, What: s, Reason: s, Fix: s}},
	}
	return sample{"everywhere", t, finish(r)}
}

// checkHostile holds every format against s.
func checkHostile(t testing.TB, s string) {
	t.Helper()
	all := everywhere(s)
	for _, format := range []Format{Text, JSON, GitHub, Markdown, GitLab} {
		// Without a repository there are no links, so that any link in the output is forged.
		checkFormat(t, format, all.write(t, format, Options{}))
	}
	for i := range all.result.Findings {
		all.result.Findings[i].Rule = "secret-unentitled"
	}
	checkFormat(t, SARIF, all.write(t, SARIF, all.options()))
}

func checkFormat(t testing.TB, format Format, out string) {
	t.Helper()
	for _, r := range out {
		if r != '\n' && markup.Invisible(r) {
			t.Errorf("%s: %U is in the output:\n%q", format, r, out)
			return
		}
	}
	if !utf8.ValidString(out) {
		t.Errorf("%s: not UTF-8:\n%q", format, out)
	}
	if strings.Contains(out, "##[") {
		t.Errorf("%s: a command of the runner is in the output:\n%q", format, out)
	}
	if (format == JSON || format == SARIF || format == GitLab) && !json.Valid([]byte(out)) {
		t.Errorf("%s: not JSON:\n%s", format, out)
	}
	for line := range strings.Lines(out) {
		if line = strings.TrimSuffix(line, "\n"); !ownLine(format, line) {
			t.Errorf("%s: a line begins with what came from outside:\n%q", format, line)
		}
	}
	if format == Markdown {
		checkMarkdown(t, out)
	}
}

// beginnings is how the lines begin that each format writes of its own.
var beginnings = map[Format]*regexp.Regexp{
	Text:     regexp.MustCompile(`^($|high\[| *--> | *\d* \|( |$)|\.\.\.$| +=( )|\d+ findings?: |Checked |Left out: |Manifest: |Not checked( \([a-z]+\))?: )`),
	JSON:     regexp.MustCompile(`^ *([{}\]"]|\],)`),
	SARIF:    regexp.MustCompile(`^ *([{}\]"]|\],)`),
	GitLab:   regexp.MustCompile(`^ *([{}\]"]|\],|\[)`),
	GitHub:   regexp.MustCompile(`^::(error|warning|notice) ((file|line|col|endLine|endColumn|title)=[^:,]*,?)+::`),
	Markdown: regexp.MustCompile(`^($|## curfew: |\*\*|Checked |Left out: |Manifest: |- Not checked( \([a-z]+\))?: |\| )`),
}

// ownLine reports whether line begins with something that the format itself writes.
func ownLine(format Format, line string) bool { return beginnings[format].MatchString(line) }

var (
	escaped = regexp.MustCompile(`\\[[:punct:]]`)
	www     = regexp.MustCompile(`(?i)www\.[\pL\pN_-]`) // a domain must follow: GitHub Flavored Markdown, 6.9
)

// checkMarkdown looks at what is left when escaped punctuation and the report's own markup are gone. What
// is escaped leaves a mark, so that its neighbours don't become one another's.
func checkMarkdown(t testing.TB, out string) {
	t.Helper()
	bare := escaped.ReplaceAllString(out, "§")
	for line := range strings.Lines(bare) {
		if strings.HasPrefix(line, "| ") && strings.Count(line, "|") != 6 {
			t.Errorf("a row of the table has another number of cells:\n%s", line)
		}
		if !strings.HasPrefix(line, "| ") && strings.Contains(line, "|") {
			t.Errorf("a pipe outside of the table:\n%s", line)
		}
	}
	own := strings.NewReplacer("## curfew", "", "**", "", "<br>", "", "@&#8203;", "", "§&#8203;", "§", "-&#8203;", "-")
	if at := strings.IndexAny(own.Replace(bare), "`*_[]<>~$#!&@"); at >= 0 {
		t.Errorf("markup from outside at %q:\n%s", own.Replace(bare)[at:], out)
	}
	if strings.Contains(bare, "://") || www.MatchString(bare) {
		t.Errorf("a link from outside:\n%s", out)
	}
}

// pieces are what hostile strings are made of.
func pieces() []string {
	return []string{
		"::error::x", "\n::add-mask::y", "\r\n::set-output name=a::b", "##[", "#", "##", "[", "]", "(http://e.example)", "%0A", "%",
		",", ":", "\n", "\r", "\t", "\x00", "\x1b[2J", "\x7f", "\u0085", "\u009b", "\u00a0", "\u00ad", "\u061c", "\u200b", "\u200d",
		"\u202e", "\u2028", "\u2066", "\ufeff", "\ufffd", "\xff", "\xe2\x82", "\ue000", "\U000e0041", "\U000e0100", "\ufe0f", "\u3164",
		"|", "\\", "\\|", "`", "```", "*", "_", "<b>", "</td>", "<!--", "&lt;", "&#124;", "@user", "@org/team", "$x$", "~", "!", "- ",
		"1. ", "# ", "> ", "https://e.example", "www.e.example", "WWW.e", "\"", "'", "{", "}", "é", "漢", "🚀", "a", " ", "word ",
	}
}

func TestHostileStrings(t *testing.T) {
	checkHostile(t, evil)
	for _, p := range pieces() {
		checkHostile(t, p)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	all := pieces()
	for range 300 {
		var b strings.Builder
		for range 1 + rnd.IntN(8) {
			b.WriteString(all[rnd.IntN(len(all))])
		}
		checkHostile(t, b.String())
		if t.Failed() {
			t.Fatalf("with %q", b.String())
		}
	}
}

func FuzzHostileStrings(f *testing.F) {
	f.Add(evil)
	for _, p := range pieces() {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, s string) { checkHostile(t, s) })
}

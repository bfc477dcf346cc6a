package report

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/scan"
	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/rules"
)

// tree is a small repository that findings stand in.
type tree map[string]string

func (t tree) read(path string) ([]byte, error) {
	src, ok := t[path]
	if !ok {
		return nil, fmt.Errorf("open %s: %w", path, fs.ErrNotExist)
	}
	return []byte(src), nil
}

// region is where part stands first in path.
func (t tree) region(path, part string) source.Region {
	at := strings.Index(t[path], part)
	if at < 0 {
		panic("no " + part + " in " + path)
	}
	return source.NewText(path, []byte(t[path])).Region(at, at+len(part))
}

// snippet holds the lines of region as they stand.
func (t tree) snippet(r source.Region) finding.Snippet {
	text := source.NewText(r.Path, []byte(t[r.Path]))
	s := finding.Snippet{FirstLine: r.Start.Line}
	for n := r.Start.Line; n <= lastLine(r); n++ {
		s.Lines = append(s.Lines, string(text.LineAt(n)))
	}
	return s
}

// find makes a finding at part of path.
func (t tree) find(rule string, sev finding.Severity, path, part, msg string) finding.Finding {
	r := t.region(path, part)
	return finding.Finding{Rule: rule, Severity: sev, Region: r, Snippet: t.snippet(r), Message: msg, Key: part}
}

// scanned is when all samples were made.
var scanned = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// sample is one Result that goes through every format.
type sample struct {
	name   string
	tree   tree
	result *scan.Result
}

func samples() []sample {
	return []sample{
		{"nothing", tree{}, &scan.Result{Schema: scan.Schema, Tool: scan.Tool{Name: "curfew", Version: "dev"}, Of: scan.Of{Time: scanned}, Checked: scan.Checked{Scope: scan.InTree}}},
		{"clean", tree{}, clean()},
		{"staged", tree{}, staged()},
		example(), shapes(), hostile(),
	}
}

// finish sorts the findings and gives them fingerprints.
func finish(r *scan.Result) *scan.Result {
	finding.Assign(r.Findings)
	return r
}

func clean() *scan.Result {
	return &scan.Result{
		Schema:   scan.Schema,
		Tool:     scan.Tool{Name: "curfew", Version: "0.1.0"},
		Of:       scan.Of{Time: scanned},
		Manifest: scan.Manifest{Path: ".github/curfew.yml", From: "working tree", SHA256: strings.Repeat("b194", 16), Mode: "enforce"},
		Findings: []finding.Finding{},
		Checked: scan.Checked{
			Sources: []scan.Source{scan.Workflows, scan.Entitlements, scan.Secrets}, Scope: scan.InTree, Workflows: 14, Actions: 1, Jobs: 31, Files: 1204, Secrets: 22, Entitlements: 9,
		},
		NotChecked: []scan.NotChecked{},
	}
}

// staged is what a search of nothing else than what is staged came to, in a repository without a manifest.
func staged() *scan.Result {
	r := clean()
	r.Manifest = scan.Manifest{Path: ".github/curfew.yml", From: "none"}
	r.Checked = scan.Checked{Sources: []scan.Source{scan.Secrets}, Scope: scan.InIndex, Files: 92}
	return r
}

// example is the finding that the documentation shows, with suppressed ones and a gap.
func example() sample {
	t := tree{
		".github/workflows/release.yml": strings.Repeat("# padding\n", 28) +
			"      - run: npm publish\n        env:\n          NODE_AUTH_TOKEN: ${{ secrets.NPM_TOKEN }}\n",
		".github/curfew.yml": strings.Repeat("# padding\n", 21) + "    secrets: []\n",
	}
	f := t.find("secret-unentitled", finding.High, ".github/workflows/release.yml", "${{ secrets.NPM_TOKEN }}",
		"NPM_TOKEN is read by a job that no identity entitles to it")
	f.Label = `job "publish"`
	f.Related = []finding.Related{{
		Role: "manifest", Message: `identity "release" lists no such secret`, Region: t.region(".github/curfew.yml", "secrets: []"),
	}}
	f.Fix = "publish with OIDC (npm trusted publishing), or add an exception with an owner and an expiry"
	f.Flow = []finding.Step{
		{Message: "NPM_TOKEN is stored for actions"},
		{Message: `job "publish" reads it`, Region: f.Region},
		{Message: "step 3 runs npm publish with it", Region: t.region(".github/workflows/release.yml", "npm publish")},
	}
	f.Owner, f.Identity, f.Job = "payments", "release", "publish"

	first := finding.Commit{ID: strings.Repeat("1a2b", 10), Author: "Ann", Email: "ann@example.com", Date: "2021-03-04T05:06:07Z"}
	last := finding.Commit{ID: strings.Repeat("3c4d", 10), Author: "Ben", Email: "ben@example.com", Date: "2022-03-04T05:06:07Z"}
	gone := finding.Finding{
		Rule: "long-lived-token", Severity: finding.High, Message: "a token stood in a file", Key: "gone",
		Region: source.NewText("gone.env", []byte("TOKEN=0123\n")).Region(6, 10), Snippet: finding.Snippet{FirstLine: 1, Lines: []string{"TOKEN=****"}},
		History: &finding.History{First: first, Last: last, Refs: 1},
	}
	kept := gone
	kept.Key, kept.History = "kept", &finding.History{First: first, Last: first, InHead: true}

	r := clean()
	r.Checked.Scope, r.Checked.Commits, r.Checked.Versions, r.Checked.Bytes = scan.InHistory, 1300, 20_100, 81_000_000
	r.LeftOut = scan.LeftOut{Allowlisted: 1203, Ending: 2, Unlikely: []scan.Unlikely{{What: "identifier", Count: 7}, {What: "checksum", Count: 1}}}
	r.Findings = append(r.Findings, f, gone, kept)
	for i, s := range []finding.Suppression{
		{Kind: "baseline", Until: "2026-12-01"},
		{Kind: "baseline", Until: "2026-12-02"},
		{Kind: "ignore", Reason: "known", Until: "2026-12-31"},
		{Kind: "ignore", Reason: "known", Until: "2026-12-24"},
		{Kind: "exception", Reason: "legacy", Until: "2027-01-31"},
	} {
		g := t.find("token-default", finding.Medium, ".github/workflows/release.yml", "env:", "suppressed")
		g.Key = strconv.Itoa(i)
		g.Suppressed = &s
		r.Findings = append(r.Findings, g)
	}
	r.Manifest.From = "base 9f2c41e"
	r.Of.Repository, r.Of.RepositoryID, r.Of.Ref = "acme/app", "42", "refs/heads/main"
	r.Of.Commit, r.Of.Changed = "9f2c41e0b1945e88770a9f2c41e0b1945e88770a", true
	r.NotChecked = []scan.NotChecked{{
		Source: scan.Workflows, What: "environment secrets", Reason: `the token lacks "environments: read"`,
		Fix: "give the App the permission environments: read",
	}}
	return sample{"example", t, finish(r)}
}

// shapes has findings whose source is hard to draw, and severities that differ within a rule.
func shapes() sample {
	t := tree{"w.yml": strings.Join([]string{
		"on: push",
		"\tname:\tTab\tafter tab",
		"name: 漢字 and 🔑 before it",
		"e\u0301gal: combining",
		"run: " + strings.Repeat("a ", 120) + "HERE" + strings.Repeat(" b", 120),
		"run: |",
		"  one",
		"",
		"    two",
		"  three",
		"last",
		"1",
		"2",
		"3",
		"4",
		"5",
		"end",
	}, "\n"), "none": ""}
	at := func(rule string, sev finding.Severity, part string) finding.Finding {
		return t.find(rule, sev, "w.yml", part, "finding at "+strings.Fields(part)[0])
	}
	found := []finding.Finding{
		at("secret-unentitled", finding.Critical, "after tab"),
		at("secret-unentitled", finding.Medium, "🔑 before"),
		at("secret-unentitled", finding.High, "gal:"),
		at("token-default", finding.Low, "HERE"),
		at("token-default", finding.Note, "run: "+strings.Repeat("a ", 120)),
		at("token-default", finding.Medium, "|\n  one\n\n    two\n"),
		at("long-lived-token", finding.High, "last\n1\n2\n3\n4\n5\nend"),
		{Rule: "manifest-fault", Severity: finding.High, Message: "there is no manifest", Region: source.Region{Path: ".github/curfew.yml"}},
		{Rule: "manifest-fault", Severity: finding.Low, Message: "no place at all", Fix: "nothing"},
	}
	found[6].Label = "all of it"
	beyond := at("secret-unentitled", finding.High, "on: push")
	beyond.Message, beyond.Key = "a region that the snippet doesn't hold", "beyond"
	beyond.Region.Start.Col, beyond.Region.End.Col, beyond.Region.End.Line = 40, 50, 99
	r := clean()
	r.Manifest = scan.Manifest{From: "none"}
	r.Findings = append(found, beyond)
	r.Checked = scan.Checked{Sources: []scan.Source{scan.Workflows}, Scope: scan.InTree, Workflows: 1}
	r.NotChecked = []scan.NotChecked{
		{Source: scan.Secrets, What: "all files", Reason: "the folder can't be read"},
		{Source: scan.Workflows, What: "big.yml", Reason: "larger than 1 MiB"},
	}
	return sample{"shapes", t, finish(r)}
}

// evil is a name that tries every output at once.
const evil = "x\n::error::owned\r\n::add-mask::y ##[set-output name=a]b %0A::warning::c\x1b[31m\x07\u202eabc\u200b " +
	"](http://evil.example) [a](1) <img src=x onerror=alert(1)> | c | @acme/security `q` \\| $x$ https://evil.example " +
	"www.evil.example &amp; #1 \U000E0041 \u2028 \xff\xfe end"

// hostile has evil in every string that comes from the repository.
func hostile() sample {
	path := "dir,a:b/" + evil + ".yml"
	t := tree{path: "a: 1\n" + evil + "\nb: 2\n"}
	f := t.find("secret-unentitled", finding.High, path, evil, evil)
	f.Label, f.Fix, f.Owner, f.Identity, f.Job, f.Key = evil, evil, evil, evil, evil, evil
	f.Related = []finding.Related{{Role: evil, Message: evil, Region: t.region(path, "b: 2")}, {Role: "see", Message: evil}}
	f.Flow = []finding.Step{{Message: evil, Region: f.Region}, {Message: evil}}
	g := t.find("token-default", finding.Note, path, "a: 1", strings.Repeat("long ", 1000))
	g.Suppressed = &finding.Suppression{Kind: evil, Reason: evil, Until: evil}
	h := t.find("token-default", finding.Medium, path, "b: 2", strings.Repeat("long ", 1000))
	f.History = &finding.History{
		First: finding.Commit{ID: evil, Author: evil, Email: evil, Date: evil}, Last: finding.Commit{ID: evil, Author: evil, Email: evil, Date: evil}, Refs: 2,
	}
	r := clean()
	r.Tool.Version = evil
	r.Of.Repository, r.Of.RepositoryID, r.Of.Ref, r.Of.Commit = evil, evil, evil, evil
	r.Manifest = scan.Manifest{Path: evil, From: evil, SHA256: evil, Mode: evil}
	r.Findings = []finding.Finding{f, g, h}
	r.NotChecked = []scan.NotChecked{{Source: scan.Secrets, What: evil, Reason: evil, Fix: evil}}
	return sample{"hostile", t, finish(r)}
}

// testRules describes the rules that samples use. The real ones change with the catalogue, and golden
// files shouldn't.
func testRules() []*rules.Rule {
	rule := func(id string, sev finding.Severity, src scan.Source, tags ...string) *rules.Rule {
		return &rules.Rule{
			ID: id, Title: "the title of " + id, Severity: sev, Source: string(src), Tags: tags,
			Meaning: "What `" + id + "` means, over\ntwo lines.\n\nA second paragraph.",
			Risk:    "Why it matters.", Remedy: "How to fix it.",
		}
	}
	return []*rules.Rule{
		rule("secret-unentitled", finding.High, scan.Workflows, "owasp/nhi5", "nist-csf/pr.aa-05", "cwe/cwe-250", "cicd-sec/cicd-sec-2"),
		rule("token-default", finding.Medium, scan.Workflows, "owasp/nhi5", "cwe/cwe-250", "cwe/cwe-1188"),
		rule("long-lived-token", finding.High, scan.Secrets, "owasp/nhi7", "cwe/cwe-798"),
		rule("manifest-fault", finding.Medium, scan.Entitlements, "nist-csf/id.ra-07"),
	}
}

func (s sample) options() Options {
	return Options{
		Rules: testRules(), Source: s.tree.read,
		Repository: "https://github.com/acme/app", SHA: "9f2c41e0b1945e88770a9f2c41e0b1945e88770a",
	}
}

// write renders the sample and fails the test where that isn't possible.
func (s sample) write(t testing.TB, format Format, opt Options) string {
	t.Helper()
	var b strings.Builder
	if err := Write(&b, format, s.result, opt); err != nil {
		t.Fatalf("write %s as %s: %v", s.name, format, err)
	}
	return b.String()
}

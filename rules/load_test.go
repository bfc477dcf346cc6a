package rules

import (
	"io/fs"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/yamltree"
)

const page = `---
number: 7
title: something is wrong
severity: high
since: 0.1.0
source: workflows
tags: [cwe/cwe-798, owasp/nhi2]
---

## What it means

Words.

## Why it matters

` + "```sh\n## no heading\n```" + `

## How to fix

Do it.

## Examples

` + "```yaml bad\na: 1 # want\n```\n\n```yaml good\nb: 2\n```\n"

func TestParse(t *testing.T) {
	got, err := parse("some-rule", page)
	if err != nil {
		t.Fatal(err)
	}
	want := &Rule{
		ID: "some-rule", Number: 7, Title: "something is wrong", Severity: finding.High, Since: "0.1.0",
		Source: "workflows", Tags: []string{"cwe/cwe-798", "owasp/nhi2"},
		Meaning: "Words.", Risk: "```sh\n## no heading\n```", Remedy: "Do it.",
		Bad:  []Example{{Source: "a: 1 # want\n", Line: 27}},
		Good: []Example{{Source: "b: 2\n", Line: 31}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestParseRefuses takes one thing at a time out of a page that is right.
func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"no front matter", "---\nnumber", "number", "some-rule.md:1: expected front matter"},
		{"open front matter", "owasp/nhi2]\n---", "owasp/nhi2]", "isn't closed"},
		{"unknown key", "since:", "sincere: x\nsince:", `some-rule.md:5: unknown or repeated key "sincere"`},
		{"missing key", "source: workflows\n", "", `missing key "source"`},
		{"no severity", "severity: high", "severity: grave", `some-rule.md:4: severity: unknown severity "grave"`},
		{"no key", "since: 0.1.0", "since 0.1.0", `some-rule.md:5: expected "key: value"`},
		{"key twice", "since:", "title: x\nsince:", `some-rule.md:5: unknown or repeated key "title"`},
		{"open list", "owasp/nhi2]", "owasp/nhi2", "tags: expected a list"},
		{"not YAML", "is wrong", "is: wrong", "title: "},
		{"bad number", "number: 7", "number: x", "number: "},
		{"zero", "number: 7", "number: 0", "expected a number from 1"},
		{"stop", "is wrong", "is wrong.", "title: "},
		{"bad version", "since: 0.1.0", "since: soon", "since: "},
		{"bad source", "source: workflows", "source: tea leaves", "source: "},
		{"no tags", "tags: [cwe/cwe-798, owasp/nhi2]", "tags: []", "tags: "},
		{"tag twice", "owasp/nhi2]", "cwe/cwe-798]", "twice"},
		{"heading", "## How to fix", "## How to mend", `some-rule.md:20: expected the heading "## How to fix"`},
		{"empty section", "Words.", "", `nothing stands under "What it means"`},
		{"other fence", "```yaml good", "```yaml", `some-rule.md:30: expected`},
		{"open fence", "b: 2\n```", "b: 2", "isn't closed"},
		{"no good", "```yaml good", "```yaml bad", "at least one bad and one good"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if strings.Count(page, c.old) != 1 {
				t.Fatalf("%q isn't once in the page", c.old)
			}
			_, err := parse("some-rule", strings.Replace(page, c.old, c.new, 1))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v: expected %q", err, c.want)
			}
		})
	}
}

func TestLoadOrdersAndRefusesTwins(t *testing.T) {
	fsys := fstest.MapFS{
		"b.md": {Data: []byte(page)},
		"a.md": {Data: []byte(strings.Replace(page, "number: 7", "number: 9", 1))},
	}
	all, err := load(fsys)
	if err != nil || len(all) != 2 || all[0].ID != "b" || all[1].ID != "a" {
		t.Errorf("got %v, %v: expected b, a", all, err)
	}
	fsys["c.md"] = &fstest.MapFile{Data: []byte(page)}
	if _, err := load(fsys); err == nil || !strings.Contains(err.Error(), "number 7") {
		t.Errorf("two rules have number 7: %v", err)
	}
}

func TestAllRulesAreReadable(t *testing.T) {
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(files, "*.md")
	if err != nil || len(all) != len(names) || len(all) == 0 {
		t.Errorf("%d rules of %d files", len(all), len(names))
	}
	for _, r := range all {
		one, err := Lookup(r.ID)
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(r, one); diff != "" {
			t.Errorf("Lookup(%q) differs from All (-all +one):\n%s", r.ID, diff)
		}
		for _, tag := range r.Tags {
			if _, ok := LookupTag(tag); !ok {
				t.Errorf("%s.md: tag %q is in no taxonomy", r.ID, tag)
			}
		}
	}
	if _, err := Lookup("../rules/doc"); err == nil {
		t.Error("a rule was found outside of the folder")
	}
}

// TestFrontMatterIsYAML holds that whoever reads a page as YAML reads what we do.
func TestFrontMatterIsYAML(t *testing.T) {
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		src, err := fs.ReadFile(files, r.ID+".md")
		if err != nil {
			t.Fatal(err)
		}
		front, _, _ := strings.Cut(strings.TrimPrefix(string(src), "---\n"), "\n---\n")
		doc, err := yamltree.Parse(r.ID+".md", []byte(front), yamltree.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		var tags []string
		for _, item := range doc.Root.Get("tags").Items {
			tags = append(tags, item.Value)
		}
		got := []string{doc.Root.Get("number").Value, doc.Root.Get("title").Value, doc.Root.Get("severity").Value, strings.Join(tags, " ")}
		want := []string{strconv.Itoa(r.Number), r.Title, r.Severity.String(), strings.Join(r.Tags, " ")}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-ours +YAML):\n%s", r.ID, diff)
		}
	}
}

func TestWants(t *testing.T) {
	e := Example{Source: "a: 1 # want\nb: 2 # want: two words\n// want\n# wanted\nc: 3\n"}
	src, wants := e.Wants()
	if diff := cmp.Diff([]Want{{1, ""}, {2, "two words"}, {3, ""}}, wants); diff != "" {
		t.Error(diff)
	}
	if want := "a: 1\nb: 2\n\n# wanted\nc: 3\n"; src != want {
		t.Errorf("source without marks: %q", src)
	}
}

func TestShown(t *testing.T) {
	e := Example{Source: "key: {fake:ghp_:36} # want: x\n"}
	if got, want := e.Shown(), "key: ghp_<36 characters>  # <-- found here"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func BenchmarkAll(b *testing.B) {
	for b.Loop() {
		if _, err := All(); err != nil {
			b.Fatal(err)
		}
	}
}

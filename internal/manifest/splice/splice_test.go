package splice

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/manifest"
)

// edits of small texts, to the byte. They needn't be manifests.
func TestBytes(t *testing.T) {
	for _, tt := range []struct {
		name, src string
		edit      Edit
		want      string
	}{
		{"double quotes", "a: \"x\" # c\n", Set("/a", "y\"z"), "a: \"y\\\"z\" # c\n"},
		{"single quotes", "a: 'x' # c\n", Set("/a", "it's"), "a: 'it''s' # c\n"},
		{"plain", "a: x # c\n", Set("/a", "y z"), "a: y z # c\n"},
		{"plain that needs quotes", "a: x\n", Set("/a", "yes # no"), "a: \"yes # no\"\n"},
		{"plain that would be a number", "a: x\n", Set("/a", "12"), "a: \"12\"\n"},
		{"a number stays one", "a: 12\n", Set("/a", "13"), "a: 13\n"},
		{"control characters", "a: 'x'\n", Set("/a", "y\n\x1b\u202e"), "a: \"y\\n\\u001b\\u202e\"\n"},
		{"in brackets", "a: {b: x, c: y}\n", Set("/a/b", "1, 2}"), "a: {b: \"1, 2}\", c: y}\n"},
		{"alias", "a: &x y\nb: *x # c\n", Set("/b", "z"), "a: &x y\nb: z # c\n"},
		{"behind an anchor", "a: &x y\nb: z\n", Set("/a", "w"), "a: &x w\nb: z\n"},
		{"block scalar", "a: |- # why\n  x\n  y\n\nb: c\n", Set("/a", "z"), "a: \"z\" # why\n\nb: c\n"},
		{"over lines", "a: x\n  y\n\n  z\nb: c\n", Set("/a", "w"), "a: w\nb: c\n"},

		{"first", "a: 1\nb: 2\n", Remove("/a"), "b: 2\n"},
		{"last", "a: 1\nb: 2\n", Remove("/b"), "a: 1\n"},
		{"last without an end", "a: 1\nb: 2", Remove("/b"), "a: 1"},
		{"last of CRLF without an end", "a: 1\r\nb: 2", Remove("/b"), "a: 1"},
		{"behind one that keeps its line breaks", "a: |+\n  x\n\nb: 2", Remove("/b"), "a: |+\n  x\n\n"},
		{"comment above", "a: 1\n\n# of a\n\n# of b\n# too\nb: 2 # here\nc: 3\n", Remove("/b"), "a: 1\n\n# of a\n\nc: 3\n"},
		{"comment behind", "x:\n  a:\n    b: 2\n    # of a\n\n      # too\n\n  # of c\n  c: 3\n", Remove("/x/a"), "x:\n\n  # of c\n  c: 3\n"},
		{"comment at the end", "x:\n  a: 1\n  b: 2\n    # of b\n# of all\n", Remove("/x/b"), "x:\n  a: 1\n# of all\n"},
		{"only one", "x: # of x\n  # of a\n  a: 1 # too\ny: 2\n", Remove("/x/a"), "x: {} # of x\ny: 2\n"},
		{"only item", "x: &y !!seq\n- a\n", Remove("/x/0"), "x: &y !!seq []\n"},
		{"only one in a list", "- a: 1\n- b\n", Remove("/0/a"), "- {}\n- b\n"},
		{"first in a list", "- a: 1\n  b: 2\n", Remove("/0/a"), "-\n  b: 2\n"},
		{"item", "x:\n  - a # c\n  - b\n", Remove("/x/0"), "x:\n  - b\n"},
		{"item of lines", "x:\n  -\n    a: 1\n    b: 2\n  - c\n", Remove("/x/0"), "x:\n  - c\n"},

		{"flow", "a: [x, y, z] # c\n", Remove("/a/1"), "a: [x, z] # c\n"},
		{"flow first", "a: [ x, y ]\n", Remove("/a/0"), "a: [ y ]\n"},
		{"flow last", "a: [ x, y ]\n", Remove("/a/1"), "a: [ x ]\n"},
		{"flow last before a comma", "a: [x, y,]\n", Remove("/a/1"), "a: [x,]\n"},
		{"flow only", "a: [ x ] # c\n", Remove("/a/0"), "a: [] # c\n"},
		{"flow only before a comma", "a: { x: 1, } # c\n", Remove("/a/x"), "a: {} # c\n"},
		{"flow pair", "a: { x: 1, 'y' : [2, 3], z: 4 }\n", Remove("/a/y"), "a: { x: 1, z: 4 }\n"},
		{"flow line", "a: [\n  x, # of x\n  # of y\n  y, # too\n  z\n]\n", Remove("/a/1"), "a: [\n  x, # of x\n  z\n]\n"},
		{"flow last line", "a: [\n  x,\n  y\n]\n", Remove("/a/1"), "a: [\n  x,\n]\n"},
		{"flow in the bracket's line", "a: { x: 1, # of x\n  y: 2 }\n", Remove("/a/x"), "a: {\n  y: 2 }\n"},
		{"flow before the bracket", "a: [x, # of x\n  y]\n", Remove("/a/1"), "a: [x, # of x\n]\n"},
		{"commas in front", "a: [ x\n  , y\n  , z\n  ]\n", Remove("/a/1"), "a: [ x\n  , z\n  ]\n"},
		{"commas in front, first", "a: [\n    x\n  , y\n  ]\n", Remove("/a/0"), "a: [\n    y\n  ]\n"},
		{"flow anchors", "a: [&x !!str b, &y c]\n", Remove("/a/0"), "a: [&y c]\n"},
		{"single pair", "a: [b: 1, c]\n", Remove("/a/0/b"), "a: [{}, c]\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := apply("f.yml", []byte(tt.src), []Edit{tt.edit})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	const anchored = "a: &x\n  b: y\n  c: z\nd: *x\ne: { <<: *x, b: w }\n"
	for _, tt := range []struct {
		name, src string
		edit      Edit
		want      string
	}{
		{"anchor in use", anchored, Remove("/a"), "f.yml:2:3: can't edit a: the alias *x at line 4, column 4 stands for it too"},
		{"in an anchor in use", anchored, Set("/a/c", "v"), "f.yml:3:6: can't edit a.c: the alias *x at line 4, column 4 stands for it too"},
		{"through an alias", anchored, Set("/d/b", "v"), "f.yml:4:4: can't edit d: the alias here stands for what is said elsewhere"},
		{"through a merge key", anchored, Set("/e/c", "v"), `f.yml:5:4: can't edit e.c: a merge key brings "c"`},
		{"what a merge key says too", anchored, Remove("/e/b"), "f.yml:5:17: can't edit e.b: a merge key in the same mapping says it too"},
		{"nothing there", "a: {b: c}\n", Set("/a/x", "v"), `f.yml:1:4: can't edit a: there is no "x"`},
		{"no such item", "a: [b]\n", Remove("/a/01"), `f.yml:1:4: can't edit a: there is no "01"`},
		{"no pointer", "a: b\n", Remove("a"), `f.yml:1:1: can't edit the pointer "a" leads nowhere`},
		{"all of it", "a: b\n", Remove(""), "leads nowhere"},
		{"no scalar", "a: {b: c}\n", Set("/a", "v"), "f.yml:1:4: can't edit a: it is a mapping or a list: expected a single value"},
		{"no UTF-8", "a: b\n", Set("/a", "v\xff"), "isn't UTF-8"},
		{"no number any more", "a: 1\n", Set("/a", "x"), `can't edit a: the value "x" can't stand here as what was there`},
		{"no YAML", "a: [b\n", Remove("/a"), "the list isn't closed"},
		{"empty", "# nothing\n", Remove("/a"), "the file is empty"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := apply("f.yml", []byte(tt.src), []Edit{tt.edit})
			if err == nil || got != nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

// TestSeveral makes edits that move each other's places, and some that meet.
func TestSeveral(t *testing.T) {
	const src = "a: [u, v, w, x]\nb: &y { c: 1, d: \"2\" }\ne: *y\n"
	got, err := apply("f.yml", []byte(src), []Edit{Remove("/a/0"), Remove("/a/2"), Remove("/b"), Remove("/e"), Remove("/e")})
	if err != nil || string(got) != "a: [v, x]\n" {
		t.Errorf("%q, %v", got, err)
	}
	for src, tt := range map[string]struct {
		edits []Edit
		want  string
	}{
		"a:\n  - x\n  - y\n":             {[]Edit{Remove("/a/0"), Remove("/a/1")}, "a: []\n"},
		"a:\n  x: 1\n  y: 2\n\n  z: 3\n": {[]Edit{Remove("/a/x"), Remove("/a/y")}, "a:\n\n  z: 3\n"},
	} {
		if got, err := apply("f.yml", []byte(src), tt.edits); err != nil || string(got) != tt.want {
			t.Errorf("%q, %v", got, err)
		}
	}
	for _, es := range [][]Edit{
		{Remove("/b"), Set("/b/d", "3")},
		{Set("/b/d", "3"), Set("/b/d", "4")},
		{Set("/b/d", "3"), Remove("/b/d")},
	} {
		if got, err := apply("f.yml", []byte(src), es); err == nil || !strings.Contains(err.Error(), "two edits are about the same place") {
			t.Errorf("%v: %q, %v", es, got, err)
		}
	}
}

// TestApply takes and gives back manifests only.
func TestApply(t *testing.T) {
	src, err := os.ReadFile("testdata/manifests/02-full.yml")
	if err != nil {
		t.Fatal(err)
	}
	out, err := Apply(manifest.Path, src, Set("/identities/deploy/expires", "2027-02-21"), Remove("/identities/loadtest"))
	if err != nil {
		t.Fatal(err)
	}
	m, errs := manifest.Parse(manifest.Path, out)
	if m == nil || m.Identities["deploy"].Expires.String() != "2027-02-21" || len(m.Identities) != 1 {
		t.Errorf("%v %v", m, errs)
	}
	for _, e := range []Edit{
		Remove("/identities/deploy"),              // break-glass names its grant
		Remove("/exceptions/legacy-ftp"),          // the identity names it
		Remove("/identities/deploy/claims"),       // required
		Set("/identities/deploy/expires", "soon"), // no date
	} {
		var errs manifest.Errors
		if out, err := Apply(manifest.Path, src, e); out != nil || !errors.As(err, &errs) {
			t.Errorf("%s: %v", e, err)
		}
	}
	if out, err := Apply(manifest.Path, []byte("version: 2\n"), Set("/version", "1")); out != nil || !strings.Contains(err.Error(), "isn't right as it is") {
		t.Errorf("%q, %v", out, err)
	}
}

// FuzzApply holds for any text and edit: what comes out differs from what went in by that edit alone.
func FuzzApply(f *testing.F) {
	for _, s := range samples(f) {
		f.Add(s.src, "/identities/release/expires", "2027-02-21", uint8(0))
		f.Add(s.src, "/identities/release", "", uint8(1))
	}
	f.Fuzz(func(t *testing.T, src []byte, pointer, value string, kind uint8) {
		if len(src) > 1<<14 {
			return
		}
		e := []Edit{Set(pointer, value), Remove(pointer)}[kind%2]
		out, err := apply("f.yml", src, []Edit{e})
		if err != nil {
			if out != nil || err.Error() == "" {
				t.Errorf("%q, %v", out, err)
			}
			return
		}
		before, err := parse("f.yml", src)
		if err != nil {
			t.Fatal(err)
		}
		after, err := parse("f.yml", out)
		if err != nil {
			t.Fatal(err)
		}
		at, err := find(before, pointer)
		if err != nil {
			t.Fatal(err)
		}
		if !alike(edited(before.Root, at.index, e), after.Root) {
			t.Errorf("%s: more changed:\n%s", e, cmp.Diff(string(src), string(out)))
		}
	})
}

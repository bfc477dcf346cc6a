package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// textOf is one of the licences that are known, with blanks filled in.
func textOf(t *testing.T, name string) string {
	t.Helper()
	src, err := licenceTexts.ReadFile("licences/" + name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	return blank.ReplaceAllString(string(src), "Anna & Sons, Inc.")
}

func TestRecognise(t *testing.T) {
	all, err := licences()
	if err != nil {
		t.Fatal(err)
	}
	const owner = "Copyright (c) 2019 Anna\nAll rights reserved.\n\n"
	mit := "The MIT License (MIT)\n\n" + owner + textOf(t, "MIT")
	for name, tt := range map[string]struct {
		text string
		want []string
		err  string
	}{
		"MIT":                        {mit, []string{"MIT"}, ""},
		"laid out otherwise":         {"# License\n\n * " + strings.ReplaceAll(textOf(t, "MIT"), "\n", "\r\n   "), []string{"MIT"}, ""},
		"BSD of two clauses":         {owner + textOf(t, "BSD-2-Clause"), []string{"BSD-2-Clause"}, ""},
		"BSD of three":               {owner + textOf(t, "BSD-3-Clause"), []string{"BSD-3-Clause"}, ""},
		"ISC":                        {owner + textOf(t, "ISC"), []string{"ISC"}, ""},
		"MPL":                        {textOf(t, "MPL-2.0"), []string{"MPL-2.0"}, ""},
		"public domain":              {textOf(t, "Unlicense"), []string{"Unlicense"}, ""},
		"Apache without its end":     {textOf(t, "Apache-2.0"), []string{"Apache-2.0"}, ""},
		"of two, by files":           {"Files: a/*\n\n" + mit + "\n----\nFiles: b.go\n" + textOf(t, "Apache-2.0+notice"), []string{"Apache-2.0", "MIT"}, ""},
		"a patents grant is none":    {textOf(t, "+patents"), nil, ""},
		"nothing":                    {"", nil, ""},
		"a name is none":             {"MIT License", nil, ""},
		"GPL":                        {"GNU GENERAL PUBLIC LICENSE\nVersion 3, 29 June 2007", nil, `has "gnu"`},
		"AGPL by its short name":     {mit + "\nParts are under the AGPL.", nil, `has "agpl"`},
		"advertising":                {owner + textOf(t, "BSD-2-Clause") + "All advertising materials must display an acknowledgement.", nil, `has "must"`},
		"no selling":                 {mit + "\n\"Commons Clause\" License Condition v1.0", nil, `has "commons clause"`},
		"no use by some":             {mit + "\nNot for those who compete with Anna.", nil, `has "not"`},
		"no use at work":             {mit + "\nWork for hire is excluded.", nil, `has "excluded"`},
		"a duty in other words":      {mit + "\nWhoever hands it on has to send Anna a postcard.", nil, `has "has to"`},
		"nothing commercially":       {mit + "\nHanding it on commercially costs 10 EUR.", nil, `has "commercially"`},
		"a clause in its middle":     {strings.Replace(mit, "to any person", "to any person but Bob", 1), nil, `has "permission"`},
		"half of one":                {mit[:len(mit)/2], nil, `has "permission"`},
		"a clause in an owner's row": {"Copyright 2020 Anna. Users shall pay her a fee.\n" + mit, nil, `has "users"`},
		"a clause in a blank":        {strings.Replace(owner+textOf(t, "BSD-3-Clause"), "SHALL Anna & Sons, Inc.", "SHALL Anna, whom users must pay,", 1), nil, `has "users"`},
		"no evil":                    {strings.Replace(mit, "THE SOFTWARE IS PROVIDED", "The Software shall be used for Good, not Evil.\n\nTHE SOFTWARE IS PROVIDED", 1), nil, `has "permission"`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := recognise(all, tt.text)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("%v, error %v, want one with %s", got, err, tt.err)
				}
				return
			}
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("%v, error %v, want %v", got, err, tt.want)
			}
		})
	}
}

// module is a module on the disk, of files by their paths.
func module(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), text, 0o644)
	}
	return dir
}

// TestTerms: a folder's own terms count beside its module's where a package of it is linked, and those of other folders don't.
func TestTerms(t *testing.T) {
	mit, gpl := textOf(t, "MIT"), "GNU General Public License"
	for name, tt := range map[string]struct {
		files map[string]string
		want  string // licences or a part of the error
	}{
		"its own":               {map[string]string{"LICENSE": mit, "a/b/a.go": ""}, "MIT"},
		"a folder's":            {map[string]string{"LICENSE": mit, "a/COPYING.md": textOf(t, "ISC"), "a/b/a.go": ""}, "ISC MIT"},
		"what isn't linked":     {map[string]string{"LICENSE": mit, "a/c/LICENSE": gpl, "c/LICENSE": gpl, "a/b/a.go": ""}, "MIT"},
		"a folder's, unknown":   {map[string]string{"LICENSE": mit, "a/license.txt": gpl, "a/b/a.go": ""}, `a/license.txt: no licence that we know has "gnu"`},
		"a notice beside":       {map[string]string{"LICENSE": mit, "NOTICE": "Written by Anna.", "a/b/a.go": ""}, "MIT"},
		"a notice that binds":   {map[string]string{"LICENSE": mit, "NOTICE": "Users must tell Anna.", "a/b/a.go": ""}, `NOTICE: no licence that we know has "users"`},
		"a notice alone":        {map[string]string{"NOTICE": textOf(t, "Apache-2.0+notice"), "a/b/a.go": ""}, "has no licence file"},
		"none":                  {map[string]string{"README.md": mit, "licenses.go": "", "license.go": mit, "a/b/a.go": ""}, "example.com/m v1.2.3 has no licence file: nobody may hand it on"},
		"one that is a heading": {map[string]string{"LICENSE": "MIT", "a/b/a.go": ""}, "LICENSE holds no licence that we know"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := module(t, tt.files)
			l := linkedOf(dir, filepath.Join(dir, "a/b"))
			found := map[string]*terms{}
			all, err := licences()
			if err == nil {
				err = l.termsInto(found)
			}
			if err != nil {
				t.Fatal(err)
			}
			got := found["example.com/m"]
			if err := got.judge(all); err != nil {
				if !strings.Contains(err.Error(), tt.want) {
					t.Errorf("error %v, want one with %s", err, tt.want)
				}
				return
			}
			if ids := strings.Join(got.ids, " "); ids != tt.want {
				t.Errorf("%s, want %s", ids, tt.want)
			}
		})
	}
}

func linkedOf(root, dir string) *linked {
	return &linked{Dir: dir, Module: &linkedModule{Path: "example.com/m", Version: "v1.2.3", Dir: root}}
}

// TestTermsRefused: what isn't a published module's has no terms that could be handed on.
func TestTermsRefused(t *testing.T) {
	dir := module(t, map[string]string{"LICENSE": "", "a.go": ""})
	replaced, gone, outside := linkedOf(dir, dir), linkedOf("", dir), linkedOf(filepath.Join(dir, "m"), dir)
	replaced.Module.Replace = &struct{ Path string }{"../mine"}
	for want, l := range map[string]*linked{
		"is replaced by ../mine in go.mod": replaced, "isn't in the module cache": gone, "isn't below": outside,
		"is of no module": {Dir: dir},
	} {
		if err := l.termsInto(map[string]*terms{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	found := map[string]*terms{}
	for _, l := range []*linked{{Dir: dir, Standard: true}, {Dir: dir, Module: &linkedModule{Path: "ours", Main: true}}} {
		if err := l.termsInto(found); err != nil || len(found) > 0 {
			t.Errorf("%v %v", found, err)
		}
	}
}

// TestNotices: all that curfew links today may be handed on, and its notices are the same each time they are written.
func TestNotices(t *testing.T) {
	for _, name := range []string{"go.mod", "go.sum"} { // with which the modules change: Go's test cache doesn't see what go list reads
		if _, err := os.ReadFile(filepath.Join("../..", name)); err != nil {
			t.Fatal(err)
		}
	}
	var texts [2][]byte
	for i := range texts {
		into := filepath.Join(t.TempDir(), "bin", "licenses.txt")
		err := run(t.Context(), []string{"notices", "-into", into}, nil, os.Stderr)
		if err == nil || !strings.Contains(err.Error(), "LICENSE: no such file") {
			t.Errorf("outside of a repository: %v", err)
		}
		if err := notices(t.Context(), "../..", into); err != nil {
			t.Fatal(err)
		}
		if texts[i], err = os.ReadFile(into); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(texts[0], texts[1]) {
		t.Error("two texts of the same modules")
	}
	for _, part := range []string{"github.com/hashicorp/hcl v1.0.0 ", " MPL-2.0\n", "Copyright 2009 The Go Authors.", "Kirill Simonov"} {
		if !bytes.Contains(texts[0], []byte(part)) {
			t.Errorf("%q isn't in it", part)
		}
	}
}

// TestNoticeText: equal texts stand there once, with all whose they are; and curfew's own licence must be what it says.
func TestNoticeText(t *testing.T) {
	mit, apache := []byte("Copyright 2019 Anna\n"+textOf(t, "MIT")), []byte(textOf(t, "Apache-2.0"))
	found := map[string]*terms{
		"b": {name: "b v2", files: map[string][]byte{"LICENSE": mit}},
		"a": {name: "a v1", files: map[string][]byte{"LICENSE.txt": mit}},
	}
	got, err := noticeText(apache, found)
	if err != nil {
		t.Fatal(err)
	}
	_, got, _ = bytes.Cut(got, []byte("\n\n"))
	want := "a v1  MIT\nb v2  MIT\n\n" + ruler + "\ncurfew: LICENSE\n" + ruler + "\n\n" + string(apache) + "\n" +
		ruler + "\na v1: LICENSE.txt\nb v2: LICENSE\n" + ruler + "\n\n" + string(mit)
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if _, err := noticeText(mit, found); err == nil || !strings.Contains(err.Error(), "LICENSE isn't the Apache License 2.0") {
		t.Errorf("another licence of our own: %v", err)
	}
}

// FuzzRecognise: what is added to a licence and binds is never passed over.
func FuzzRecognise(f *testing.F) {
	all, err := licences()
	if err != nil {
		f.Fatal(err)
	}
	src, err := licenceTexts.ReadFile("licences/MIT.txt")
	if err != nil {
		f.Fatal(err)
	}
	f.Add("Copyright (c) 2019 Anna\n", "\nFiles: a/*")
	f.Add("Copyright 2019 ", "x\n")
	f.Add("", "1. ")
	f.Fuzz(func(t *testing.T, before, after string) {
		if ids, err := recognise(all, before+"\nUsers must pay.\n"+string(src)+after); err == nil {
			t.Errorf("%q %q: passed as %v", before, after, ids)
		}
	})
}

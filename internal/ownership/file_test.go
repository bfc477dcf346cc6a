package ownership

import (
	"slices"
	"strings"
	"testing"
)

func TestOf(t *testing.T) {
	f, err := Parse("CODEOWNERS", []byte("# who\n*  @acme/all\n/.github/ @acme/appsec @anna anna@example.com\n/.github/free\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct {
		owners []string
		line   int
	}{
		"main.go":             {[]string{"@acme/all"}, 2},
		".github/curfew.yml":  {[]string{"@acme/appsec", "@anna", "anna@example.com"}, 3},
		".github/free":        {nil, 4},
		"docs/.github/curfew": {[]string{"@acme/all"}, 2},
	} {
		if owners, line := f.Of(name); !slices.Equal(owners, want.owners) || line != want.line {
			t.Errorf("%s: %v at line %d", name, owners, line)
		}
	}
	empty, err := Parse("CODEOWNERS", nil)
	if err != nil {
		t.Fatal(err)
	}
	if owners, line := empty.Of("main.go"); owners != nil || line != 0 {
		t.Errorf("nobody's file is of %v at line %d", owners, line)
	}
	for src, want := range map[string]string{"# x\n* hunter2\n": "docs/CODEOWNERS:2: expected", "* @acme/web\n/[x @a\n/***": "docs/CODEOWNERS:2", "* @acme/web\n/ @acme/web": "docs/CODEOWNERS:2", "* " + strings.Repeat("@x ", 1<<16): "longer than is read"} {
		if _, err := Parse("docs/CODEOWNERS", []byte(src)); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%.20q: %v", src, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("/.github/ @acme/appsec # why\n*.go\n"), ".github/curfew.yml")
	f.Add([]byte("/"), "0")
	f.Fuzz(func(t *testing.T, src []byte, name string) {
		file, err := Parse("CODEOWNERS", src)
		if err != nil {
			return
		}
		owners, line := file.Of(name)
		if line == 0 && len(owners) > 0 || line > strings.Count(string(src), "\n")+1 {
			t.Errorf("%v at line %d", owners, line)
		}
	})
}

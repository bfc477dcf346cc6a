package yamltree

import (
	"errors"
	"testing"
)

func TestErrors(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"tab", "a:\n\tb: c\n", "f.yml:2:1: found a tab at the beginning of a line: indent with spaces"},
		{"colon", "a: b: c\n", "f.yml:1:1: found \": \" inside of a value: quote the value, or check the indentation"},
		{"open quote", "a: b\nc: \"d\n", "f.yml:2:1: the quote that begins here isn't closed"},
		{"open list", "a: b\nc: [d,\n  e\nf: g\n", "f.yml:3:3: expected \",\" or \"]\": the list isn't closed"},
		{"missing key", "jobs:\n  a:\n    b: c\n    - d\n", "f.yml:4:5: expected a key: check the indentation here and above"},
		{"dedent", "a:\n    b: c\n  d: e\n", "f.yml:3:3: expected a key: check the indentation here and above"},
		{"escape", "a: b\nc: \"d\\.\"\n", `f.yml:2:1: found a backslash before a character that needs none: use single quotes, or write "\\"`},
		{"unknown alias", "a: b\nc: [*d]\n", "f.yml:2:5: alias *d has no anchor &d before it"},
		{"loop", "a: &a\n  b: [*a]\n", "f.yml:2:7: alias *a stands inside of its own anchor"},
		{"control character", "a: b\nc: \x01\n", "f.yml:2:4: found the control character U+0001: remove it"},
		{"not UTF-8", "a: é\xff\n", "f.yml:1:5: the file is not UTF-8 here"},
		{"UTF-16", "\xff\xfea\x00", "f.yml:1:1: the file is UTF-16: save it as UTF-8"},
		{"inner mark", "a:\n  \ufeffb: c\n", "f.yml:2:3: found a byte order mark (U+FEFF) inside the file: remove it"},
		{"second document", "a: b\n---\nc: d\n", "f.yml:2:1: found a second document: one is read"},
		{"behind the document", "[a]\nb\n", "f.yml:2:1: expected the end of the file: nothing may follow here"},
		{"reserved", "a: @b\n", "f.yml:1:1: found a character that no value begins with: quote the value"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("f.yml", []byte(tt.src), Limits{})
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			if got := err.Error(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

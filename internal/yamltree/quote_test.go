package yamltree

import (
	"testing"
	"unicode/utf8"
)

// FuzzQuote: what is quoted is read back as it was, and as a text.
func FuzzQuote(f *testing.F) {
	for _, s := range []string{
		"", "main", ".github/workflows/ci.yml", ".5", ".inf", ".NaN", "no", "1.0", "2026-11-28", "~", "a: b", "#", "##[error]x", "\x00", "\u2028",
		"it's \\ \"odd\"", "a\nb\tc", "\U000e0041", "- x", "&a", "<<", "0x1f", "1e3", "=",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return
		}
		text := Quote(s)
		doc, err := Parse("x.yml", []byte("value: "+text+"\nlist: ["+text+"]\n"), Limits{})
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		one, all := doc.Root.Pairs[0].Value, doc.Root.Pairs[1].Value
		if one.Value != s || one.Tag != "!!str" || len(all.Items) != 1 || all.Items[0].Value != s {
			t.Errorf("%q is read as %q (%s)", text, one.Value, one.Tag)
		}
	})
}

package issuance

import (
	"slices"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/manifest"
)

func TestNamed(t *testing.T) {
	a, b := strings.Repeat("9f2c41e0", 5), strings.Repeat("0a1b2c3d", 8)
	for _, tt := range []struct {
		text string
		kind manifest.Reference
		want string
	}{
		{"deploy " + a, manifest.ReferenceSHA, a},
		{a, manifest.ReferenceSHA, a},
		{"https://github.com/acme/web/commit/" + a + ".", manifest.ReferenceSHA, a},
		{"`" + a + "` and (" + a + ")", manifest.ReferenceSHA, a},
		{"sha256:" + b, manifest.ReferenceSHA, b},
		{a + " or " + b, manifest.ReferenceSHA, b + " " + a},
		{a[:39], manifest.ReferenceSHA, ""},
		{a + "0", manifest.ReferenceSHA, ""},
		{"x" + a, manifest.ReferenceSHA, ""},
		{strings.ToUpper(a), manifest.ReferenceSHA, ""},
		{a[:20] + "\u200b" + a[20:], manifest.ReferenceSHA, ""},
		{"run 12055500123", manifest.ReferenceSHA, ""},
		{"run 12055500123", manifest.ReferenceRun, "12055500123"},
		{"Run: #12055500123!", manifest.ReferenceRun, "12055500123"},
		{"https://github.com/acme/web/actions/runs/12055500123/attempts/1", manifest.ReferenceRun, "12055500123"},
		{"run 1 and run 2", manifest.ReferenceRun, "1 2"},
		{"12055500123", manifest.ReferenceRun, ""},
		{"overrun 12055500123", manifest.ReferenceRun, ""},
		{"run 12055500123abc", manifest.ReferenceRun, ""},
		{"run " + strings.Repeat("1", 20), manifest.ReferenceRun, ""},
	} {
		if got := strings.Join(Named(tt.text, tt.kind), " "); got != tt.want {
			t.Errorf("%q names %q, want %q", tt.text, got, tt.want)
		}
	}
}

// FuzzNamed: what a text is taken to name stands in it, whole.
func FuzzNamed(f *testing.F) {
	f.Add("deploy " + strings.Repeat("9f2c41e0", 5) + " of run 12055500123")
	f.Add("runs/1 runs/2 " + strings.Repeat("ab", 32))
	f.Fuzz(func(t *testing.T, text string) {
		for _, kind := range []manifest.Reference{manifest.ReferenceSHA, manifest.ReferenceRun} {
			all := Named(text, kind)
			for _, named := range all {
				words := strings.FieldsFunc(text, func(r rune) bool {
					return r > 'z' || r < '0' || r > '9' && r < 'A' || r > 'Z' && r < 'a' && r != '_'
				})
				whole := slices.ContainsFunc(words, func(w string) bool {
					return w == named || kind == manifest.ReferenceRun && strings.HasSuffix(w, named) // "run12"
				})
				if !whole {
					t.Errorf("%q isn't a word of %q", named, text)
				}
			}
			if again := Named(strings.Join(all, " "), kind); kind == manifest.ReferenceSHA && !slices.Equal(again, all) {
				t.Errorf("%q, again %q", all, again)
			}
		}
	})
}

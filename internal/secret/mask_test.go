package secret

import (
	"testing"

	"github.com/curfew-ci/curfew/internal/redact"
)

// A password that is a word of curfew's own language is hidden in lines of files, and leaves its texts readable; any
// other value is hidden in both.
func TestMaskers(t *testing.T) {
	random := fillRandom("{alnum:20}", 7)
	lines, texts := Maskers(Token{Value: redact.New([]byte("password"))}, Token{Value: redact.New([]byte("Password"))}, Token{Value: redact.New([]byte(random))})
	for _, c := range []struct{ text, inLines, inTexts string }{
		{"a password in a netrc file", "a [redacted] in a netrc file", "a password in a netrc file"},
		{"Password or not", "[redacted] or not", "[redacted] or not"},
		{"what " + random + " opens", "what [redacted] opens", "what [redacted] opens"},
	} {
		if got := lines.Mask(c.text); got != c.inLines {
			t.Errorf("in a line: %q, want %q", got, c.inLines)
		}
		if got := texts.Mask(c.text); got != c.inTexts {
			t.Errorf("in a text: %q, want %q", got, c.inTexts)
		}
	}
}

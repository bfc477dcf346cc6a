package recording

import (
	"io"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/secret/planted"
)

// printing is what a recording shows of a text that is printed.
func printing(t *testing.T, text string) string {
	t.Helper()
	r, out := recorder(t, newClock(), engine())
	_, _ = io.WriteString(r.Stream(), text)
	return printed(end(t, r, out))
}

// TestUnseen prints credentials among what a terminal doesn't show: none is in the recording.
func TestUnseen(t *testing.T) {
	for name, beside := range map[string][2]string{
		"colour": {"\x1b[1;32m", "\x1b[0m"}, "tput bold and sgr0": {"\x1b[1m", "\x1b(B\x1b[m"}, "sgr0 before": {"\x1b(B\x1b[m", ""},
		"a console's sgr0": {"\x1b[1m", "\x1b[m\x0f"}, "saved cursor": {"\x1b7", "\x1b8"}, "C1": {"\u009b1m", "\u009b0m"}, "a mode": {"\x1b[?25l", "\x1b[?25h"},
	} {
		for _, s := range planted.All(1) {
			if strings.ContainsAny(s.Value, "\n\\") {
				continue
			}
			text := printing(t, strings.Replace(s.Content, s.Value, beside[0]+s.Value+beside[1], 1))
			if found := planted.Find([]byte(text), s); len(found) > 0 {
				t.Errorf("%s: %s: %q", name, s.Detector, text)
			}
		}
	}
	for _, s := range planted.All(1) { // what ends a word
		for _, behind := range []string{"\x00NEXT=1\x00", "\b\b", "\a", "\x1b", "\x1b]0;title\a"} {
			if !strings.HasSuffix(s.Content, s.Value+"\n") || strings.Contains(s.Value, "\n") {
				continue
			}
			text := printing(t, strings.TrimSuffix(s.Content, "\n")+behind+"\n")
			if found := planted.Find([]byte(text), s); len(found) > 0 || !strings.HasSuffix(text, behind+"\n") {
				t.Errorf("%q behind: %s: %q", behind, s.Detector, text)
			}
		}
	}
	tok := token(t, 3)
	for _, text := range []string{"\x1b]0;" + tok + "\a", "\x1b]8;;https://" + tok + "@example.com\x1b\\here\x1b]8;;\x1b\\"} {
		if got := printing(t, text); strings.Contains(got, tok) {
			t.Errorf("in a sequence's own text: %q", got)
		}
	}
}

// TestSeen says of each byte where it stands.
func TestSeen(t *testing.T) {
	for text, want := range map[string]string{
		"a\tb\r\n": "a\tb\r\n", "a\x1b[1mb": "ab", "a\x1b(Bb": "ab", "a\x1b]0;t\ab": "a 0;t b", "a\x1b[1": "a 1", "\x1b": " ", "a\x1b(": "a (",
		"a\x00b\x7fc": "a b c", "ü\u009b1mß\u0085": "üß ", "\x1b[31;\xffm": " 31;\xffm", "a\x0eb\x0fc": "abc", "\xff\xc2": "\xff\xc2",
	} {
		plain, at := seen([]byte(text))
		if string(plain) != want {
			t.Errorf("%q: %q, expected %q", text, plain, want)
		}
		for i, from := range at {
			if c := text[from]; plain[i] != c && plain[i] != ' ' {
				t.Errorf("%q: byte %d is said to stand at %d", text, i, from)
			}
		}
	}
}

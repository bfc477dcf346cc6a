package recording

import (
	"fmt"
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

// TestCutKey: of a private key that was cut off nothing is shown, whatever stands around it, and of what follows all.
func TestCutKey(t *testing.T) {
	for _, s := range planted.All(2) {
		if s.Detector != "private-key" && s.Detector != "putty-private-key" {
			continue
		}
		key := strings.SplitAfter(s.Value, "\n")
		if s.Detector == "private-key" {
			key = key[1:] // behind the frame
		}
		whole := s.Content[:strings.Index(s.Content, key[0])] + key[0]
		body := strings.TrimSpace(key[0])
		for name, text := range map[string]string{
			"at the end": whole, "within a line": whole[:len(whole)-10], "text behind": whole + "scp: connection lost\n",
			"a certificate behind": whole + "-----BEGIN CERTIFICATE-----\nend: here\n", "coloured": strings.ReplaceAll(whole, "\n", "\x1b[0m\n\x1b[32m"),
			"indented": strings.ReplaceAll(whole, "\n", "\n    "), "escaped": strings.ReplaceAll(whole, "\n", `\n`),
		} {
			got := printing(t, "before\n"+text)
			if strings.Contains(got, body[:len(body)-12]) || !strings.Contains(got, "before\n") {
				t.Errorf("%s %s: %q", s.Detector, name, got)
			}
			if strings.Contains(text, "lost") && !strings.Contains(got, "scp: connection lost\n") {
				t.Errorf("%s %s: more is hidden: %q", s.Detector, name, got)
			}
		}
	}
	text := fmt.Sprintf("grep: -----BEGIN RSA %s-----\nno key is in this file\n", "PRIVATE KEY")
	if got := printing(t, text); got != text {
		t.Errorf("%q", got)
	}
}

// FuzzSeen: each byte has its place, in order, and of what is shown nothing is lost.
func FuzzSeen(f *testing.F) {
	for _, text := range []string{"a\x1b[1;31mb\x1b(B\x1b[m", "\x1b]0;t\a\u009b1m\x1b", "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIE\x00", "\x1b[\xff"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		plain, at := seen(text)
		if at == nil && string(plain) != string(text) || at != nil && len(at) != len(plain) {
			t.Fatalf("%q: %q at %v", text, plain, at)
		}
		for i := range at {
			if i > 0 && at[i] <= at[i-1] || at[i] >= len(text) {
				t.Fatalf("%q: %v", text, at)
			}
		}
		for _, key := range keyBodies(plain) {
			if key.Start < 0 || key.Start >= key.End || key.End > len(plain) {
				t.Fatalf("%q: a key at %v", plain, key.Range)
			}
		}
	})
}

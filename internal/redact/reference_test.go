package redact

import (
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sequence is a terminal's sequence as ECMA-48 has it.
var sequence = regexp.MustCompile("\x1b+(?:\\[[\x20-\x3f]*[\x40-\x7e]|[\x20-\x2f]+[\x30-\x7e])")

// bare is text without what gaps matches, and for each of its bytes where that stands in text.
func bare(text string, gaps *regexp.Regexp) (string, []int) {
	var out []byte
	var at []int
	from := 0
	for _, m := range append(gaps.FindAllStringIndex(text, -1), []int{len(text), len(text)}) {
		for i := from; i < m[0]; i++ {
			out, at = append(out, text[i]), append(at, i)
		}
		from = m[1]
	}
	return string(out), at
}

// hidden says of each byte of text whether a Stream hides it.
func hidden(text string, secrets ...Secret) []bool {
	s := NewStream(discard{}, secrets...)
	s.heed()
	s.look([]byte(text))
	out := make([]bool, len(text))
	for _, r := range s.hits {
		for i := r.Start; i < r.End; i++ {
			out[i] = true
		}
	}
	return out
}

// occurrences are the places of all forms in text, without what a run adds.
func occurrences(text string, secrets ...Secret) []Range {
	var out []Range
	for _, f := range formsOf(secrets) {
		out = append(out, placesOf(text, f.text)...)
	}
	slices.SortFunc(out, func(a, b Range) int { return a.Start - b.Start })
	return out
}

// placesOf are all places of a part in text, overlapping ones too.
func placesOf(text, part string) []Range {
	var out []Range
	for at := 0; ; at++ {
		i := strings.Index(text[at:], part)
		if i < 0 {
			return out
		}
		at += i
		out = append(out, Range{at, at + len(part)})
	}
}

// FuzzStreamSequences holds a Stream to a slow search of the text without a terminal's sequences: whatever is found there or in the
// text itself is hidden, and nothing else.
func FuzzStreamSequences(f *testing.F) {
	f.Add([]byte("abc"), []byte("\x00\x01\x05\x23\x42\x81"))
	f.Add([]byte("hunter2hunter3"), []byte("\x03\x10\x20\x33\x46\x50\x61\xff\x01\x02"))
	f.Fuzz(func(t *testing.T, letters, script []byte) {
		value, text := composed(letters, script)
		if len(text) > 4000 {
			return
		}
		holdToReference(t, value, text)
	})
}

// composed is a value and a text of pieces of its forms, with sequences and spaces between them.
func composed(letters, script []byte) (value, text string) {
	const alphabet = "abcdefgh1234"
	for _, c := range letters[:min(len(letters), 24)] {
		value += string(alphabet[int(c)%len(alphabet)])
	}
	for len(value) < minSearch {
		value += "a"
	}
	forms := []string{
		value, value, hex.EncodeToString([]byte(value)), base64.StdEncoding.EncodeToString([]byte(value)),
		base64.StdEncoding.EncodeToString([]byte("x" + value + "y")),
	}
	seqs := []string{"\x1b[m", "\x1b[01;31m\x1b[K", "\x1b(B", "\x1b[0m", " "}
	var b strings.Builder
	for i := 0; i+1 < len(script); i += 2 {
		form := forms[int(script[i]>>5)%len(forms)]
		from := int(script[i]&31) % len(form)
		to := min(from+1+int(script[i+1]&31), len(form))
		b.WriteString(form[from:to])
		if n := script[i+1] >> 5; int(n) < len(seqs) {
			b.WriteString(seqs[n])
		}
		if script[i]&31 == 31 {
			b.WriteString(form)
		}
	}
	return value, b.String()
}

// holdToReference compares what a Stream hides of text with what is found in it without its sequences.
func holdToReference(t *testing.T, value, text string) {
	t.Helper()
	secret := New([]byte(value))
	got := hidden(text, secret)
	plain, at := bare(text, sequence)
	may := make([]bool, len(text))
	for _, r := range occurrences(plain, secret) {
		for i := at[r.Start]; i <= at[r.End-1]; i++ {
			may[i] = true
			if !got[i] {
				t.Fatalf("%q of %q: shows byte %d, of %q", value, text, i, plain[r.Start:r.End])
			}
		}
	}
	if slices.ContainsFunc(formsOf([]Secret{secret}), func(f form) bool { return strings.ContainsAny(f.text[:1], "mKB") }) {
		return // what ends a sequence may begin a form as well
	}
	for i, is := range got {
		if is && !may[i] && !isBase64(text[i]) && text[i] != '=' { // a run goes on
			t.Fatalf("%q of %q: hides byte %d for nothing", value, text, i)
		}
	}
}

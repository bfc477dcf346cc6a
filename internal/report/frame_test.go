package report

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestRuneWidth(t *testing.T) {
	for _, c := range []struct {
		s    string
		want int
	}{
		{"a", 1},
		{"é", 1},
		{"ß", 1},
		{"→", 1},
		{"…", 1},
		{"漢", 2},
		{"か", 2},
		{"한", 2},
		{"！", 2},
		{"🚀", 2},
		{"🔑", 2},
		{"⚠", 1},
		{"⚡", 2},
		{"𝕏", 1},
		{"\u0301", 0},
		{"\ufe0f", 0},
		{"ｶ", 1},
		{"😀", 2},
		{"𠀀", 2},
	} {
		if got := runeWidth([]rune(c.s)[0]); got != c.want {
			t.Errorf("%s (%U): %d columns, want %d", c.s, []rune(c.s)[0], got, c.want)
		}
	}
}

func TestCells(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"\ta\tb", "    a   b"},
		{"abcd\te", "abcd    e"},
		{"漢\tx", "漢  x"},
		{"a\x1b[31m\u202e", `a\x1b[31m\u202e`},
		{"##[x]", `##\x5bx]`},
		{"\xffz", `\xffz`},
	} {
		var b strings.Builder
		for _, cell := range cells(c.line) {
			b.WriteString(cell.text)
		}
		if b.String() != c.want {
			t.Errorf("%q is shown as %q, want %q", c.line, b.String(), c.want)
		}
	}
}

// TestCaretsStandUnderTheRegion: whatever stands before and however much is cut, the first caret's
// column is that of the region's first code point, and no line is wider than it may be.
func TestCaretsStandUnderTheRegion(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	filler := []string{"a", "\t", "漢", "🚀", "\x1b", "e\u0301", " ", "word "}
	draw := func(n int) string {
		var b strings.Builder
		for range rnd.IntN(n + 1) {
			b.WriteString(filler[rnd.IntN(len(filler))])
		}
		return b.String()
	}
	for range 2000 {
		before, after := draw(200), draw(200)
		line := before + "X" + strings.Repeat("=", rnd.IntN(200)) + after
		from := len([]rune(before))
		to := from + strings.Count(line, "=") + 1
		w := trim(cells(line), from, to)
		x := strings.Index(w.text, "X")
		if x < 0 {
			t.Fatalf("%q: the region's first code point is cut: %q", line, w.text)
		}
		if got := cellsWidth(cells(w.text[:x])); got != w.before {
			t.Fatalf("%q: X is in column %d, the first caret in %d of\n%q", line, got, w.before, w.text)
		}
		marked := w.text[x : x+1+strings.Count(w.text, "=")]
		if len(marked) != w.carets {
			t.Fatalf("%q: %d carets under %q", line, w.carets, marked)
		}
		if width := cellsWidth(cells(w.text)); width > maxColumns+2*leadIn {
			t.Fatalf("%q: shown %d columns wide", line, width)
		}
	}
}

func TestShortIDs(t *testing.T) {
	r := clean()
	for _, id := range []string{"00000000aaaa", "00000000aaab", "00000000b", "12345678ffff", "short", "12"} {
		f := example().result.Findings[0]
		f.Fingerprint = id
		r.Findings = append(r.Findings, f)
	}
	want := map[string]string{
		"00000000aaaa": "00000000aaaa", "00000000aaab": "00000000aaab", "00000000b": "00000000b",
		"12345678ffff": "12345678", "short": "short", "12": "12",
	}
	got := shortIDs(r)
	for id, prefix := range want {
		if got[id] != prefix {
			t.Errorf("%s is shortened to %q, want %q", id, got[id], prefix)
		}
	}
}

func TestNumber(t *testing.T) {
	for n, want := range map[int]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 1204: "1,204", 1234567: "1,234,567", -1000: "-1,000"} {
		if got := number(n); got != want {
			t.Errorf("number(%d) = %s, want %s", n, got, want)
		}
	}
}

package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// wrap breaks text into lines of so many bytes.
func wrap(text string, width int, brk string) string {
	var out strings.Builder
	for len(text) > width {
		out.WriteString(text[:width] + brk)
		text = text[width:]
	}
	return out.String() + text
}

// shown is text without what no eye minds: white space and sequences of a terminal's.
func shown(text string) string {
	for _, hidden := range []string{"\x1b[01;31m\x1b[K", "\x1b[m\x1b[K", "\x1b(B", "\\r", "\\n", "\r", "\n", " ", "\t"} {
		text = strings.ReplaceAll(text, hidden, "")
	}
	return text
}

// TestStreamWrapped: base64 and hexadecimal digits that were wrapped, as tools wrap them, show nothing of a value, wherever in a line it
// begins. Of what isn't wrapped with it all is there.
func TestStreamWrapped(t *testing.T) {
	value := "s3cr3t/of" + "a+run=-it&more?"
	rnd := rand.New(rand.NewPCG(5, 6))
	for _, brk := range []string{"\n", "\r\n", "\n    ", "\n\t", `\n`, `\r\n`, "\x1b[m\x1b[K\n"} {
		for _, width := range []int{60, 64, 76, 80} {
			for before := range 80 {
				for _, core := range base64Cores([]byte(value)) {
					stream := strings.Repeat("x", before+width) + core + "yyy"
					got := streamed(t, rnd, "begin\n"+wrap(stream, width, brk)+"\nend\n", 90, New([]byte(value)))
					if !strings.Contains(got, Placeholder) || strings.Contains(shown(got), core[:4]) || strings.Contains(shown(got), core[len(core)-4:]) {
						t.Fatalf("%d before, lines of %d, %q: %q", before, width, brk, got)
					}
					if !strings.HasPrefix(got, "begin\n"+strings.Repeat("x", width)) || !strings.HasSuffix(got, "end\n") {
						t.Fatalf("%d before, lines of %d, %q: too little is left in %q", before, width, brk, got)
					}
				}
				digits := hex.EncodeToString([]byte(strings.Repeat("x", before+width) + value + "y"))
				got := streamed(t, rnd, wrap(digits, width, brk), 90, New([]byte(value)))
				if want := hex.EncodeToString([]byte(strings.Repeat("x", before+width))) + Placeholder + "79"; shown(got) != want {
					t.Fatalf("%d before, lines of %d, %q: %q, want %q", before, width, brk, shown(got), want)
				}
			}
		}
	}
}

// TestStreamColoured: what colours a part of a value, as grep does it, keeps none of it from being hidden.
func TestStreamColoured(t *testing.T) {
	value := "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"
	rnd := rand.New(rand.NewPCG(7, 8))
	for from := range value {
		for to := from + 1; to <= len(value); to++ {
			text := "TOKEN=" + value[:from] + "\x1b[01;31m\x1b[K" + value[from:to] + "\x1b[m\x1b[K" + value[to:] + "\n"
			got := strings.NewReplacer("\x1b[01;31m\x1b[K", "", "\x1b[m\x1b[K", "").Replace(streamed(t, rnd, text, 20, New([]byte(value))))
			if got != "TOKEN="+Placeholder+"\n" {
				t.Fatalf("%q: %q", text, got)
			}
		}
	}
}

// TestStreamGaps: what may stand within a value, and what it takes for a value to end.
func TestStreamGaps(t *testing.T) {
	const value = "hunter2hunter3hunter4"
	rnd := rand.New(rand.NewPCG(9, 10))
	for text, want := range map[string]string{
		"h\x1b[0munter2hunter3hunter4":                           Placeholder,
		"hunter\x1b(B\x1b[m2hunter3hunter4!":                     Placeholder + "!",
		"hunter\x1b\x1b[m2hunter3hunter4":                        Placeholder,
		"hunter2hunter3hunter4\x1b[m":                            Placeholder + "\x1b[m",
		"hunter2\x1b[1mhunter3\x1b[mhunter4":                     Placeholder,
		"hunter2hunter3hun\nter4 folded":                         Placeholder + " folded",
		"hunter2hunter3hun\r\n  ter4":                            Placeholder,
		"hunter2hunter3hun\x1b[0m\nter4":                         Placeholder,
		strings.Repeat("x", 60) + "h\nunter2hunter3hun\nter4":    strings.Repeat("x", 60) + "h\n" + Placeholder,
		"hunter2\nhunter3hunter4":                                "hunter2\nhunter3hunter4", // two lines of a list
		"hunter2hunter3 hunter4":                                 "hunter2hunter3 hunter4",
		"hunter2hunter3hun\n-ter4":                               "hunter2hunter3hun\n-ter4",
		"hunter\x1b[hunter2hunter3hunter4":                       "hunter\x1b[" + Placeholder, // as a file has it
		"hunter\x1b[\x01munter2hunter3hunter4":                   "hunter\x1b[\x01munter2hunter3hunter4",
		"hunter" + strings.Repeat("\x1b[m", 86) + "2hunter3":     "hunter" + strings.Repeat("\x1b[m", 86) + "2hunter3",
		"hunter2" + strings.Repeat("\x1b[m", 70) + value[7:]:     Placeholder,
		"hunter2" + strings.Repeat("\x1b[m", 90) + value[7:]:     "hunter2" + strings.Repeat("\x1b[m", 90) + value[7:],
		"hunter2hunter3hunter" + strings.Repeat("\n", 300) + "4": "hunter2hunter3hunter" + strings.Repeat("\n", 300) + "4",
	} {
		for _, most := range []int{1, 2, 1000} {
			if got := streamed(t, rnd, text, most, New([]byte(value))); got != want {
				t.Errorf("%q in pieces of %d: %q, want %q", text, most, got, want)
			}
		}
	}
}

// TestStreamLinesOfOthers: the lines of a value are found with carriage returns, as a terminal or Windows has them, though each is short.
func TestStreamLinesOfOthers(t *testing.T) {
	rnd := rand.New(rand.NewPCG(11, 12))
	value := New([]byte("user=a\npin=b\nend"))
	for _, text := range []string{"user=a\npin=b\nend", "user=a\r\npin=b\r\nend", "user=a\npi\x1b[mn=b\r\nend"} {
		if got := streamed(t, rnd, "x"+text+"y", 3, value); got != "x"+Placeholder+"y" {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// TestStreamShowsLines: a line comes through with its end, though it ends as a value begins, and a terminal's sequence too where no
// value goes on. Only a long run of base64 that ends in more than one character of a value waits for the next line.
func TestStreamShowsLines(t *testing.T) {
	for _, line := range []string{
		"done h\n", "commit " + strings.Repeat("a", 39) + "h\n", "sha256:" + strings.Repeat("a", 63) + "h\n",
		"sha256:" + strings.Repeat("a", 63) + "h\r\n", "h\n", "hunter2h\n", "h\r", "\x1b[1mdone\x1b[0m", "h\\",
	} {
		var out bytes.Buffer
		s := NewStream(&out, New([]byte("hunter2hunter3hunter4")))
		if _, err := s.Write([]byte(line)); err != nil || out.String() != line {
			t.Errorf("%q is written: %q shows, %v", line, out.String(), err)
		}
	}
}

// TestStreamHoldsBounded: no gap has a stream hold more than a value and its gaps.
func TestStreamHoldsBounded(t *testing.T) {
	value := "hunter2hunter3hunter4"
	for _, filler := range []string{"\x1b[m", "\n", " \n\t", "\\n", "\r", "\x1b[1;", "\x1b", "h\x1b[m", value[:20] + "\n"} {
		s := NewStream(&bytes.Buffer{}, New([]byte(value)))
		most := 0
		for _, text := range []string{value[:20], "\n", strings.Repeat(filler, 20_000)} {
			for c := range strings.SplitSeq(text, "") {
				if _, err := s.Write([]byte(c)); err != nil {
					t.Fatal(err)
				}
				most = max(most, len(s.held))
			}
		}
		if bound := len(value) * (maxGap + 1); most > bound {
			t.Errorf("%q over and over: %d bytes are held, expected at most %d", filler, most, bound)
		}
	}
}

// TestStreamGapsAnyPieces: what comes out depends on the bytes alone with gaps, too, and where a value is hidden without them, it is so
// with them.
func TestStreamGapsAnyPieces(t *testing.T) {
	rnd := rand.New(rand.NewPCG(13, 14))
	pieces := []string{"\n", "\r\n", "\r", "\x1b[m", "\x1b[0", "\x1b", `\n`, `\`, " ", "a", "b", "ab", strings.Repeat("ab", 24)}
	hidden := 0
	for range 3000 {
		value := "abba" + strings.Repeat("ab", rnd.IntN(12)) + "baab"
		if rnd.IntN(3) == 0 {
			value = "ab\nab" + value
		}
		coded := base64.StdEncoding.EncodeToString([]byte(value))
		var text strings.Builder
		for range rnd.IntN(20) {
			from := []string{value, value, coded, hex.EncodeToString([]byte(value))}[rnd.IntN(4)]
			cut := rnd.IntN(len(from))
			text.WriteString(pieces[rnd.IntN(len(pieces))] + from[:cut] + pieces[rnd.IntN(len(pieces))] + from[cut:])
		}
		want := streamed(t, rnd, text.String(), 1<<20, New([]byte(value)))
		hidden += strings.Count(want, Placeholder)
		for _, most := range []int{1, 3, 17} {
			if got := streamed(t, rnd, text.String(), most, New([]byte(value))); got != want {
				t.Fatalf("%q with %q in pieces of %d:\ngot  %q\nwant %q", text.String(), value, most, got, want)
			}
		}
		if plain := masked(text.String(), New([]byte(value))); strings.Count(want, value) > strings.Count(plain, value) {
			t.Fatalf("%q with %q: %q, and without gaps %q", text.String(), value, want, plain)
		}
	}
	if hidden < 3000 {
		t.Errorf("only %d values were hidden: that shows little", hidden)
	}
}

func BenchmarkStreamBase64(b *testing.B) {
	line := []byte(wrap(strings.Repeat("Zm9vYmFyYmF6cXV4", 4000), 76, "\n"))
	b.SetBytes(int64(len(line)))
	s := NewStream(discard{}, New(fmt.Append(nil, strings.Repeat("FwoGZXIvYXdzEJr", 20))))
	for b.Loop() {
		if _, err := s.Write(line); err != nil {
			b.Fatal(err)
		}
	}
}

package engine

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/zricethezav/gitleaks/v8/detect/codec"
)

// firstSegments lists what the library's decoder decodes in its first pass.
func firstSegments(text string) []Span {
	_, segments := codec.NewDecoder().Decode(text, nil)
	var out []Span
	for _, s := range segments {
		at := reflect.ValueOf(s).Elem().FieldByName("encoded") // which has no accessor
		out = append(out, Span{int(at.Field(0).Int()), int(at.Field(1).Int())})
	}
	return out
}

// randomLines is a random range of whole lines of a text.
func randomLines(rnd *rand.Rand, text string) (from, to int) {
	boundary := func() int {
		at := rnd.IntN(len(text) + 1)
		if nl := strings.IndexByte(text[at:], '\n'); nl >= 0 && rnd.IntN(4) > 0 {
			return at + nl + 1
		}
		return strings.LastIndexByte(text[:at], '\n') + 1
	}
	from, to = boundary(), boundary()
	if rnd.IntN(3) == 0 {
		to = len(text)
	}
	if rnd.IntN(3) == 0 {
		from = 0
	}
	return min(from, to), max(from, to)
}

// checkLines holds the lines of a part of a text against what the library decodes of the whole. It returns
// how many lines were listed, and how many of these for nothing.
func checkLines(t *testing.T, text string, from, to int) (listed, vain int) {
	t.Helper()
	got := encodedLines([]byte(text), from, to, nil)
	want := firstSegments(text)
	for i, s := range got {
		switch {
		case s.Start >= s.End || i > 0 && s.Start <= got[i-1].End:
			t.Fatalf("%q[%d:%d]: %v are not in order, or touch", text, from, to, got)
		case s.Start > 0 && text[s.Start-1] != '\n' || s.End < len(text) && text[s.End-1] != '\n':
			t.Fatalf("%q[%d:%d]: %v is not of whole lines", text, from, to, s)
		}
		if !overlaps(want, s) {
			vain++
		}
	}
	for _, w := range want {
		if from < to && w.Start < to && w.End > from && !contained(got, w) {
			t.Fatalf("%q[%d:%d]: %v lists no line of %v", text, from, to, got, w)
		}
	}
	return len(got), vain
}

func overlaps(spans []Span, s Span) bool {
	for _, o := range spans {
		if o.Start < s.End && s.Start < o.End {
			return true
		}
	}
	return false
}

func contained(spans []Span, s Span) bool {
	for _, o := range spans {
		if o.Start <= s.Start && s.End <= o.End {
			return true
		}
	}
	return false
}

func TestEncodedLines(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	listed, vain := 0, 0
	for range 10_000 {
		text := mutate(rnd, codedText(rnd))
		if rnd.IntN(2) == 0 {
			text += mutate(rnd, codedText(rnd))
		}
		from, to := randomLines(rnd, text)
		l, v := checkLines(t, text, from, to)
		listed, vain = listed+l, vain+v
	}
	if listed < 3000 {
		t.Errorf("%d spans: the texts show nothing", listed)
	}
	if vain*20 > listed {
		t.Errorf("%d of %d spans are for nothing", vain, listed)
	}
}

// What source code is full of is not encoded.
func TestEncodedLinesOfCode(t *testing.T) {
	for _, line := range []string{
		"import \"github.com/owner/repository/internal/package/name\"",
		"uses: actions/checkout@3f786850e387550fdab836ed7e6dc881de23001b # v4",
		"func aVeryLongNameOfAFunctionThatGoesOnAndOn(andItsArguments int) error {",
		"integrity sha512-vSlsuNKPYHmuWIvpKWXF8E0VvZh1HFmPaJcjVfDSVpTjcgVvOMTxKnOyLEWkTGGTzWg4zyDDgYmXYFdYQZ0dQQ==",
		"https://en.wikipedia.org/wiki/Caf%C3%A9_Procope?x=%E2%80%93",
		"fmt.Sprintf(\"%02x %08d %-30s %e0%%\", a, b)",
		"C:\\Users\\Public\\Documents\\unicode\\u12",
		"# ==================================================================",
		"// ----------------------------------------------------------------",
		"__attribute__((visibility(\"default\")))  SOME_LONG_CONSTANT_OF_THE_KERNEL = 0x0123456789abcdef0123456789abcdef",
		"U+00e9x U+12 U+ U++ i++ += U+00gg",
	} {
		if got := encodedLines([]byte(line), 0, len(line), nil); len(got) > 0 {
			t.Errorf("%q is taken for encoded", line)
		}
	}
}

func TestClusters(t *testing.T) {
	text := []byte("0\n2\n4\n6\n8\n0\n2\n4")
	for _, tt := range []struct {
		lines  []Span
		margin int
		want   []Span
	}{
		{nil, 1, nil},
		{[]Span{{4, 6}}, 0, []Span{{4, 6}}},
		{[]Span{{4, 6}}, 1, []Span{{2, 8}}},
		{[]Span{{4, 6}}, 2, []Span{{2, 8}}},
		{[]Span{{4, 6}}, 3, []Span{{0, 10}}},
		{[]Span{{4, 6}}, 100, []Span{{0, 15}}},
		{[]Span{{14, 15}}, 1, []Span{{12, 15}}},
		{[]Span{{0, 2}, {10, 12}}, 1, []Span{{0, 4}, {8, 14}}},
		{[]Span{{0, 2}, {6, 8}, {12, 14}}, 1, []Span{{0, 15}}},
	} {
		got := clusters(text, tt.lines, tt.margin, []Span{})
		if diff := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%v with %d (-want +got):\n%s", tt.lines, tt.margin, diff)
		}
	}
}

func FuzzEncodedLines(f *testing.F) {
	rnd := rand.New(rand.NewPCG(7, 8))
	for range 50 {
		f.Add(codedText(rnd), uint64(1))
	}
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		from, to := randomLines(rand.New(rand.NewPCG(seed, 0)), text)
		checkLines(t, text, from, to)
	})
}

// The decoder of this package's own source, which is ordinary code, and of a text of runs.
func BenchmarkEncodedLines(b *testing.B) {
	var code []byte
	files, err := filepath.Glob("*.go")
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		code = append(code, src...)
	}
	texts := map[string][]byte{
		"code":  code,
		"paths": bytes.Repeat([]byte("internal/secret/engine/encoded_test.go: averyLongIdentifierOfCode\n"), 4000),
		"spans": bytes.Repeat([]byte("key: c2VjcmV0K2tleS92YWx1ZQ==\n"), 4000),
	}
	for name, text := range texts {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			var spans []Span
			for b.Loop() {
				spans = encodedLines(text, 0, len(text), spans[:0])
			}
		})
	}
}

package secret

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/source"
)

// randomText is n pieces in a row, some of which end or begin in the middle of a line or a code point.
func randomText(rnd *rand.Rand, n int) string {
	pieces := []string{"key", "=", "\t", "\n", "\r\n", "'k3y7Value9Here'", "é", "\u00a0", "\xff", "\xe5\xad", "\n\n", "a.b=c-d_e"}
	var b strings.Builder
	for range n {
		b.WriteString(pieces[rnd.IntN(len(pieces))])
	}
	return b.String()
}

// Places are those of source.Text, whatever the bytes, also where one lies within a code point.
func TestRegionsAsSource(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	for range 300 {
		content := []byte(randomText(rnd, 1+rnd.IntN(30)) + "é字🔑\n\xc3字")
		var hits []hit
		for range 1 + rnd.IntN(8) {
			start := rnd.IntN(len(content))
			hits = append(hits, hit{region: span{start, start + 1 + rnd.IntN(len(content)-start)}})
		}
		text := source.NewText("a", content)
		for i, got := range regionsOf("a", content, hits) {
			if want := text.Region(hits[i].region.start, hits[i].region.end); got != want {
				t.Fatalf("bytes %+v of %q: got %+v, want %+v", hits[i].region, content, got, want)
			}
		}
	}
}

func TestLinesWith(t *testing.T) {
	content := []byte("mark\none\ntwo mark two\nthree\nfour mark")
	marks := linesWith(content, "mark")
	text := source.NewText("a", content)
	tests := []struct {
		start, end int
		want       bool
	}{
		{5, 8, false}, {9, 12, true}, {18, 21, true}, {22, 27, false}, {5, 10, true}, {20, 24, true}, {28, 30, true}, {0, 4, true}, {24, 29, true}, {4, 5, true}, {5, 5, false},
	}
	for _, tt := range tests {
		if got := meets(marks, text.Span(tt.start, tt.end)); got != tt.want {
			t.Errorf("%q: got %v, want %v", content[tt.start:tt.end], got, tt.want)
		}
	}
}

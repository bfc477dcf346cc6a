package engine

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// naive is what an automaton finds, found by looking at every offset for every literal.
func naive(literals []string, text []byte, from, to int) (hits []hit) {
	folded := slices.Clone(text)
	for i, c := range folded {
		if 'A' <= c && c <= 'Z' {
			folded[i] = c | 0x20
		}
	}
	for end := from + 1; end <= to; end++ {
		for n, l := range literals {
			if bytes.HasSuffix(folded[:end], []byte(l)) {
				hits = append(hits, hit{int32(n), int32(end)})
			}
		}
	}
	return hits
}

func sortHits(hits []hit) []hit {
	slices.SortFunc(hits, func(a, b hit) int { return int(a.end-b.end)*1000 + int(a.lit-b.lit) })
	return hits
}

func TestAutomatonFindsEveryLiteral(t *testing.T) {
	a := newAutomaton([]string{"a", "ab", "bab", "abab", "c", "key", "ey", "xkeyx", "\xc3\xa9", "[a]", "\x00"})
	r := rand.New(rand.NewPCG(3, 3))
	pieces := []string{"a", "b", "A", "B", "c", "key", "KEY", "xKe", "yx", "\u00e9", "\u00c9", "\xc3", "\xa9", "[", "]", "{", "\x00", "\u212a", "\u017f", "\u0130", "k"}
	for range 3000 {
		var text []byte
		for range r.IntN(20) {
			text = append(text, pieces[r.IntN(len(pieces))]...)
		}
		from := r.IntN(len(text) + 1)
		to := from + r.IntN(len(text)-from+1)
		got := sortHits(a.scan(text, from, to, nil))
		if diff := gocmp.Diff(naive(a.literals, text, from, to), got, gocmp.AllowUnexported(hit{})); diff != "" {
			t.Fatalf("%q from %d to %d: (-want +got)\n%s", text, from, to, diff)
		}
	}
}

func TestOddLettersAreHits(t *testing.T) {
	a := newAutomaton([]string{"kelvin"})
	for _, text := range []string{"\u017f", "\u212a", "\u0130"} {
		hits := a.scan([]byte("x"+text+"elvin"), 0, len(text)+6, nil)
		if len(hits) != 1 || !isOdd(hits[0].lit) {
			t.Errorf("%q: hits are %v, want an odd letter", text, hits)
		}
	}
	if hits := a.scan([]byte("KELVIN"), 0, 6, nil); len(hits) != 1 || isOdd(hits[0].lit) {
		t.Errorf("hits in ASCII are %v, want one literal that isn't odd", hits)
	}
}

func BenchmarkScan(b *testing.B) {
	all := allPlans(b)
	text := bytes.Repeat([]byte("\tif err := walk(ctx, root); err != nil { // the name of each file is given to the caller\n\t\treturn fmt.Errorf(\"read %s: %w\", path, err)\n\t}\n"), 1<<13)
	b.SetBytes(int64(len(text)))
	var hits []hit
	for b.Loop() {
		hits = all.auto.scan(text, 0, len(text), hits[:0])
	}
	b.ReportMetric(float64(len(hits))/float64(len(text)>>10), "hits/KB")
}

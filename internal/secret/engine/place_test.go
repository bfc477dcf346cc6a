package engine

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/zricethezav/gitleaks/v8/detect/codec"
)

// A text's clusters, each decoded by itself, give the places that the library tells of the whole text.
func TestPlacesOfClusters(t *testing.T) {
	rnd := rand.New(rand.NewPCG(9, 10))
	ranges, off := 0, 0
	for range 1500 {
		var b strings.Builder
		for range 1 + rnd.IntN(4) {
			b.WriteString(strings.Repeat("nothing here\n", rnd.IntN(4)))
			b.WriteString(codedText(rnd))
			b.WriteString("\n")
		}
		text := b.String()
		whole := oracleLayers(text)
		var before shrinkage
		for _, s := range clusters([]byte(text), encodedLines([]byte(text), 0, len(text), nil), 1, nil) {
			layers := decodeCluster(text[s.Start:s.End])
			at := s.Start
			for n, l := range layers {
				at -= before[n]
				for range 10 {
					start := rnd.IntN(len(l.text))
					r := Span{start, start + 1 + rnd.IntN(len(l.text)-start)}
					checkOrigin(t, text[s.Start:s.End], layers[:n+1], r)
					if len(l.touched(r)) == 0 {
						continue
					}
					told := toldPlace(layers[:n+1], r)
					got := before.place(told, s.Start)
					segments := codec.SegmentsWithDecodedOverlap(whole[n].segments, at+r.Start, at+r.End)
					want := codec.AdjustMatchIndex(segments, []int{at + r.Start, at + r.End})
					if want[0] != got.Start || want[1] != got.End {
						t.Fatalf("%q, layer %d: %v of %v is told at %v, want %v", text, n+1, r, s, got, want)
					}
					if ranges++; told.passes > 0 {
						off++
					}
				}
			}
			before.add(layers)
		}
	}
	if ranges < 5000 || off < 200 {
		t.Errorf("%d ranges, %d of them told by an upper layer's offset: they show nothing", ranges, off)
	}
}

// checkOrigin holds against the text what a range was decoded from.
func checkOrigin(t *testing.T, text string, layers []layer, s Span) {
	t.Helper()
	got := origin(layers, s)
	if got.Start < 0 || got.Start >= got.End || got.End > len(text) {
		t.Fatalf("%q, layer %d: %v comes from %v", text, len(layers), s, got)
	}
	below := s
	for n := len(layers); n > 0; n-- {
		if len(layers[n-1].touched(below)) > 0 {
			from := origin(layers[n-1:n], below)
			if from.Len() < below.Len() {
				t.Fatalf("%q, layer %d: %v is longer than what it comes from, %v", text, n, below, from)
			}
			return
		}
		below = origin(layers[n-1:n], below)
	}
	if top := &layers[len(layers)-1]; text[got.Start:got.End] != top.text[s.Start:s.End] {
		t.Fatalf("%q, layer %d: %q comes from %q", text, len(layers), top.text[s.Start:s.End], text[got.Start:got.End])
	}
}

func TestOrigin(t *testing.T) {
	const text = "a %41%42 b c2VjcmV0K2tleS92YWx1ZQ== c 363136323631363236313632363136323631363236313632363136323631363236313632363136323631363236313632 d\n"
	layers := decodeCluster(text)
	if len(layers) != 2 {
		t.Fatalf("%d layers", len(layers))
	}
	for _, tt := range []struct {
		depth    int
		in, want string
	}{
		{1, "AB", "%41%42"},
		{1, "A", "%41%42"},
		{1, "B b", "%41%42 b"},
		{1, "b s", "b c2VjcmV0K2tleS92YWx1ZQ=="},
		{1, " b ", " b "},
		{2, "key/value", "c2VjcmV0K2tleS92YWx1ZQ=="},
		{2, "value c", "c2VjcmV0K2tleS92YWx1ZQ== c"},
		{2, "abab", "363136323631363236313632363136323631363236313632363136323631363236313632363136323631363236313632"},
		{2, " d", " d"},
	} {
		at := strings.Index(layers[tt.depth-1].text, tt.in)
		got := origin(layers[:tt.depth], Span{at, at + len(tt.in)})
		if text[got.Start:got.End] != tt.want {
			t.Errorf("%q in layer %d comes from %q, want %q", tt.in, tt.depth, text[got.Start:got.End], tt.want)
		}
	}
}

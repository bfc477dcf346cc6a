package engine

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zricethezav/gitleaks/v8/detect/codec"
)

// codedText is a text of what the decoder may take for encoded, whole and broken, nested and side by side.
func codedText(rnd *rand.Rand) string {
	var b strings.Builder
	for range 1 + rnd.IntN(8) {
		if piece := codedPiece(rnd, rnd.IntN(5)); len(piece) < 1500 {
			b.WriteString(piece)
		}
		b.WriteString([]string{"", "", " ", "=", "==", "\n", "\n", "\r\n", "\\", "/", "'"}[rnd.IntN(11)])
	}
	return b.String()
}

func codedPiece(rnd *rand.Rand, depth int) string {
	words := []string{
		"internal/secret/engine", "averyLongIdentifierOfCode", "short", "a", "%d%s%02x", "%20", "%e2%80%99", "%41%42", "U+0061 ", "U+00e9\n", "U+0061", "U+0062\t",
		"\\u0061", "\\\\u0062", "\\U00e9", "\\\\\\u0063", "\\ud83d\\ude00", "=", "=\n", "é", "\xff", "\x00", "+", "U+", "\\u12", "3f786850e387550fdab836ed7e6dc881de23001b",
		strings.Repeat("ab", 17), strings.Repeat("41", 16), strings.Repeat("414", 11), "0123456789abcdef", "-_-_-_-_-_-_-_-_", "c2VjcmV0K2tleS92YWx1ZQ", "c2VjcmV0X2tleS12YWx1ZQ==", "c2VjcmV0K2tleS92" + "YWx1ZQ%41", "\\u0041c2VjcmV0K2tleS92YWx1ZQ",
		"abcdefghi%32U+0055 U+0061 U+0062 ", "abcdefghi%32U+0055 U+0025 U+0034 U+0031 ",
	}
	if depth == 0 {
		return words[rnd.IntN(len(words))]
	}
	inner := codedPiece(rnd, depth-1)
	if rnd.IntN(3) == 0 {
		inner += codedPiece(rnd, rnd.IntN(depth))
	}
	switch rnd.IntN(9) {
	case 0, 1:
		return base64.StdEncoding.EncodeToString([]byte(inner))
	case 2:
		return base64.RawURLEncoding.EncodeToString([]byte(inner))
	case 3, 4:
		return hex.EncodeToString([]byte(inner))
	case 5:
		return eachByte(inner, "%%%02X")
	case 6:
		return eachByte(inner, "\\u%04x")
	case 7:
		return eachByte(inner, "U+%04X ")
	default:
		return inner
	}
}

func eachByte(text, format string) string {
	var b strings.Builder
	for i := range len(text) {
		fmt.Fprintf(&b, format, text[i])
	}
	return b.String()
}

// mutate changes some bytes of a text.
func mutate(rnd *rand.Rand, text string) string {
	b := []byte(text)
	for range rnd.IntN(4) {
		if len(b) > 0 {
			at := rnd.IntN(len(b))
			b[at] = "aA0+/-_=%\\uU \n\r\xff"[rnd.IntN(16)]
		}
	}
	return string(b)
}

// oracle is what the library has of each pass.
type oracle struct {
	text     string
	segments []*codec.EncodedSegment
}

func oracleLayers(text string) []oracle {
	var out []oracle
	decoder := codec.NewDecoder()
	var segments []*codec.EncodedSegment
	for len(out) < MaxDepth {
		text, segments = decoder.Decode(text, segments)
		if len(segments) == 0 {
			break
		}
		out = append(out, oracle{text, segments})
	}
	return out
}

// checkLayers holds the layers of a text against the library's, with the place of every range.
func checkLayers(t *testing.T, rnd *rand.Rand, text string) int {
	t.Helper()
	want, got := oracleLayers(text), decodeCluster(text)
	if len(got) != len(want) {
		t.Fatalf("%q: %d layers, want %d", text, len(got), len(want))
	}
	for n := range want {
		if diff := cmp.Diff(want[n].text, got[n].text); diff != "" {
			t.Fatalf("%q, layer %d (-library +engine):\n%s", text, n+1, diff)
		}
		if len(got[n].segments) != len(want[n].segments) {
			t.Fatalf("%q, layer %d: %d segments, want %d", text, n+1, len(got[n].segments), len(want[n].segments))
		}
		for range 10 {
			start := rnd.IntN(len(got[n].text) + 1)
			checkRange(t, text, got[:n+1], want[n], Span{start, start + rnd.IntN(len(got[n].text)-start+1)})
		}
	}
	return len(want)
}

func checkRange(t *testing.T, text string, layers []layer, want oracle, s Span) {
	t.Helper()
	top := &layers[len(layers)-1]
	touched := top.touched(s)
	segments := codec.SegmentsWithDecodedOverlap(want.segments, s.Start, s.End)
	if len(touched) != len(segments) {
		t.Fatalf("%q, layer %d: %v touches %d segments, want %d", text, len(layers), s, len(touched), len(segments))
	}
	if len(segments) == 0 {
		return
	}
	place := codec.AdjustMatchIndex(segments, []int{s.Start, s.End})
	if got := toldPlace(layers, s).Span; got != (Span{place[0], place[1]}) {
		t.Fatalf("%q, layer %d: %v is told at %v, want %v", text, len(layers), s, got, place)
	}
	var breaks lines
	breaks.reset([]byte(top.text))
	line := breaks.around(touched[0].decoded.Start, touched[len(touched)-1].decoded.End)
	if got, want := top.text[line.Start:line.End], codec.CurrentLine(segments, want.text); got != want {
		t.Fatalf("%q, layer %d: %v is on the line %q, want %q", text, len(layers), s, got, want)
	}
}

func TestDecodeCluster(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var layers [MaxDepth + 1]int
	for range 4000 {
		layers[checkLayers(t, rnd, mutate(rnd, codedText(rnd)))]++
	}
	for n, texts := range layers {
		if texts < 20 {
			t.Errorf("%d texts have %d layers: they show nothing", texts, n)
		}
	}
}

func FuzzDecodeCluster(f *testing.F) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		f.Add(codedText(rnd), uint64(1))
	}
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		checkLayers(t, rand.New(rand.NewPCG(seed, 0)), text)
	})
}

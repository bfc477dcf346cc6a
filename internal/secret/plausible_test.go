package secret

import (
	_ "embed"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/redact"
)

//go:embed testdata/plausible.tsv
var plausibleTSV string

// Each example is judged as it is labelled, whatever its random parts are. Every reason has examples of
// what it takes and of what comes near to it and is left.
func TestUnlikely(t *testing.T) {
	seen := make(map[string]int)
	for n, row := range strings.Split(strings.TrimSpace(plausibleTSV), "\n") {
		if strings.HasPrefix(row, "#") {
			continue
		}
		col := strings.Split(row, "\t")
		if len(col) != 3 || strings.Count(col[2], "§") != 2 {
			t.Fatalf("plausible.tsv:%d: expected reason, path and a text with one value", n+1)
		}
		want := Unlikely(strings.TrimPrefix(col[0], "-"))
		seen[col[0]]++
		for seed := range uint64(50) {
			before, rest, _ := strings.Cut(fillRandom(col[2], seed), "§")
			value, after, _ := strings.Cut(rest, "§")
			text := []byte(before + value + after)
			at := span{len(before), len(before) + len(value)}
			if got := guessAt(col[1], text, at, []byte(value)).unlikely(); got != want {
				t.Errorf("plausible.tsv:%d, seed %d: %s is %q, want %q", n+1, seed, text, got, want)
				break
			}
		}
	}
	for _, r := range []Unlikely{ShortenedValue, PublicKey, Identifier, Checksum, EncryptedValue, VersionNumber, Setting, Name, StandIn, "-"} {
		if seen[string(r)] == 0 {
			t.Errorf("no example of %q", r)
		}
	}
}

var hole = regexp.MustCompile(`\{(\w+):(\d+)\}`)

// fillRandom puts random characters in place of {hex:N} and the like.
func fillRandom(text string, seed uint64) string {
	const hexDigits, letters = "0123456789abcdef", "abcdefghijklmnopqrstuvwxyz"
	alphabets := map[string]string{
		"hex": hexDigits, "HEX": strings.ToUpper(hexDigits), "alnum": "0123456789" + letters + strings.ToUpper(letters),
		"base64": "0123456789+/" + letters + strings.ToUpper(letters),
	}
	rnd := rand.New(rand.NewPCG(seed, 3))
	of := func(alphabet string, n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = alphabet[rnd.IntN(len(alphabet))]
		}
		return string(b)
	}
	uuid := fmt.Sprintf("%s-%s-4%s-a%s-%s", of(hexDigits, 8), of(hexDigits, 4), of(hexDigits, 3), of(hexDigits, 3), of(hexDigits, 12))
	text = strings.NewReplacer("{uuid}", uuid, `\n`, "\n").Replace(text)
	return hole.ReplaceAllStringFunc(text, func(h string) string {
		kind, size, _ := strings.Cut(strings.Trim(h, "{}"), ":")
		n, _ := strconv.Atoi(size)
		return of(alphabets[kind], n)
	})
}

// Random values of the alphabets that credentials have are never taken for something else.
func TestRandomValuesStayLikely(t *testing.T) {
	for seed := range uint64(2_000) {
		for _, form := range []string{"{hex:32}", "{hex:40}", "{HEX:40}", "{alnum:20}", "{alnum:32}", "{base64:40}", "{alnum:6}_{alnum:20}", "{alnum:12}-{alnum:12}"} {
			value := fillRandom(form, seed)
			if got := (guess{path: "a.env", name: "api_key", value: value}).unlikely(); got != "" {
				t.Fatalf("%s is taken for a %s", value, got)
			}
		}
	}
}

func FuzzUnlikely(f *testing.F) {
	f.Add("a.lock", "key: ", "0123456789abcdef")
	f.Add("a", "\xff-_=\"", "\x00MIIBIjAN=")
	f.Fuzz(func(_ *testing.T, path, before, value string) {
		text := before + value
		guessAt(path, []byte(text), span{len(before), len(text)}, []byte(value)).unlikely()
	})
}

func TestCountLeftOut(t *testing.T) {
	tokens := []Token{
		{Unlikely: Checksum}, {Unlikely: Identifier}, {}, {Unlikely: Checksum}, {Unlikely: StandIn, Covered: true},
	}
	if diff := cmp.Diff([]LeftOut{{Checksum, 2}, {Identifier, 1}}, CountLeftOut(tokens)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := CountLeftOut(tokens[2:3]); len(got) > 0 {
		t.Errorf("got %v, want nothing", got)
	}
}

// What is left out is still masked.
func TestUnlikelyIsMasked(t *testing.T) {
	value := fillRandom("{hex:40}", 1)
	tokens, err := newDetector(t).Detect(t.Context(), "a.json", []byte(`"hashed_secret": "`+value+"\",\n"))
	if err != nil || len(tokens) != 1 || tokens[0].Unlikely != Checksum {
		t.Fatalf("%v, %d tokens: want one, unlikely for being a checksum", err, len(tokens))
	}
	if masked := NewMasker(tokens...).Mask(value); masked != redact.Placeholder {
		t.Error("the value isn't masked")
	}
}

package secret

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/zricethezav/gitleaks/v8/detect"
	"github.com/zricethezav/gitleaks/v8/detect/codec"

	"github.com/curfew-ci/curfew/internal/secret/planted"
	"github.com/curfew-ci/curfew/rules"
)

// pieces are what texts are made of that come near to what the generic rule matches.
var pieces = []string{
	"access", "auth", "Api", "API", "aPi", "credential", "creds", "KEY", "key", "passwd", "passWord", "secret", "token", "Token_", "my.", "x-", "_id",
	"=", ">", ":", "::=", ":::=", "||", "=>", "?=", ",", ":=", "==", " ", "  ", "\t", "\n", "\r\n", "\f", "\v", "'", "\"", "`", ";", "(", ")", "{", "\\n", "\\r", "\\",
	"abc", "x1", "k3y7Value9Here", "a8F3kL0pQ2zR7tY5wE1", "Zm9vYmFyYmF6cXV4", "0123456789abcdef0123456789abcdef", "a.b=c-d_e", "/a/b+c/d", "==", "é", "\u00a0", "\xff",
	"                     ", "....................", "import {", "} from", "--mount=type=secret,", strings.Repeat("w", 60), strings.Repeat("v3", 90), "null", "true",
}

func randomText(rnd *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		b.WriteString(pieces[rnd.IntN(len(pieces))])
	}
	return b.String()
}

// almost is a text of what the generic rule matches, one after the other, each with a part left out,
// repeated or put in now and then.
func almost(rnd *rand.Rand) string {
	parts := [][]string{
		{"", "", "", "", "", "\n", "--mount=type=secret,", "SRCREV=\"abc\"", "import { key } from 'a'"},
		{"access", "auth", "Api", "API", "credential", "creds", "KEY", "passwd", "passWord", "secret", "token"},
		{"", "", "s", "_id", " x.y", "....................", "                     "},
		{"", "'", "\n", "\"\r\n", " \n\n"},
		{"=", ">", ":", "::=", ":::=", "||", "=>", "?=", ",", ":="},
		{"", " ", "\n\n\n", "'", "= \"", "     "},
		{"a8F3kL0pQ2zR7tY5wE1", "k3y7Value9Here", "Zm9vYmFyYmF6cXV4+/1==", "a.b=c-d_e9", strings.Repeat("v3", 90)},
		{"\n", "'", ";", " ", "\\n", "", ")", "é"},
	}
	var b strings.Builder
	for range 1 + rnd.IntN(5) {
		for _, choices := range parts {
			switch rnd.IntN(30) {
			case 0:
			case 1:
				b.WriteString(randomText(rnd, 2))
				fallthrough
			default:
				b.WriteString(choices[rnd.IntN(len(choices))])
			}
		}
	}
	return b.String()
}

// place is what is compared of a finding.
type place struct {
	Start, End int
	Value      string
}

func places(e *engine, d *detect.Detector, text string, lines []span) []place {
	var out []place
	for _, s := range lines {
		part := text[s.start:s.end]
		l := newLocator(e, "a.txt", part)
		for _, f := range d.DetectContext(context.Background(), detect.Fragment{Raw: part, FilePath: "a.txt"}) {
			for _, h := range l.locate(&f) {
				out = append(out, place{h.region.start + s.start, h.region.end + s.start, string(h.value)})
			}
		}
	}
	return out
}

// The generic rule finds in its lines exactly what it finds in the whole text. Where the last line has no
// break it may find more: the library then takes the whole text for that line, and what the rule allows
// on a line is allowed by any line before.
func TestGenericLines(t *testing.T) {
	e := newDetector(t).engine
	if e.generic == nil {
		t.Fatal("the generic rule has changed: genericLines has to be made anew for it")
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	found := 0
	for range 1000 {
		text := almost(rnd)
		got := places(e, e.generic, text, genericLines(text))
		for _, want := range places(e, e.generic, text, []span{{0, len(text)}}) {
			if !slices.Contains(got, want) {
				t.Fatalf("in %q: %+v is missing", text, want)
			}
		}
		text += "\n"
		want := places(e, e.generic, text, []span{{0, len(text)}})
		if diff := cmp.Diff(want, places(e, e.generic, text, genericLines(text))); diff != "" {
			t.Fatalf("in %q (-whole +lines):\n%s", text, diff)
		}
		found += len(want)
	}
	if found < 200 {
		t.Errorf("%d findings: the texts show nothing", found)
	}
}

// A text that isn't decoded has nothing that the library would decode.
func TestMayDecode(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	alphabets := []string{"abcdef0123456789", "ABCxyz019+/", "ABCxyz019-_", "%41U+\\u0 \n", "YWFhYQ==", "61626364"}
	decoded := 0
	for range 60_000 {
		var b strings.Builder
		for range 1 + rnd.IntN(4) {
			switch word := randomText(rnd, 1+rnd.IntN(3)); rnd.IntN(4) {
			case 0:
				b.WriteString(base64.StdEncoding.EncodeToString([]byte(word)))
			case 1:
				b.WriteString(hex.EncodeToString([]byte(word)))
			case 2:
				letters := alphabets[rnd.IntN(len(alphabets))]
				for range rnd.IntN(80) {
					b.WriteByte(letters[rnd.IntN(len(letters))])
				}
			default:
				b.WriteString(word)
			}
			b.WriteString([]string{"", " ", "=", "\n"}[rnd.IntN(4)])
		}
		text := b.String()
		_, segments := codec.NewDecoder().Decode(text, nil)
		if len(segments) > 0 && !mayDecode(text) {
			t.Fatalf("%q decodes to something", text)
		}
		if len(segments) > 0 {
			decoded++
		}
	}
	if decoded < 1000 {
		t.Errorf("%d texts decode: they show nothing", decoded)
	}
}

// newLibraryDetector is a Detector that leaves everything to the library.
func newLibraryDetector(t testing.TB) *Detector {
	t.Helper()
	cfg, err := configure(rules.SecretRules(), nil)
	if err != nil {
		t.Fatal(err)
	}
	d := newDetector(t)
	d.engine = &engine{rules: cfg.Rules, full: newLibrary(cfg, decodeDepth)}
	return d
}

// checkSameAsLibrary holds the engine to the library on one text. The engine may tell more in one case:
// the library drops a generic finding whose value is a part of another's on the same line.
func checkSameAsLibrary(t *testing.T, library, d *Detector, path, text string) {
	t.Helper()
	want, err := library.detect(context.Background(), path, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.detect(context.Background(), path, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	got = slices.DeleteFunc(got, func(g Token) bool { return g.Detector == genericRule && yields(g, got) })
	want = slices.DeleteFunc(want, func(w Token) bool { return w.Detector == genericRule && yields(w, want) })
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("%s (-library +engine):\n%s", path, diff)
	}
}

func yields(generic Token, tokens []Token) bool {
	return slices.ContainsFunc(tokens, func(o Token) bool {
		return o.Detector != genericRule && strings.Contains(string(o.Value.Reveal()), string(generic.Value.Reveal()))
	})
}

func TestSameAsLibrary(t *testing.T) {
	library, d := newLibraryDetector(t), newDetector(t)
	for _, p := range planted.All(5) {
		checkSameAsLibrary(t, library, d, p.Path, p.Content)
	}
	rnd := rand.New(rand.NewPCG(5, 6))
	for range 100 {
		checkSameAsLibrary(t, library, d, []string{"a.txt", "a.bb"}[rnd.IntN(2)], almost(rnd)+"\n")
	}
	// In decoded text the library holds a finding against other lines than its own: without what a line
	// allows, that is no matter.
	nothingAllowed := strings.NewReplacer("--mount=type=secret,", "", "import {", "")
	for range 100 {
		plain, inner := nothingAllowed.Replace(almost(rnd)), nothingAllowed.Replace(almost(rnd))
		checkSameAsLibrary(t, library, d, "a.txt", plain+"\n"+base64.StdEncoding.EncodeToString([]byte(inner))+"\n")
	}
	files := realFiles(t)
	for n := 3; n < len(files); n += 25 {
		src, err := os.ReadFile(files[n])
		if err != nil {
			t.Fatal(err)
		}
		checkSameAsLibrary(t, library, d, files[n], string(src)+"\n")
	}
}

func FuzzSameAsLibrary(f *testing.F) {
	for i, p := range planted.All(2) {
		if i%6 == 0 {
			f.Add(p.Content)
		}
	}
	f.Add("api_key\n=\n  'k3y7Value9Here';")
	f.Add("to\u212aen: k3y7Value9Here acce\u017fs=k3y7Value9Here")
	f.Add("key = \"Zm9vYmFyYmF6cXV4\" 666f6f206261722062617a2071757820 %41")
	library, d := newLibraryDetector(f), newDetector(f)
	f.Fuzz(func(t *testing.T, text string) {
		if mayDecode(text) && (strings.Contains(text, "--mount") || strings.Contains(text, "import")) {
			return // see TestSameAsLibrary
		}
		checkSameAsLibrary(t, library, d, "a.txt", text+"\n") // see TestGenericLines
	})
}

func accessKeys(rnd *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		b.WriteString("AK" + "IA")
		for range 16 {
			b.WriteByte("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[rnd.IntN(32)])
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Files that are made to hold up a search: each took the library minutes, or would take what is around it.
func TestSlowTexts(t *testing.T) {
	d := newDetector(t)
	rnd := rand.New(rand.NewPCG(9, 10))
	value := func() string {
		b := make([]byte, 20)
		for i := range b {
			b[i] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"[rnd.IntN(62)]
		}
		return string(b)
	}
	many := func(n int, between string) string {
		var b strings.Builder
		for range n {
			b.WriteString("key='" + value() + "'" + between)
		}
		return b.String()
	}
	tests := []struct {
		name, text string
		least      int // how many tokens are found
		cut        bool
	}{
		{"one long line", many(1500, " "), 1200, false},
		{"one long line with something encoded", many(1500, " %41 "), 1000, false},
		{"keys without values", strings.Repeat("key=", 40_000), 0, false},
		{"one long value", "key=" + strings.Repeat("keyA1=", 30_000), 0, false},
		{"keys that begin", strings.Repeat("-----BEGIN PRIVATE "+"KEY-----\n", 4000), 1000, false},
		{"more than enough", accessKeys(rnd, 30_000), maxHits, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			started := time.Now()
			tokens, err := d.Detect(context.Background(), "a.txt", []byte(tt.text))
			if len(tokens) < tt.least || (err != nil) != tt.cut {
				t.Errorf("%d tokens, %v; want at least %d", len(tokens), err, tt.least)
			}
			if took := time.Since(started); took > 30*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

package secret

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zricethezav/gitleaks/v8/detect/codec"

	"github.com/curfew-ci/curfew/internal/corpus"
	"github.com/curfew-ci/curfew/internal/secret/engine"
	"github.com/curfew-ci/curfew/internal/secret/planted"
	"github.com/curfew-ci/curfew/rules"
)

func newDetector(t testing.TB) *Detector {
	t.Helper()
	d, err := New(rules.SecretRules())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func detect1(t testing.TB, d *Detector, path, content string) Token {
	t.Helper()
	tokens, err := d.Detect(context.Background(), path, []byte(content))
	if err != nil {
		t.Fatal(err)
	}
	var own []Token
	for _, token := range tokens {
		if !token.Covered {
			own = append(own, token)
		}
	}
	if len(own) != 1 {
		t.Fatalf("found %d tokens, want 1", len(own))
	}
	return own[0]
}

func pick(t testing.TB, detector string) planted.Secret {
	t.Helper()
	for _, p := range planted.All(7) {
		if p.Detector == detector {
			return p
		}
	}
	t.Fatalf("nothing is planted for %s", detector)
	return planted.Secret{}
}

// The secret is found at exactly its bytes wherever it stands. § marks its place.
func TestRegions(t *testing.T) {
	d := newDetector(t)
	pat := pick(t, "github-pat").Value
	pem := pick(t, "private-key").Value
	tests := []struct{ name, value, around string }{
		{"alone", pat, "§"},
		{"first line", pat, "§\n"},
		{"after an empty line", pat, "\n§\n"},
		{"after many empty lines", pat, "\n\n\n§"},
		{"second line", pat, "a\ntoken: §\nb\n"},
		{"last line without a break", pat, "a\nb\ntoken: §"},
		{"after wide characters", pat, "schlüssel: ä\n# 鍵 🔑 §\n"},
		{"crlf", pat, "a\r\nexport X=§\r\nb\r\n"},
		{"after bytes that are no utf-8", pat, "\xff\xfe\n\x80 §\n"},
		{"long line", pat, strings.Repeat("x ", 5000) + "§ y\n"},
		{"several lines", pem, "key: |\n§\nnext: 1\n"},
		{"several lines at the start", pem, "§\n"},
		{"several lines at the end", pem, "a\nb\n§"},
		{"several lines, crlf", strings.ReplaceAll(pem, "\n", "\r\n"), "a\r\n§\r\nb\r\n"},
		{"several lines, indented", strings.ReplaceAll(pem, "\n", "\n    "), "key: |\n    §\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			content := strings.Replace(tt.around, "§", tt.value, 1)
			got := detect1(t, d, "a.txt", content)
			start := strings.Index(content, tt.value)
			if got.Region.Start.Offset != start || got.Region.End.Offset != start+len(tt.value) {
				t.Fatalf("bytes %d to %d, want %d to %d", got.Region.Start.Offset, got.Region.End.Offset, start, start+len(tt.value))
			}
			line := strings.Count(content[:start], "\n") + 1
			col := len([]rune(content[strings.LastIndexByte(content[:start], '\n')+1:start])) + 1
			if got.Region.Start.Line != line || got.Region.Start.Col != col {
				t.Errorf("at %s, want %d:%d", got.Region.Start, line, col)
			}
			if string(got.Value.Reveal()) != tt.value || got.Written.Len() != 0 {
				t.Error("the value is not what stands there")
			}
		})
	}
}

// Of an encoded secret the value is decoded and the region is the encoded text, whole, whatever was
// encoded before it in the file.
func TestEncodedRegions(t *testing.T) {
	d := newDetector(t)
	pat := pick(t, "github-pat").Value
	b64 := base64.StdEncoding.EncodeToString
	noise := b64([]byte("nothing but some harmless words 123")) + "\n" + hex.EncodeToString([]byte("words in hexadecimal 1")) + "\na%20b\n"
	percent := "%3D" + strings.ReplaceAll(url.QueryEscape(pat), "_", "%5F") + "%20"
	tests := []struct{ name, written, around string }{
		{"base64", b64([]byte(pat)), "data: §\n"},
		{"base64 of a text that holds it", b64([]byte("the token is " + pat + " as said")), "data: §\n"},
		{"base64, after other encoded text", b64([]byte(pat)), noise + "data: §\n" + noise},
		{"base64url", base64.RawURLEncoding.EncodeToString([]byte("~~~ " + pat)), "data: §\n"},
		{"hexadecimal", hex.EncodeToString([]byte(pat)), noise + "data: §\n"},
		{"base64 of base64", b64([]byte(b64([]byte(pat)))), noise + "data: §\n" + noise},
		{"base64 of hexadecimal of base64", b64([]byte(hex.EncodeToString([]byte(b64([]byte(pat)))))), noise + "data: §\n"},
		{"percent", percent, "https://example.org/?tok§ \n"},
		{"unicode escapes", unicodeEscapes(pat), noise + "\"§\"\n"},
		{"in the middle of a long line", b64([]byte(pat)), strings.Repeat("x ", 200) + "§" + strings.Repeat(" y", 200)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			content := strings.Replace(tt.around, "§", tt.written, 1)
			got := detect1(t, d, "a.txt", content)
			start := strings.Index(content, tt.written)
			region := content[got.Region.Start.Offset:got.Region.End.Offset]
			if string(got.Value.Reveal()) != pat {
				t.Error("the value is not the decoded one")
			}
			if got.Region.Start.Offset != start || region != tt.written {
				t.Errorf("region is %q at %d, want %q at %d", region, got.Region.Start.Offset, tt.written, start)
			}
			if string(got.Written.Reveal()) != region {
				t.Error("what is written is not the region's bytes")
			}
			if masked := NewMasker(got).Mask(content); strings.Contains(masked, tt.written) {
				t.Errorf("the encoded secret is not masked: %s", masked)
			}
		})
	}
}

func unicodeEscapes(s string) string {
	var b strings.Builder
	for _, r := range s {
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	return b.String()
}

// On real files, every token stands at bytes that are its value or decode to it. The files are workflows,
// every tenth; each has all kinds of secret put into it, as they are and in base64.
func TestRegionsInRealFiles(t *testing.T) {
	d := newDetector(t)
	plain, decoded := 0, 0
	for n, file := range realFiles(t) {
		if n%10 != 0 {
			continue
		}
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p := planted.All(uint64(n))[n/10%len(planted.All(0))]
		half := strings.IndexByte(string(src), '\n') + 1
		raw := p.Content + string(src[:half]) + base64.StdEncoding.EncodeToString([]byte(p.Content)) + "\n" + string(src[half:])
		tokens, err := d.detect(context.Background(), file, []byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		for _, token := range tokens {
			region := raw[token.Region.Start.Offset:token.Region.End.Offset]
			switch value := string(token.Value.Reveal()); {
			case region == value:
				plain++
			case token.Region.Span.IsZero() && value == "":
			case !decodesTo(region, value):
				t.Errorf("%s: %s: what stands at %s does not decode to the value", file, token.Detector, token.Region)
			default:
				decoded++
			}
		}
	}
	if plain < 100 || decoded < 50 {
		t.Errorf("%d tokens, %d decoded: the secrets that were put in are not found", plain, decoded)
	}
}

func decodesTo(text, value string) bool {
	decoder := codec.NewDecoder()
	for range engine.MaxDepth + 1 {
		if strings.Contains(text, value) {
			return true
		}
		text, _ = decoder.Decode(text, nil)
	}
	return false
}

// realFiles lists the files of the corpus.
func realFiles(tb testing.TB) []string {
	tb.Helper()
	var out []string
	err := filepath.WalkDir(corpus.Dir(tb), func(path string, e os.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() && filepath.Ext(path) != ".tsv" {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

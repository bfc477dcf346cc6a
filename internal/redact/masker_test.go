package redact_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/redact"
)

func masker(values ...string) *redact.Masker {
	secrets := make([]redact.Secret, len(values))
	for i, v := range values {
		secrets[i] = redact.New([]byte(v))
	}
	return redact.NewMasker(secrets...)
}

func TestMask(t *testing.T) {
	pem := "-----BEGIN KEY-----\nMIIEowIBAAKCAQEA0123456789\nabcdefghijklmnopqrstuvwxyz\n-----END KEY-----"
	tests := []struct {
		name, text, want string
		values           []string
	}{
		{"nothing known", "a text", "a text", nil},
		{"nothing there", "a text", "a text", []string{"s3cret-value"}},
		{"as it is", "token s3cret-value is bad", "token [redacted] is bad", []string{"s3cret-value"}},
		{"whole text", "s3cret-value", "[redacted]", []string{"s3cret-value"}},
		{"twice", "s3cret-value,s3cret-value", "[redacted],[redacted]", []string{"s3cret-value"}},
		{"side by side is one stretch", "s3cret-values3cret-value", "[redacted]", []string{"s3cret-value"}},
		{"longest first", "abcdef-longer!", "[redacted]!", []string{"abcdef", "abcdef-longer", "longer"}},
		{"overlapping values leave no rest", "abcdef12345678", "[redacted]", []string{"abcdef12", "f12345678"}},
		{"five bytes are too short to look for", "abcde abcdef", "abcde [redacted]", []string{"abcde", "abcdef"}},
		{"empty value", "a text", "a text", []string{""}},
		{"query", "u=" + url.QueryEscape("p@ss w/rd+&ü") + "&x", "u=[redacted]&x", []string{"p@ss w/rd+&ü"}},
		{"path", "/" + url.PathEscape("p@ss w/rd+&ü") + "/x", "/[redacted]/x", []string{"p@ss w/rd+&ü"}},
		{"lower case percent", "p%40ss%20w%2frd%2b%26", "[redacted]", []string{"p@ss w/rd+&"}},
		{"encodeURIComponent", "a!('b')*%20c%2F", "[redacted]", []string{"a!('b')* c/"}},
		{"json", `{"a":"q\"uo\\te<\n\u00fc"}`, `{"a":"[redacted]\n\u00fc"}`, []string{"q\"uo\\te<\n"}},
		{"json with html's escapes", `"a\u003cb\u003e\u0026c"`, `"[redacted]"`, []string{"a<b>&c!"[:6]}},
		{"go's quotes", `"tab\tbell\aü"`, `"[redacted]"`, []string{"tab\tbell\aü"}},
		{"go's ascii quotes", `"key-\u00fc\u00e4"`, `"[redacted]"`, []string{"key-üä"}},
		{"yaml's single quotes", `'it''s-secret'`, `'[redacted]'`, []string{"it's-secret"}},
		{"PHP's slashes", `{"a":"wJal\/K7MD=\"x"}`, `{"a":"[redacted]x"}`, []string{`wJal/K7MD="`}},
		{"what Gson escapes", `"IQoJb3\u003d\u003d" \u0027a\u0026b\u003cc\u003e`, `"[redacted]" [redacted]`, []string{"IQoJb3==", "'a&b<c>"}},
		{"what .NET escapes", `"wJal\u002BK7/\u0022\u0027"`, `"[redacted]"`, []string{`wJal+K7/"'`}},
		{"XML", "<p>a&amp;b&lt;c'd\"</p>", "<p>[redacted]</p>", []string{`a&b<c'd"`}},
		{"attribute of XML", `x="a&amp;b&lt;c&apos;d&quot;"`, `x="[redacted]"`, []string{`a&b<c'd"`}},
		{"HTML by Python, Go and PHP", "a&amp;bc&#x27;&quot; a&amp;bc&#39;&#34; a&amp;bc&#39;&quot;", "[redacted] [redacted] [redacted]", []string{`a&bc'"`}},
		{"set -x", `+ : 'it'\''s $secret'`, `+ : '[redacted]'`, []string{"it's $secret"}},
		{"Python's shlex.quote", `'it'"'"'s $secret'`, `'[redacted]'`, []string{"it's $secret"}},
		{"printf %q", `a/b:c=d+e@f%g\,h~i\!j#k\^l\{m\}n\;o`, "[redacted]", []string{"a/b:c=d+e@f%g,h~i!j#k^l{m}n;o"}},
		{"a Compose file", "pa$$word$$", "[redacted]", []string{"pa$word$"}},
		{"Python's urllib.parse.quote", "a/b%2Bc%3D~d%27e%21f%2A%28g%29", "[redacted]", []string{"a/b+c=~d'e!f*(g)"}},
		{"password of an address", "https://u:" + "p%3Aw%40x%2F+&=@host", "https://u:[redacted]@host", []string{"p:w@x/+&="}},
		{"a command to the runner", "::debug::100%25 s3cret", "::debug::[redacted]", []string{"100% s3cret"}},
		{"UTF-16", "\xff\xfes\x003\x00c\x00r\x00e\x00t\x00\xfc\x00\n\x00", "\xff\xfe[redacted]\n\x00", []string{"s3cretü"}},
		{"hexadecimal", "73336372657431 and 5333435245543A", "[redacted] and 5333435245543A", []string{"s3cret1"}},
		{"one line of a key", "bad line MIIEowIBAAKCAQEA0123456789", "bad line [redacted]", []string{pem}},
		{"a key's frame says nothing", "-----BEGIN KEY-----", "-----BEGIN KEY-----", []string{pem}},
		{"key cut out of json, quoted by a parser", pem, "[redacted]", []string{strings.ReplaceAll(pem, "\n", `\n`)}},
		{"line of a key cut out of json", "MIIEowIBAAKC" + "AQEA0123456789", "[redacted]", []string{strings.ReplaceAll(pem, "\n", `\n`)}},
		{"surrounding space", "x s3cret-value y", "x [redacted] y", []string{"s3cret-value\n"}},
		{"surrounding space isn't encoded", "czNjcmV0LXZhbHVl 7333637265742d76616c7565", "[redacted] [redacted]", []string{"s3cret-value\n"}},
		{"surrounding space is encoded", "czNjcmV0LXZhbHVlCg== 7333637265742d76616c75650a", "[redacted] [redacted]0a", []string{"s3cret-value\n"}},
		{"a file without its line break", `"ab/cd\nef" ab%2Fcd%0Aef czNjcmV0LXZhbHVl 7333637265742d76616c7565`, `"[redacted]" [redacted] [redacted] [redacted]`, []string{"ab/cd\nef\n", "s3cret-value\n"}},
		{"no utf-8", "x \xff\xfe\xfd123 y", "x [redacted] y", []string{"\xff\xfe\xfd123"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := masker(tt.values...).Mask(tt.text); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// Whatever stands before and after a value, its base64 is hidden, in either alphabet, padded or not, and
// with every character that tells something of it.
func TestMaskBase64(t *testing.T) {
	value := "s3cret?>~value"
	m := masker(value)
	for before := range 7 {
		for after := range 4 {
			plain := strings.Repeat("u", before) + value + strings.Repeat("v", after)
			for name, enc := range map[string]*base64.Encoding{
				"std": base64.StdEncoding, "raw std": base64.RawStdEncoding, "url": base64.URLEncoding, "raw url": base64.RawURLEncoding,
			} {
				got := m.Mask("Basic " + enc.EncodeToString([]byte(plain)) + "!")
				if got != "Basic [redacted]!" {
					t.Errorf("%s, %d before, %d after: got %q", name, before, after, got)
				}
			}
		}
	}
}

// A masker is of the values that it was made for, also where somebody overwrites these before it is first used.
func TestMaskOverwritten(t *testing.T) {
	secret := redact.New([]byte("s3cret-value"))
	m := redact.NewMasker(secret)
	secret.Zero()
	if got, want := m.Mask("an s3cret-value here"), "an "+redact.Placeholder+" here"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := (&redact.Masker{}).Mask("a text"); got != "a text" {
		t.Errorf("without values: got %q", got)
	}
}

// TestMaskWith: a masker of more secrets hides what one of all of them does, and the first stays as it is.
func TestMaskWith(t *testing.T) {
	first := masker("abcdef12")
	m := first.With(redact.New([]byte("f12345678"))).With().With(redact.New([]byte("abcdef")), redact.New([]byte("short")))
	text := "abcdef12345678 abcdef short " + base64.StdEncoding.EncodeToString([]byte("xxabcdef12xf12345678"))
	if got, want := m.Mask(text), masker("abcdef12", "f12345678", "abcdef").Mask(text); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := first.Mask("abcdef12 f12345678"), redact.Placeholder+" f12345678"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	second, third := first.With(redact.New([]byte("second-value"))), first.With(redact.New([]byte("third-value")))
	if got, want := second.Mask("second-value third-value")+third.Mask("second-value third-value"), redact.Placeholder+" third-valuesecond-value "+redact.Placeholder; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestMaskLine(t *testing.T) {
	m := masker("s3cret-välue")
	got := m.MaskLine([]byte("a: pw # s3cret-välue"), []redact.Range{{3, 5}})
	if want := "a: ** # ************"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	var none *redact.Masker
	if got := none.MaskLine([]byte("a: pw"), []redact.Range{{3, 5}}); got != "a: **" {
		t.Errorf("without values: got %q", got)
	}
	if got := none.Mask("a text"); got != "a text" {
		t.Errorf("without values: got %q", got)
	}
}

// writings are ways of writing a value down that a masker has to know.
var writings = map[string]func(string) string{
	"raw":        func(s string) string { return s },
	"query":      url.QueryEscape,
	"path":       url.PathEscape,
	"json":       func(s string) string { b, _ := json.Marshal(s); return string(b) },
	"go":         strconv.Quote,
	"hex":        func(s string) string { return hex.EncodeToString([]byte(s)) },
	"base64":     func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"basic auth": func(s string) string { return base64.URLEncoding.EncodeToString([]byte("user:" + s)) },
	"shell":      func(s string) string { return "echo " + s + " | cat" },
}

func TestMaskRandomValues(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	values := make([]string, 300)
	for i := range values {
		values[i] = randomText(rnd, 6+rnd.IntN(60))
	}
	m := masker(values...)
	for _, v := range values {
		for name, write := range writings {
			text := "before " + write(v) + " after"
			got := m.Mask(text)
			if strings.Contains(got, v) || strings.Contains(got, write(v)) || !strings.Contains(got, redact.Placeholder) {
				t.Errorf("%s of %q: %q", name, v, got)
			}
			if !strings.HasPrefix(got, "before ") || !strings.HasSuffix(got, " after") {
				t.Errorf("%s of %q hides too much: %q", name, v, got)
			}
		}
	}
}

func randomText(rnd *rand.Rand, n int) string {
	const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=&%?#\"'\\<>!*()~-_.:@"
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[rnd.IntN(len(alphabet))]
	}
	return string(b)
}

func rand36(rnd *rand.Rand) string {
	return strconv.FormatUint(rnd.Uint64(), 36) + strconv.FormatUint(rnd.Uint64(), 36)
}

func FuzzMask(f *testing.F) {
	f.Add("s3cret-value", "before ", " after")
	f.Add("p@ss w/rd+&ü", "", "=")
	f.Add("line one is long enough\nline two is long enough", "x", "y")
	f.Add(`escaped\nvalue\"here`, "AAAA", "BBBB")
	f.Fuzz(func(t *testing.T, value, before, after string) {
		m := masker(value)
		if len(value) < 6 {
			if got := m.Mask(before + value + after); got != before+value+after {
				t.Fatalf("%q is too short and yet masked: %q", value, got)
			}
			return
		}
		for name, write := range writings {
			// What an encoder replaced is no longer the value.
			if written := write(value); name != "json" || json.Valid([]byte(written)) && !strings.Contains(written, `\ufffd`) {
				got := m.Mask(before + written + after)
				if !strings.Contains(got, redact.Placeholder) {
					t.Fatalf("%s of %q is not masked: %q", name, value, got)
				}
			}
		}
		// A line break at either end may stay.
		bare := strings.Trim(value, "\r\n")
		if len(bare) < 6 {
			bare = value
		}
		start := len(before) + strings.Index(value, bare)
		line := m.MaskLine([]byte(before+value+after), nil)
		if want := redact.MaskRanges([]byte(before+value+after), []redact.Range{{start, start + len(bare)}}); strings.Count(line, "*") < strings.Count(want, "*") {
			t.Fatalf("%q is in the snippet %q", value, line)
		}
	})
}

func BenchmarkMasker(b *testing.B) {
	rnd := rand.New(rand.NewPCG(3, 4))
	var secrets []redact.Secret
	for range 5000 {
		secrets = append(secrets, redact.New([]byte("ghp_"+rand36(rnd))))
	}
	message := fmt.Sprintf("the secret %s is read by job %q, which no identity entitles to it", "NPM_TOKEN", "publish")
	b.Run("build 5000", func(b *testing.B) {
		for b.Loop() {
			redact.NewMasker(secrets...).Mask("")
		}
	})
	m := redact.NewMasker(secrets...)
	b.Run("miss", func(b *testing.B) {
		b.SetBytes(int64(len(message)))
		for b.Loop() {
			m.Mask(message)
		}
	})
	hit := message + string(secrets[17].Reveal())
	b.Run("hit", func(b *testing.B) {
		b.SetBytes(int64(len(hit)))
		for b.Loop() {
			m.Mask(hit)
		}
	})
	b.Run("strings.Replacer, raw values alone", func(b *testing.B) {
		var pairs []string
		for _, s := range secrets {
			pairs = append(pairs, string(s.Reveal()), redact.Placeholder)
		}
		r := strings.NewReplacer(pairs...)
		b.SetBytes(int64(len(message)))
		for b.Loop() {
			r.Replace(message)
		}
	})
}

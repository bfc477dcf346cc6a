package equality

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/curfew-ci/curfew/internal/delta"
	"github.com/curfew-ci/curfew/internal/secret/planted"
)

// maker makes up versions of files that hold, or nearly hold, what the rules look for.
type maker struct {
	rnd     *rand.Rand
	secrets []planted.Secret
}

func newMaker(seed uint64) *maker {
	return &maker{rand.New(rand.NewPCG(seed, 0xe9)), planted.All(seed)}
}

// version is a text and what it takes over from the one before.
type version struct {
	text   []byte
	copies []delta.Copy
}

// first is a version that has none before it.
func (m *maker) first() []byte {
	var b strings.Builder
	for range 2 + m.rnd.IntN(8) {
		b.WriteString(m.chunk())
	}
	return []byte(b.String())
}

// next changes a text the way commits and git's deltas do: what is taken over stays in order for the most
// part, what is new may cut anything in two, and some of what is taken over is a few bytes long.
func (m *maker) next(base []byte) version {
	var v version
	at := 0
	for range 1 + m.rnd.IntN(5) {
		end := at
		if at < len(base) {
			end = at + m.rnd.IntN(len(base)-at+1)
			if m.rnd.IntN(2) == 0 {
				end = endOfLine(base, end)
			}
		}
		v.take(base, at, end)
		at = end
		switch m.rnd.IntN(8) {
		case 0, 1: // new lines
			v.add(m.chunk())
		case 2: // a few new bytes
			v.add(m.noise())
		case 3: // some left out
			at += m.rnd.IntN(min(len(base)-at, 200) + 1)
		case 4: // some bytes changed
			skipped := m.rnd.IntN(min(len(base)-at, 3) + 1)
			v.add(strings.Repeat("x", skipped))
			at += skipped
		case 5: // a part from elsewhere
			from := m.rnd.IntN(len(base) + 1)
			v.take(base, from, from+m.rnd.IntN(min(len(base)-from, 400)+1))
		case 6: // what was there is written anew
			length := m.rnd.IntN(min(len(base)-at, 60) + 1)
			v.add(string(base[at : at+length]))
			at += length
		}
	}
	if m.rnd.IntN(3) > 0 {
		v.take(base, at, len(base))
	}
	return v
}

func (v *version) add(text string) { v.text = append(v.text, text...) }

func (v *version) take(base []byte, from, to int) {
	if to > from {
		v.copies = append(v.copies, delta.Copy{Dst: int32(len(v.text)), Src: int32(from), Len: int32(to - from)})
		v.text = append(v.text, base[from:to]...)
	}
}

func endOfLine(text []byte, at int) int {
	for at < len(text) && text[at] != '\n' {
		at++
	}
	return min(at+1, len(text))
}

// chunk is a piece of a file: a line or some.
func (m *maker) chunk() string {
	text := m.plain()
	for m.rnd.IntN(3) == 0 && len(text) < 4000 {
		text = m.encode(text)
	}
	switch m.rnd.IntN(12) {
	case 0:
		text = strings.ReplaceAll(text, "\n", "\r\n")
	case 1:
		text = strings.ReplaceAll(text, "\n", " ") + "\n"
	case 2:
		text = strings.Repeat("lorem ipsum, ", m.rnd.IntN(300)) + text
	case 3:
		text += "\x00\x00\xff\xfe"
	}
	if m.rnd.IntN(4) > 0 {
		text += "\n"
	}
	return text
}

// plain is what isn't encoded.
func (m *maker) plain() string {
	s := m.secrets[m.rnd.IntN(len(m.secrets))]
	shapes := []string{
		"%s", "key = %q", "\"token\": \"%s\",", "  password: %s", "export API_KEY='%s'", "<secret>%s</secret>", "https://user:%s@example.com/a%%20b",
		"C:\\Users\\%s\\u0041pp", "curl -H \"Authorization: Bearer %s\" https://example.com", "-u admin:%s", "import { key } from '%s'", "%[1]s%[1]s", "// %s gitleaks:allow",
	}
	switch m.rnd.IntN(8) {
	case 0, 1:
		return s.Content
	case 2, 3:
		return fmt.Sprintf(shapes[m.rnd.IntN(len(shapes))], s.Value)
	case 4: // a near miss
		at := m.rnd.IntN(len(s.Value))
		return fmt.Sprintf(shapes[m.rnd.IntN(len(shapes))], s.Value[:at]+m.noise()+s.Value[min(len(s.Value), at+m.rnd.IntN(3)):])
	case 5:
		return s.Content[:m.rnd.IntN(len(s.Content))]
	case 6:
		return m.generic()
	default:
		return strings.Repeat(m.noise()+"\n", m.rnd.IntN(6))
	}
}

// generic comes near to what the generic rule matches, of which there is most in any history.
func (m *maker) generic() string {
	parts := [][]string{
		{"", "", "\n", "--mount=type=secret,", "import { ", "my.", "x-", "\u212a"},
		{"access", "auth", "Api", "API", "credential", "creds", "KEY", "passwd", "passWord", "secret", "token", "to\u212aen", "acce\u017fs"},
		{"", "", "s", "_id", " x.y", "....................", "                     "},
		{"", "'", "\n", "\"\r\n", " \n\n"},
		{"=", ">", ":", "::=", ":::=", "||", "=>", "?=", ",", ":="},
		{"", " ", "\n\n\n", "'", "= \"", "     "},
		{m.letters(20), m.letters(12) + "==", m.letters(10) + "/" + m.letters(9), m.letters(300), "aaaaaaaaaaaaaaaa", "changeme1234"},
		{"\n", "'", ";", " ", "\\n", "", ")", "é"},
	}
	var b strings.Builder
	for range 1 + m.rnd.IntN(4) {
		for _, choices := range parts {
			if m.rnd.IntN(30) == 0 {
				b.WriteString(m.noise())
				continue
			}
			b.WriteString(choices[m.rnd.IntN(len(choices))])
		}
	}
	return b.String()
}

func (m *maker) letters(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"[m.rnd.IntN(62)]
	}
	return string(b)
}

func (m *maker) noise() string {
	words := []string{
		"", "\n", "\r\n", " ", "\"", "'", "=", ":", "\\", "\\n", "%", "%41", "%0", "\\u0061", "U+0061 ", "U+0061\n", "a", "0", "-", "_", "/", "+", ".", ";", ",", "\x00", "\xff", "é",
		"key", "token", "secret", "auth", "-----BEGIN", "-----END", "eyJ", "AK" + "IA", "gh" + "p_", "xox" + "b-", "sk_" + "live_", "3f786850e387550fdab836ed7e6dc881de23001b", "\u212a", "\u017f", "\u0130",
		strings.Repeat("A", 40), strings.Repeat("ab12", 12), strings.Repeat(" ", 70),
	}
	return words[m.rnd.IntN(len(words))]
}

// encode writes a text in another way, all of it or what is after its first "=".
func (m *maker) encode(text string) string {
	before := ""
	if at := strings.IndexByte(text, '='); at >= 0 && m.rnd.IntN(2) == 0 {
		before, text = text[:at+1], text[at+1:]
	}
	switch m.rnd.IntN(6) {
	case 0:
		text = base64.StdEncoding.EncodeToString([]byte(text))
	case 1:
		text = base64.RawURLEncoding.EncodeToString([]byte(text))
	case 2:
		text = hex.EncodeToString([]byte(text))
	case 3:
		text = eachByte(text, "%%%02X")
	case 4:
		text = eachByte(text, "\\u%04x")
	default:
		text = eachByte(text, "U+%04X ")
	}
	return before + text
}

func eachByte(text, format string) string {
	var b strings.Builder
	for i := range len(text) {
		fmt.Fprintf(&b, format, text[i])
	}
	return b.String()
}

// path is a file's path: that of a secret, or one for which rules differ.
func (m *maker) path() string {
	if m.rnd.IntN(2) == 0 {
		return m.secrets[m.rnd.IntN(len(m.secrets))].Path
	}
	others := []string{"a.txt", "src/Main.java", "main.tf", "deploy/secret.yaml", "recipe.bb", "nuget.config", "package-lock.json", "web.config", "go.sum", "sub/dir/.env", "x.p12"}
	return others[m.rnd.IntN(len(others))]
}

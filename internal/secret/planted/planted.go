package planted

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
)

// Secret is a made-up credential and a file that it stands in.
type Secret struct {
	Detector string // the detector that finds it
	Value    string // as it stands in Content
	Path     string // a file's name that suits it
	Content  string // that file; Value stands in it once
}

// maker makes up the parts of values.
type maker struct{ rnd *rand.Rand }

const (
	lower         = "abcdefghijklmnopqrstuvwxyz"
	upper         = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits        = "0123456789"
	alnum         = digits + upper + lower
	base36        = digits + lower
	base64Letters = alnum + "+/"
	urlLetters    = alnum + "-_"
	hexDigits     = digits + "abcdef"
)

// of is n random characters of an alphabet.
func (m maker) of(n int, alphabet string) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[m.rnd.IntN(len(alphabet))]
	}
	return string(b)
}

func (m maker) uuid() string {
	return m.of(8, hexDigits) + "-" + m.of(4, hexDigits) + "-4" + m.of(3, hexDigits) + "-a" + m.of(3, hexDigits) + "-" + m.of(12, hexDigits)
}

// jwt is a JSON Web Token with the given claims and a signature of random bytes.
func (m maker) jwt(claims string) string {
	enc := base64.RawURLEncoding
	return enc.EncodeToString([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + enc.EncodeToString([]byte(claims)) + "." + m.of(86, alnum)
}

// pem is a private key in PEM's frame, without a line break at its end.
func (m maker) pem(label, newline string) string {
	var b strings.Builder
	b.WriteString("-----BEGIN " + label + "-----" + newline)
	for range 8 {
		b.WriteString(m.of(64, base64Letters) + newline)
	}
	return b.String() + m.of(43, base64Letters) + "=" + newline + "-----END " + label + "-----"
}

// All makes one credential of each kind. Equal seeds give equal credentials.
func All(seed uint64) []Secret {
	m := maker{rand.New(rand.NewPCG(seed, 0x0c0ffee))} //nolint:gosec // equal seeds must give equal values
	var out []Secret
	for _, k := range catalogue() {
		value := k.value(m)
		out = append(out, Secret{k.detector, value, k.path, strings.Replace(k.content, "§", value, 1)})
	}
	return out
}

// Find names the secrets that out shows: raw, in base64 at any offset and in either alphabet,
// URL-encoded, in hexadecimal, or, of those with several lines, a single line.
func Find(out []byte, secrets ...Secret) []string {
	text := string(out)
	var leaks []string
	for _, s := range secrets {
		for form, written := range forms(s.Value) {
			if strings.Contains(text, written) {
				leaks = append(leaks, fmt.Sprintf("%s, %s", s.Detector, form))
			}
		}
	}
	return leaks
}

// forms lists what Find looks for.
func forms(value string) map[string]string {
	out := map[string]string{
		"raw":         value,
		"in a query":  url.QueryEscape(value),
		"in a path":   url.PathEscape(value),
		"hexadecimal": hex.EncodeToString([]byte(value)),
	}
	for place := range 3 {
		padded := strings.Repeat("x", place) + value
		first, last := (place*8+5)/6, len(padded)*8/6
		out[fmt.Sprintf("base64 at %d", place)] = base64.RawStdEncoding.EncodeToString([]byte(padded))[first:last]
		out[fmt.Sprintf("base64url at %d", place)] = base64.RawURLEncoding.EncodeToString([]byte(padded))[first:last]
	}
	n := 0
	for line := range strings.Lines(strings.ReplaceAll(value, `\n`, "\n")) {
		if line = strings.TrimSpace(line); strings.Contains(value, line) && len(line) > 40 && line != value {
			out[fmt.Sprintf("line %d", n)] = line
		}
		n++
	}
	return out
}

package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
)

const (
	// minSearch is the length in bytes from which a value is searched as text. Anything shorter would
	// also hide innocent words; ranges hide it where it stands.
	minSearch = 6
	// minLine is the length from which one line of a value of several lines is a value of its own.
	minLine = 16
)

// form is one way of writing a value down.
type form struct {
	text string
	// run is set for base64, whose first and last characters also depend on what stands beside the
	// value: the whole run of base64 characters is hidden with it.
	run bool
}

// forms lists the ways of writing value that a masker looks for.
func forms(value []byte) []form {
	if len(value) < minSearch {
		return nil
	}
	// A shell drops the line break that a file ends with. Whatever is written with it holds what is written without.
	if bare := bytes.Trim(value, "\r\n"); len(bare) >= minSearch {
		value = bare
	}
	raw := string(value)
	texts := append(hexadecimal(value), raw, wide(raw))
	if strings.ContainsFunc(raw, special) {
		plain := strings.TrimSpace(unescape.Replace(raw))
		texts = slices.Concat(texts, []string{plain, strings.TrimSpace(raw)},
			escaped(raw), escaped(plain), unicodeEscaped(raw), marked(raw), shellQuoted(raw), percent(raw), lines(plain))
	}
	var out []form
	for _, text := range texts {
		out = append(out, form{text: text})
	}
	for _, text := range base64Cores(value) {
		out = append(out, form{text: text, run: true})
	}
	return out
}

// special reports whether any encoding writes r otherwise than as itself: most tokens have no such
// character, and need fewer forms.
func special(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_' || r == '.')
}

func hexadecimal(value []byte) []string {
	lower := hex.EncodeToString(value)
	return []string{lower, strings.ToUpper(lower)}
}

// lines lists the longer lines of a value of several lines, such as a private key, because a message may
// quote one of them alone. Lines that frame a PEM block say nothing.
func lines(s string) []string {
	if !strings.Contains(s, "\n") {
		return nil
	}
	var out []string
	for line := range strings.Lines(s) {
		line = strings.TrimSpace(line)
		if len(line) >= minLine && !strings.HasPrefix(line, "-----") {
			out = append(out, line)
		}
	}
	return out
}

// base64Cores lists those characters of value's base64 that don't depend on what stands before and after
// it: RFC 4648 packs three bytes into four characters, so there is one core for each of the three places
// that the value's first byte can have, in each of the two alphabets. Padding is no part of a core.
func base64Cores(value []byte) []string {
	var out []string
	for place := range 3 {
		padded := append(make([]byte, place), value...)
		first := (place*8 + 5) / 6 // the first character whose bits are all the value's
		last := len(padded) * 8 / 6
		out = append(out,
			base64.RawStdEncoding.EncodeToString(padded)[first:last],
			base64.RawURLEncoding.EncodeToString(padded)[first:last])
	}
	return out
}

package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
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
	raw := string(value)
	texts := append(hexadecimal(value), raw)
	if strings.ContainsFunc(raw, special) {
		plain := unescape.Replace(raw)
		texts = slices.Concat(texts, []string{plain, strings.TrimSpace(raw)},
			escaped(raw), escaped(plain), percent(raw), lines(plain))
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

// unescape undoes the escapes that a value has when it was cut out of a string of JSON: what reads the
// file, and quotes it, sees the value without them.
var unescape = strings.NewReplacer( //nolint:gochecknoglobals // never changed
	`\n`, "\n", `\r`, "\r", `\t`, "\t", `\"`, `"`, `\/`, `/`, `\\`, `\`,
)

// escaped lists s as it stands inside of a string of JSON (with and without HTML's characters escaped),
// of Go (%q, %+q) and of YAML in single quotes.
func escaped(s string) []string {
	bare := &bytes.Buffer{}
	enc := json.NewEncoder(bare)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always encodes
	html, _ := json.Marshal(s)
	out := []string{strings.ReplaceAll(s, "'", "''")}
	for _, quoted := range []string{strings.TrimSpace(bare.String()), string(html), strconv.Quote(s), strconv.QuoteToASCII(s)} {
		out = append(out, quoted[1:len(quoted)-1])
	}
	return out
}

// percent lists the URL-encoded forms of s: for a query, for a path, and as JavaScript's
// encodeURIComponent has it, each with upper and lower case digits.
func percent(s string) []string {
	query := url.QueryEscape(s)
	spaces := strings.ReplaceAll(query, "+", "%20")
	var out []string
	for _, e := range []string{query, spaces, url.PathEscape(s), component.Replace(spaces)} {
		out = append(out, e, lowerDigits(e))
	}
	return out
}

// component turns a percent-encoded query into what encodeURIComponent writes.
var component = strings.NewReplacer("%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*") //nolint:gochecknoglobals // never changed

// lowerDigits puts the digits of percent escapes into lower case.
func lowerDigits(escaped string) string {
	parts := strings.Split(escaped, "%")
	for i, part := range parts[1:] {
		parts[i+1] = strings.ToLower(part[:2]) + part[2:]
	}
	return strings.Join(parts, "%")
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

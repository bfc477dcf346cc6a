package redact

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf16"
)

// unescape undoes the escapes that a value has when it was cut out of a string of JSON: what reads the
// file, and quotes it, sees the value without them.
var unescape = strings.NewReplacer( //nolint:gochecknoglobals // never changed
	`\n`, "\n", `\r`, "\r", `\t`, "\t", `\"`, `"`, `\/`, `/`, `\\`, `\`,
)

// escaped lists s as it stands inside of a string of JSON (with and without HTML's characters escaped),
// of Go (%q, %+q) and of YAML in single quotes.
func escaped(s string) []string {
	html, _ := json.Marshal(s) // a string always encodes
	out := []string{strings.ReplaceAll(s, "'", "''"), inJSON(s)}
	for _, quoted := range []string{string(html), strconv.Quote(s), strconv.QuoteToASCII(s)} {
		out = append(out, quoted[1:len(quoted)-1])
	}
	return out
}

// inJSON is s inside of a string of JSON, with no more escaped than has to be.
func inJSON(s string) string {
	bare := &bytes.Buffer{}
	enc := json.NewEncoder(bare)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always encodes
	return bare.String()[1 : bare.Len()-len("\"\n")]
}

// percent lists the URL-encoded forms of s: for a query, for a path, and as JavaScript's
// encodeURIComponent has it, each with upper and lower case digits; for the password of an address; as Python's quote has it,
// which leaves slashes; and as GitHub's commands to a runner have it.
func percent(s string) []string {
	query := url.QueryEscape(s)
	spaces := strings.ReplaceAll(query, "+", "%20")
	var out []string
	for _, e := range []string{query, spaces, url.PathEscape(s), component.Replace(spaces)} {
		out = append(out, e, lowerDigits(e))
	}
	return append(out, url.User(s).String(), pythonPath.Replace(spaces), log.Replace(s))
}

// component turns a percent-encoded query into what encodeURIComponent writes.
var component = strings.NewReplacer("%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*") //nolint:gochecknoglobals // never changed

// pythonPath turns what has no plus into what Python's urllib.parse.quote writes; log is @actions/core's escapeData.
var (
	pythonPath = strings.NewReplacer("%2F", "/")                           //nolint:gochecknoglobals // never changed
	log        = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A") //nolint:gochecknoglobals // never changed
)

// lowerDigits puts the digits of percent escapes into lower case.
func lowerDigits(escaped string) string {
	parts := strings.Split(escaped, "%")
	for i, part := range parts[1:] {
		parts[i+1] = strings.ToLower(part[:2]) + part[2:]
	}
	return strings.Join(parts, "%")
}

// unicodeEscaped lists s as strings of JSON are written by those who escape more than they have to: PHP the slash, .NET and Java's
// Gson what HTML has a meaning for, .NET the plus too, with digits in upper case.
func unicodeEscaped(s string) []string {
	bare := inJSON(s)
	return []string{
		strings.ReplaceAll(bare, "/", `\/`),
		gson.Replace(bare),
		dotNet.Replace(bare),
	}
}

var (
	gson   = strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`, "=", `\u003d`, "'", `\u0027`)                                //nolint:gochecknoglobals // never changed
	dotNet = strings.NewReplacer("<", `\u003C`, ">", `\u003E`, "&", `\u0026`, "'", `\u0027`, "+", `\u002B`, "`", `\u0060`, `\"`, `\u0022`) //nolint:gochecknoglobals // never changed
)

// marked lists s as text of XML and HTML, and as values of attributes there, for which each library has names or numbers of its own.
func marked(s string) []string {
	text := markup.Replace(s)
	return []string{
		text, xmlQuotes.Replace(text), aposQuotes.Replace(text), htmlQuotes.Replace(text), pythonQuotes.Replace(text), goQuotes.Replace(text),
	}
}

// Made once: of thousands of values each would make its own.
var (
	markup       = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;") //nolint:gochecknoglobals // never changed
	xmlQuotes    = strings.NewReplacer(`"`, "&quot;")                          //nolint:gochecknoglobals // never changed
	aposQuotes   = strings.NewReplacer(`"`, "&quot;", "'", "&apos;")           //nolint:gochecknoglobals // never changed
	htmlQuotes   = strings.NewReplacer(`"`, "&quot;", "'", "&#39;")            //nolint:gochecknoglobals // never changed
	pythonQuotes = strings.NewReplacer(`"`, "&quot;", "'", "&#x27;")           //nolint:gochecknoglobals // never changed
	goQuotes     = strings.NewReplacer(`"`, "&#34;", "'", "&#39;")             //nolint:gochecknoglobals // never changed
)

// shellQuoted lists s as shells quote it: in single quotes, as "set -x" shows it and Python's shlex.quote has it; by backslashes, as
// "printf %q" has it; and as Docker's Compose file wants it.
func shellQuoted(s string) []string {
	var slashes strings.Builder
	for _, r := range s {
		if r < 0x80 && special(r) && !strings.ContainsRune("/:=+@%#~", r) {
			slashes.WriteByte('\\')
		}
		slashes.WriteRune(r)
	}
	return []string{
		strings.ReplaceAll(s, "'", `'\''`),
		strings.ReplaceAll(s, "'", `'"'"'`),
		slashes.String(),
		strings.ReplaceAll(s, "$", "$$"),
	}
}

// wide is s in UTF-16, as Windows' own programs write it.
func wide(s string) string {
	var out []byte
	for _, unit := range utf16.Encode([]rune(s)) {
		out = binary.LittleEndian.AppendUint16(out, unit)
	}
	return string(out)
}

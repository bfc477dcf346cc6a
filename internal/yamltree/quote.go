package yamltree

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// bare matches what needs no quotes: no number, date or null, and no indicator, whatever the version of YAML.
var bare = regexp.MustCompile(`^\.?[A-Za-z_/][A-Za-z0-9_./-]*$`)

// Quote writes a text as a scalar that every reader takes for that text: plain where that is safe, and between double quotes
// otherwise. Neither YAML nor a terminal takes any of it for something else, nor does a runner that it is printed to.
func Quote(s string) string {
	words := []string{"true", "false", "yes", "no", "on", "off", "y", "n", "null", ".inf", ".nan"}
	if bare.MatchString(s) && !slices.Contains(words, strings.ToLower(s)) {
		return s
	}
	return DoubleQuote(s)
}

// DoubleQuote writes a text between double quotes, by the escapes of YAML 1.2, section 5.7.
func DoubleQuote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteByte('"')
	return strings.ReplaceAll(b.String(), "##[", `##\x5b`) // a command to the runner that prints it
}

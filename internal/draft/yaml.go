package draft

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// plain matches what needs no quotes in any YAML context that this room writes: it can't be read as a
// number, a boolean, a date or a null, and holds no indicator.
var plain = regexp.MustCompile(`^[A-Za-z_./][A-Za-z0-9_./-]*$`)

// quote writes s as a YAML scalar, plain where that is safe and double-quoted otherwise.
func quote(s string) string {
	switch strings.ToLower(s) {
	case "y", "yes", "n", "no", "on", "off", "true", "false", "null":
	default:
		if plain.MatchString(s) {
			return s
		}
	}
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
		case !unicode.IsPrint(r): // neither YAML nor a terminal may take it for anything
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return strings.ReplaceAll(b.String(), "##[", `##\x5b`) // a command to the runner that prints it
}

// flow writes a list or a single scalar: "a" or "[a, b]".
func flow(items []string) string {
	quoted := make([]string, len(items))
	for i, s := range items {
		quoted[i] = quote(s)
	}
	if len(quoted) == 1 {
		return quoted[0]
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// maxID leaves room for a number within the 64 characters that an id may have.
const maxID = 60

// slug turns a name into an id: lower-case letters, digits and single dashes.
func slug(s string) string {
	var b strings.Builder
	dash := false
	for _, r := range strings.ToLower(s) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			if dash && b.Len() > 0 {
				b.WriteByte('-')
			}
			b.WriteRune(r)
			dash = false
		} else {
			dash = true
		}
	}
	id := b.String()
	return strings.TrimRight(id[:min(len(id), maxID)], "-")
}

package trust

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// celText is s as CEL writes a string, between single quotes
// (https://github.com/google/cel-spec/blob/master/doc/langdef.md#string-and-bytes-values). What a terminal wouldn't show is
// written by its number.
func celText(s string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for _, r := range s {
		switch {
		case r == '\'' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteByte('\'')
	return b.String()
}

func celTexts(of []string) string {
	out := make([]string, len(of))
	for i, s := range of {
		out[i] = celText(s)
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// celReserved are the words that CEL takes for no field's name
// (https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax).
func celReserved() []string {
	return strings.Fields(`as break const continue else false for function if import in let loop package namespace null
		return true var void while`)
}

// celSelects reports whether a claim's name can be written after a dot.
func celSelects(name string) bool {
	return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString(name) && !slices.Contains(celReserved(), name)
}

// celClaim is the value of a claim among those that the variable of holds. A token without it is an error, by which
// nobody gets in.
func celClaim(of, name string) string {
	if celSelects(name) {
		return of + "." + name
	}
	return of + "[" + celText(name) + "]"
}

// celHas asks whether a token has the claim at all.
func celHas(of, name string) string {
	if celSelects(name) {
		return "has(" + of + "." + name + ")"
	}
	return celText(name) + " in " + of
}

// celIs asks whether a claim has one of some values. A number or a list is equal to no text, and so isn't let in.
func celIs(of, name string, values []string) string {
	if len(values) == 1 {
		return celClaim(of, name) + " == " + celText(values[0])
	}
	return celClaim(of, name) + " in " + celTexts(values)
}

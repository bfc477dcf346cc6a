package trust

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// quoted is s as HCL writes a string
// (https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md#template-expressions). The "$" or "%" of
// "${" and "%{" is escaped by its number: doubled, it would read otherwise after another one.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case (r == '$' || r == '%') && strings.HasPrefix(s[i+1:], "{"), !unicode.IsPrint(r) && r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		case !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func quotedList(of []string) string {
	out := make([]string, len(of))
	for i, s := range of {
		out[i] = quoted(s)
	}
	return "[" + strings.Join(out, ", ") + "]"
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// label is an identifier for IDENTITY/GRANT, another one for each: what no identifier holds, and "_", is
// written by its number, and the slash as "__".
func label(grant string) string {
	var b strings.Builder
	b.WriteString("curfew_")
	for i := range len(grant) {
		c := grant[i]
		switch {
		case c == '/':
			b.WriteString("__")
		case c == '-' || c < 0x80 && (unicode.IsLetter(rune(c)) || unicode.IsDigit(rune(c))):
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "_%02x", c)
		}
	}
	return b.String()
}

// attribute is a name and an expression that is HCL already.
type attribute struct{ name, value string }

// hclWriter writes HCL as `terraform fmt` leaves it.
type hclWriter struct {
	b     bytes.Buffer
	depth int
	fresh bool // nothing stands in the block yet
}

func (w *hclWriter) line(s string) {
	w.b.WriteString(strings.Repeat("  ", w.depth) + s + "\n")
	w.fresh = false
}

// open begins a block, parted from what stands before it.
func (w *hclWriter) open(head string) {
	if w.depth > 0 && !w.fresh || w.depth == 0 && bytes.HasSuffix(w.b.Bytes(), []byte("}\n")) {
		w.blank()
	}
	w.line(head + " {")
	w.depth++
	w.fresh = true
}

func (w *hclWriter) close() {
	w.depth--
	w.line("}")
}

func (w *hclWriter) blank() { w.b.WriteByte('\n') }

// comment writes one line: what could end it is escaped.
func (w *hclWriter) comment(s string) {
	q := quoted(s)
	w.line("# " + q[1:len(q)-1])
}

// attributes writes neighbours with their signs under each other.
func (w *hclWriter) attributes(of ...attribute) {
	width := 0
	for _, a := range of {
		width = max(width, len(a.name))
	}
	for _, a := range of {
		w.line(fmt.Sprintf("%-*s = %s", width, a.name, a.value))
	}
}

// table writes a map of texts, by key.
func (w *hclWriter) table(name string, of map[string]string) {
	w.line(name + " = {")
	w.depth++
	var entries []attribute
	for _, key := range sortedKeys(of) {
		entries = append(entries, attribute{quoted(key), quoted(of[key])})
	}
	w.attributes(entries...)
	w.depth--
	w.line("}")
}

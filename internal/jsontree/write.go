package jsontree

import (
	"bytes"
	"encoding/json"
)

// Line is v as JSON on one line, without a line break; of a struct, in the order of its fields. What only HTML
// minds isn't escaped: it would make the text longer and harder to read, and two encodings of one value.
func Line(v any) ([]byte, error) {
	text, err := write(v, "")
	return bytes.TrimSuffix(text, []byte("\n")), err
}

// Indented is v as Line has it, but with a line for each value, and a line break at the end.
func Indented(v any) ([]byte, error) { return write(v, "  ") }

func write(v any, indent string) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

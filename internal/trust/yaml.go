package trust

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/curfew-ci/curfew/internal/yamltree"
)

// tree is what is written as YAML and as JSON, with its fields in order. A value is a text, a block, an object, or a list of
// texts or objects.
type tree []field

type field struct {
	name  string
	value any
}

// block is a text of several lines of ours, each of which can be shown and begins with no white space in the first.
type block string

// MarshalJSON writes the fields in their order.
func (o tree) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, f := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(compact(f.name))
		b.WriteByte(':')
		b.Write(compact(f.value))
	}
	b.WriteByte('}')
	return b.Bytes(), json.Unmarshal(b.Bytes(), new(any))
}

// yaml writes an object, indented.
func (o tree) yaml(indent string) string {
	var b strings.Builder
	for i, f := range o {
		if i > 0 {
			b.WriteString(indent)
		}
		b.WriteString(yamltree.Quote(f.name) + ":" + yamlValue(f.value, indent))
	}
	return b.String()
}

// yamlValue is what stands behind a field's colon.
func yamlValue(v any, indent string) string {
	in := indent + "  "
	var b strings.Builder
	switch v := v.(type) {
	case block:
		b.WriteString(" |-\n")
		for line := range strings.SplitSeq(string(v), "\n") {
			b.WriteString(in + line + "\n")
		}
	case tree:
		return "\n" + in + v.yaml(in)
	case []tree:
		b.WriteByte('\n')
		for _, item := range v {
			b.WriteString(indent + "- " + item.yaml(in))
		}
	case []string:
		b.WriteByte('\n')
		for _, item := range v {
			b.WriteString(indent + "- " + yamltree.Quote(item) + "\n")
		}
	case string:
		return " " + yamltree.Quote(v) + "\n"
	}
	return b.String()
}

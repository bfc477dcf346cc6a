package trust

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/curfew-ci/curfew/internal/jsontree"
)

// marshal writes JSON with a line for each value. What a terminal or an editor wouldn't show is escaped,
// which in JSON can only stand in a string.
func marshal(v any) []byte {
	text, err := jsontree.Indented(v)
	if err != nil { // no value here can fail: they are strings, numbers, lists and maps
		panic(err)
	}
	var out strings.Builder
	for _, r := range string(text) {
		switch {
		case r == '\n' || unicode.IsPrint(r):
			out.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return []byte(out.String())
}

// compact is the JSON of v without white space.
func compact(v any) []byte {
	var b bytes.Buffer
	_ = json.Compact(&b, marshal(v)) // what has just been written is JSON
	return b.Bytes()
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

package draft

import (
	"strings"

	"github.com/curfew-ci/curfew/internal/yamltree"
)

// flow writes a list or a single scalar: "a" or "[a, b]".
func flow(items []string) string {
	quoted := make([]string, len(items))
	for i, s := range items {
		quoted[i] = yamltree.Quote(s)
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

package splice

import (
	"bytes"
	"cmp"
	"slices"
)

// patch puts other bytes in the place of a range.
type patch struct {
	start, end int
	text       string
}

// patched is src with patches, which don't overlap.
func patched(src []byte, patches []patch) []byte {
	patches = slices.Clone(patches)
	slices.SortFunc(patches, func(a, b patch) int { return cmp.Compare(a.start, b.start) })
	var out bytes.Buffer
	done := 0
	for _, p := range patches {
		if p.start < done {
			continue // proven wrong when the result is read
		}
		out.Write(src[done:p.start])
		out.WriteString(p.text)
		done = p.end
	}
	out.Write(src[done:])
	return out.Bytes()
}

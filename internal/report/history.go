package report

import (
	"strings"

	"github.com/curfew-ci/curfew/internal/finding"
)

// told says where in the commits something stands: "brought by 1a2b3c4d5e6f (Ann <ann@example.com>,
// 2021-03-04), held last by …, gone from HEAD".
func told(h *finding.History) string {
	parts := []string{"brought by " + commit(h.First)}
	switch {
	case h.InHead:
		parts = append(parts, "still in HEAD")
	default:
		if h.Last.ID != h.First.ID {
			parts = append(parts, "held last by "+commit(h.Last))
		}
		parts = append(parts, "gone from HEAD")
	}
	if h.Refs > 0 {
		parts = append(parts, "still in "+branches(h.Refs))
	}
	return strings.Join(parts, ", ")
}

// commit names a commit by the beginning of its id, its author and its day.
func commit(c finding.Commit) string {
	const shortID = 12
	day, _, _ := strings.Cut(c.Date, "T")
	return c.ID[:min(len(c.ID), shortID)] + " (" + clip(c.Author, maxField) + " <" + clip(c.Email, maxField) + ">, " + day + ")"
}

func branches(n int) string {
	if n == 1 {
		return "1 other branch or tag"
	}
	return number(n) + " other branches and tags"
}

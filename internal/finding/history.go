package finding

import (
	"fmt"
	"strings"
)

// History says where in a repository's commits the subject of a finding stands, for what isn't, or isn't
// only, in the files as they are now. A finding's region and snippet then are those of First.
type History struct {
	First Commit `json:"first"` // the first commit, parents before children, that has it at the region's path
	Last  Commit `json:"last"`  // the last one that has it there

	// InHead is set where the commit that is checked out still has it at that path.
	InHead bool `json:"inHead"`
	// Refs counts the other branches and tags whose tip has it there.
	Refs int `json:"refs"`
}

// Commit is one commit, as it says of itself: anybody can write any name into one.
type Commit struct {
	ID     string `json:"id"`     // in hex, whole
	Author string `json:"author"` // name
	Email  string `json:"email"`
	Date   string `json:"date"` // the author's, RFC 3339, in UTC
}

// String says where in the commits it stands: "brought by 1a2b3c4d5e6f (Ann <ann@example.com>, 2021-03-04),
// held last by …, gone from HEAD". What commits say of themselves is as they say it: not fit to print yet.
func (h *History) String() string {
	parts := []string{"brought by " + h.First.String()}
	switch {
	case h.First.ID == "":
		parts = []string{"brought by no commit that was searched"}
	case h.InHead:
		parts = append(parts, "still in HEAD")
	default:
		if h.Last.ID != h.First.ID {
			parts = append(parts, "held last by "+h.Last.String())
		}
		parts = append(parts, "gone from HEAD")
	}
	switch h.Refs {
	case 0:
	case 1:
		parts = append(parts, "still in 1 other branch or tag")
	default:
		parts = append(parts, fmt.Sprintf("still in %d other branches and tags", h.Refs))
	}
	return strings.Join(parts, ", ")
}

// String names the commit by the beginning of its id, its author and its day.
func (c Commit) String() string {
	const shortID = 12
	day, _, _ := strings.Cut(c.Date, "T")
	return fmt.Sprintf("%s (%s <%s>, %s)", c.ID[:min(len(c.ID), shortID)], c.Author, c.Email, day)
}

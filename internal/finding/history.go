package finding

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

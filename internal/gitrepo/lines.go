package gitrepo

// LineSet is a set of lines of a text, numbered from 1. The zero value is empty.
type LineSet struct{}

// AddedLines are the lines of after that before has less often. A line ends at LF, or at the text's end.
func AddedLines(before, after []byte) LineSet { return LineSet{} }

// Overlaps reports whether any of the lines from first to last, both included, is in the set.
func (s LineSet) Overlaps(first, last int) bool { return false }

// Len is the number of lines in the set.
func (s LineSet) Len() int { return 0 }

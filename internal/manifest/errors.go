package manifest

import (
	"cmp"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/source"
)

// Error is one thing that is wrong with a manifest or a policy, and where. Its texts may quote values of
// the file as they stand there: whoever prints it masks secrets first.
type Error struct {
	Region  source.Region
	Message string // what is wrong and what was expected, lower case, one sentence without a full stop
	Try     string // what to do next
}

// Error renders "path:line:col: message" and, on a line of its own, "  try: …". What the file says makes
// no lines of its own.
func (e Error) Error() string {
	return e.Region.String() + ": " + oneLine(e.Message) + "\n  try: " + oneLine(e.Try)
}

// Errors is everything that is wrong with a file, in the file's order. It is empty where the file is
// right; Err makes an error of it.
type Errors []Error

// Error renders all errors, one below the other.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Err is es as an error, nil where there is none.
func (es Errors) Err() error {
	if len(es) == 0 {
		return nil
	}
	return es
}

// sorted orders es by place. Where two would have the same done at the same place, one is enough: a
// value that an alias or the defaults bring to several places is wrong in all of them.
func (es Errors) sorted() Errors {
	slices.SortStableFunc(es, func(a, b Error) int {
		return cmp.Or(
			cmp.Compare(a.Region.Start.Offset, b.Region.Start.Offset),
			cmp.Compare(a.Region.End.Offset, b.Region.End.Offset),
			cmp.Compare(a.Try, b.Try),
			cmp.Compare(a.Message, b.Message),
		)
	})
	return slices.CompactFunc(es, func(a, b Error) bool { return a.Region == b.Region && a.Try == b.Try })
}

// quote puts s in quotes and changes nothing in it, so that a masker finds in it what it looks for.
func quote(s string) string { return `"` + s + `"` }

// list renders "a, b or c".
func list(names []string, last string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	n := len(names) - 1
	return strings.Join(names[:n], ", ") + " " + last + " " + names[n]
}

// Nearest is the candidate that name was probably meant to be, "" where none is near, or where there are
// so many that a hostile file could make the search long.
func Nearest(name string, candidates []string) string {
	const most = 200
	if len(candidates) > most {
		return ""
	}
	best, least := "", max(1, len(name)/3)+1
	for _, c := range candidates {
		if len(c)-len(name) >= least || len(name)-len(c) >= least {
			continue
		}
		if d := distance(strings.ToLower(name), strings.ToLower(c)); d < least {
			best, least = c, d
		}
	}
	return best
}

// distance is the least number of bytes to insert, delete, replace or swap with their neighbour that
// makes a of b (optimal string alignment). Names are short: long ones are far from everything.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return max(len(a), len(b))
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

package gitrepo

import (
	"cmp"
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// Skip is something of a tree that is not read, and why. As an error it is what ReadFile returns for
// what is there and yet not for reading.
type Skip struct { //nolint:errname // first of all a report of what was left out
	Path   string // relative to the tree, with slashes, as the file system has it; "." is the tree itself
	Reason string // lower case, the same for all that is skipped alike: "larger than 100 MiB"
	Fix    string // what would change it; "" where nothing needs to
}

// Error renders the path and the reason. A path may hold any byte: those that a terminal or the runner of
// a job would obey are escaped.
func (s *Skip) Error() string { return escaped(s.Path) + ": " + s.Reason }

// What would change a skip, where that is the same for several reasons.
const (
	fixLink   = "scan the place that it points to by itself"
	fixPlain  = "put the file itself there"
	fixModule = "scan it as a repository of its own"
	fixBinary = "search it with a tool that unpacks or decodes it"
	fixDamage = "run git fsck, and clone the repository anew"
	fixRights = "make it readable for the user that scans"
)

func unreadable(name string, err error) *Skip {
	return &Skip{Path: name, Reason: "could not be read: " + cause(err).Error(), Fix: fixRights}
}

// cause is what went wrong without the call and the path, which the caller says better.
func cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// escaped is s with what can't be printed written as Go writes it.
func escaped(s string) string { return strings.Trim(strconv.Quote(s), `"`) }

func sortSkips(skips []*Skip) {
	slices.SortFunc(skips, func(a, b *Skip) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Reason, b.Reason))
	})
}

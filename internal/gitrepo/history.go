package gitrepo

import (
	"context"
	"errors"

	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
)

// HistoryOptions says what of a history is wanted. The zero value asks for all of it.
type HistoryOptions struct {
	// Since are revisions whose history is left out: commits that one of them reaches, and what the
	// commits next to the ones left have at the same path.
	Since []string
}

// CommitIndex is the place of a commit in a History's order, from 0 up to Len: parents stand before their
// children, and of those that could come next the one with the earlier committer time, then the smaller id.
type CommitIndex int32

// NoCommit stands where no commit is: a tag may name a tree or a file outright.
const NoCommit CommitIndex = -1

// PathID is the number of a path in a History.
type PathID int32

// Pair is a blob at a path: what some commit holds there.
type Pair struct {
	Path  PathID
	First CommitIndex // the first commit in order that has it; NoCommit where only a tag of a tree or blob does
	Link  bool        // the blob is the target of a symbolic link, and was nothing else at this path
}

// History is which blobs the commits of a repository hold at which paths. It refers to the database that it
// was read from, which must stay open. Its methods may be called by several goroutines.
type History struct {
	// Shallow says that the clone lacks the older commits.
	Shallow bool

	// Missing says what else could not be read.
	Missing []Missing

	// Submodules is the number of places at which other repositories' commits are named.
	Submodules int
}

// Missing is something that a history names and that could not be read.
type Missing struct {
	What     string   // lower case, plural: "blobs that the database lacks"
	Count    int      // different objects
	Examples []string // some of them, by path or commit; printable
	Fix      string   // what to do
}

// History reads all commits that HEAD, refs, or other working trees' HEADs reach, and their trees. Paths are
// relative to t's folder, and of a part of the working tree only that part is read. Grafts and replaced
// objects have no say.
func (t *Tree) History(ctx context.Context, db *odb.DB, options HistoryOptions) (*History, error) {
	return nil, errors.New("not yet")
}

// Len is the number of commits.
func (h *History) Len() int { return 0 }

// ID is the commit's id.
func (h *History) ID(i CommitIndex) odb.ID { return odb.ID{} }

// Parents are the commit's parents that are part of the history.
func (h *History) Parents(i CommitIndex) []CommitIndex { return nil }

// Describe reads who made the commit, when, and what for.
func (h *History) Describe(i CommitIndex) (CommitInfo, error) { return CommitInfo{}, nil }

// Reaches reports whether blob n is at some path of some commit.
func (h *History) Reaches(n odb.Num) bool { return false }

// Pairs lists the paths at which blob n was, in the order in which commits brought them.
func (h *History) Pairs(n odb.Num) []Pair { return nil }

// Blobs and Places count the blobs that the history reaches, and the pairs of a blob and a path.
func (h *History) Blobs() int  { return 0 }
func (h *History) Places() int { return 0 }

// Path is the path's text, with slashes, as the trees have it: any bytes but NUL and newlines included.
func (h *History) Path(p PathID) string { return "" }

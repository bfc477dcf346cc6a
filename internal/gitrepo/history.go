package gitrepo

import (
	"cmp"
	"fmt"
	"slices"

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

// Pair is a blob at a path: what some commit holds there.
type Pair struct {
	Path  PathID
	First CommitIndex // the first commit in order that has it; NoCommit where only a tag of a tree or blob does
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

	db  *odb.DB
	top []string // as in treeWalk

	commits []odb.Num // by CommitIndex
	roots   []odb.Num // their trees, or noObject, or emptyTree
	tips    []tip
	head    int32 // the slot of HEAD's commit; -1 where there is none

	paths   *paths
	pairs   []Pair
	pairEnd []int32
	before  []foundPair // what Since leaves out next to what is listed, by path
	blobs   int
}

// Len is the number of commits.
func (h *History) Len() int { return len(h.commits) }

// ID is the commit's id.
func (h *History) ID(i CommitIndex) odb.ID { return h.db.ID(h.commits[i]) }

// Describe reads who made the commit, when, and what for.
func (h *History) Describe(i CommitIndex) (CommitInfo, error) {
	id := h.ID(i)
	kind, raw, err := h.db.NewReader(0).Read(h.commits[i])
	if err != nil || kind != odb.Commit {
		return CommitInfo{ID: id}, fmt.Errorf("read commit %s: %w", id, err)
	}
	return parseInfo(id, raw), nil
}

// Reaches reports whether blob n is at some path of some commit.
func (h *History) Reaches(n odb.Num) bool { return h.pairEnd[n] < h.pairEnd[n+1] }

// Pairs lists the paths at which blob n was, in the order in which commits brought them.
func (h *History) Pairs(n odb.Num) []Pair { return h.pairs[h.pairEnd[n]:h.pairEnd[n+1]] }

// Before lists the blobs at a path that are left out since the parents that Since reaches, of commits that it doesn't, have
// them there.
func (h *History) Before(p PathID) []odb.Num {
	var out []odb.Num
	i, _ := slices.BinarySearchFunc(h.before, p, func(f foundPair, p PathID) int { return cmp.Compare(f.Path, p) })
	for ; i < len(h.before) && h.before[i].Path == p; i++ {
		out = append(out, h.before[i].blob)
	}
	return out
}

// Blobs is the number of blobs that the history reaches.
func (h *History) Blobs() int { return h.blobs }

// Path is the path's text, with slashes. It may hold any byte but NUL.
func (h *History) Path(p PathID) string { return h.paths.String(p, h.top) }

package history

import (
	"cmp"
	"maps"
	"math/bits"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/gitrepo"
)

// Skipped says which files weren't searched, in some or all versions, for one reason.
type Skipped struct {
	Reason, Fix string
	Count       int      // of paths
	Examples    []string // the first few of them, sorted
}

// Reasons for which files are left out, and what would have a binary one searched. In the working tree they
// are told in the same words.
const (
	Binary    = "binary"
	FixBinary = "search it with a tool that unpacks or decodes it"
	AnArchive = "an archive"
)

// maxExamples is how many are told by name.
const maxExamples = 3

// why is a reason for which files are left out, and what would change it.
type why struct{ reason, fix string }

// skips are paths that were left out, by the reason: a bit for each, since a history can hold millions.
type skips map[why]*pathSet

func (s skips) add(path gitrepo.PathID, w why) {
	set := s[w]
	if set == nil {
		set = &pathSet{}
		s[w] = set
	}
	set.add(path)
}

func (s skips) join(other skips) {
	for w, set := range other {
		if s[w] == nil {
			s[w] = set
			continue
		}
		s[w].join(*set)
	}
}

// list puts the skips in order, without those that known says have been told.
func (s skips) list(path func(gitrepo.PathID) string, known func(path, reason string) bool) []Skipped {
	var out []Skipped
	order := slices.SortedFunc(maps.Keys(s), func(a, b why) int {
		return cmp.Or(strings.Compare(a.reason, b.reason), strings.Compare(a.fix, b.fix))
	})
	for _, w := range order {
		k := Skipped{Reason: w.reason, Fix: w.fix}
		for id := range s[w].all {
			name := path(id)
			if known != nil && known(name, w.reason) {
				continue
			}
			k.Count++
			at, _ := slices.BinarySearch(k.Examples, name)
			if at < maxExamples {
				k.Examples = slices.Insert(k.Examples, at, name)
				k.Examples = k.Examples[:min(len(k.Examples), maxExamples)]
			}
		}
		if k.Count > 0 {
			out = append(out, k)
		}
	}
	return out
}

// pathSet is a set of paths.
type pathSet []uint64

const wordBits = 64

func (s *pathSet) add(id gitrepo.PathID) {
	word := int(id) / wordBits
	if word >= len(*s) {
		*s = append(*s, make([]uint64, word+1-len(*s))...)
	}
	(*s)[word] |= 1 << (uint(id) % wordBits) //nolint:gosec // not negative
}

func (s *pathSet) join(other pathSet) {
	if len(*s) < len(other) {
		*s = append(*s, make([]uint64, len(other)-len(*s))...)
	}
	for i, word := range other {
		(*s)[i] |= word
	}
}

// all yields the paths of s by number.
func (s *pathSet) all(yield func(gitrepo.PathID) bool) {
	for i, word := range *s {
		for ; word != 0; word &= word - 1 {
			if !yield(gitrepo.PathID(i*wordBits + bits.TrailingZeros64(word))) { //nolint:gosec // as added
				return
			}
		}
	}
}

// tellFaults says what of the object database can't be read, each fault once however many workers met it,
// and which credentials can't be described.
func (s *search) tellFaults() {
	texts := make([]string, 0, len(s.faults))
	for _, f := range append(s.faults, s.forest.Faults()...) {
		texts = append(texts, f.String())
	}
	slices.Sort(texts)
	s.tell("faults of the object database, each of which may hide versions of files", "git fsck says more; clone anew", slices.Compact(texts))
	slices.Sort(s.lost)
	s.tell("credentials that could not be read again", "git fsck", s.lost)
}

func (s *search) tell(what, fix string, all []string) {
	if len(all) > 0 {
		s.result.Missing = append(s.result.Missing, gitrepo.Missing{
			What: what, Count: len(all), Examples: all[:min(len(all), maxExamples)], Fix: fix,
		})
	}
}

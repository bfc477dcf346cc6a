package gitrepo

import (
	"bytes"
	"hash/maphash"
	"slices"
	"sort"
)

// LineSet is a set of lines of a text, numbered from 1. The zero value is empty.
type LineSet struct{ runs []lineRun }

// lineRun is lines that follow each other. Both ends are included.
type lineRun struct{ first, last int }

// AddedLines are the lines of after that before doesn't have as often. A line ends at LF, or at the text's end;
// that LF is no part of it. Of lines that are alike the first ones count as those that before has. A line that
// has moved is not added.
//
// It takes time and memory in proportion to what lies between the lines that both begin and end with.
func AddedLines(before, after []byte) LineSet {
	start := bytes.LastIndexByte(after[:commonPrefix(before, after)], '\n') + 1
	end := commonSuffix(before[start:], after[start:])
	if lf := bytes.IndexByte(after[len(after)-end:], '\n'); lf >= 0 {
		end -= lf + 1
	} else {
		end = 0
	}
	number := bytes.Count(after[:start], []byte{'\n'})
	before, after = before[start:len(before)-end], after[start:len(after)-end]
	if len(after) == 0 {
		return LineSet{}
	}
	had := countLines(before)
	var set LineSet
	for len(after) > 0 {
		var line []byte
		line, after = cutLine(after)
		number++
		if !had.take(line) {
			set.add(number)
		}
	}
	return set
}

// lineCounts says how often a text has each of its lines. They are told apart by a hash of 64 bits under a key of their own, as
// nobody can make two alike: a map of lines takes many times the text.
type lineCounts struct {
	seed   maphash.Seed
	hashes []uint64 // different ones, sorted
	counts []int32
}

func countLines(text []byte) lineCounts {
	c := lineCounts{seed: maphash.MakeSeed()}
	all := make([]uint64, 0, bytes.Count(text, []byte{'\n'})+1)
	for len(text) > 0 {
		var line []byte
		line, text = cutLine(text)
		all = append(all, maphash.Bytes(c.seed, line))
	}
	slices.Sort(all)
	different := 0
	for i := range all {
		if i == 0 || all[i] != all[i-1] {
			different++
		}
	}
	c.counts = make([]int32, 0, different)
	for _, hash := range all {
		n := len(c.counts)
		if n == 0 || hash != all[n-1] {
			all[n] = hash
			c.counts = append(c.counts, 0)
			n++
		}
		c.counts[n-1]++
	}
	c.hashes = all[:different]
	return c
}

// take reports whether the text has the line, once more than it was taken before.
func (c *lineCounts) take(line []byte) bool {
	i, ok := slices.BinarySearch(c.hashes, maphash.Bytes(c.seed, line))
	if !ok || c.counts[i] == 0 {
		return false
	}
	c.counts[i]--
	return true
}

// cutLine splits off the first line, without its LF.
func cutLine(text []byte) (line, rest []byte) {
	if lf := bytes.IndexByte(text, '\n'); lf >= 0 {
		return text[:lf], text[lf+1:]
	}
	return text, nil
}

// commonSuffix is how many bytes a and b end with alike.
func commonSuffix(a, b []byte) int {
	n := min(len(a), len(b))
	i := 0
	for i < n && a[len(a)-1-i] == b[len(b)-1-i] {
		i++
	}
	return i
}

// allLines is the set of all lines of text.
func allLines(text []byte) LineSet { return AddedLines(nil, text) }

// add adds a line behind all others.
func (s *LineSet) add(line int) {
	if n := len(s.runs); n > 0 && s.runs[n-1].last == line-1 {
		s.runs[n-1].last = line
		return
	}
	s.runs = append(s.runs, lineRun{line, line})
}

// Overlaps reports whether any of the lines from first to last, both included, is in the set.
func (s LineSet) Overlaps(first, last int) bool {
	i := sort.Search(len(s.runs), func(i int) bool { return s.runs[i].last >= first })
	return i < len(s.runs) && first <= last && s.runs[i].first <= last
}

// Len is the number of lines in the set.
func (s LineSet) Len() int {
	n := 0
	for _, run := range s.runs {
		n += run.last - run.first + 1
	}
	return n
}

// intersect is the set of the lines that both have.
func (s LineSet) intersect(other LineSet) LineSet {
	var out LineSet
	for i, j := 0, 0; i < len(s.runs) && j < len(other.runs); {
		a, b := s.runs[i], other.runs[j]
		if first, last := max(a.first, b.first), min(a.last, b.last); first <= last {
			out.runs = append(out.runs, lineRun{first, last})
		}
		if a.last < b.last {
			i++
		} else {
			j++
		}
	}
	return out
}

package gitrepo

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// The kinds of a tree's entries, by the type bits of their modes. What is none of them is a file to git.
const (
	modeType      = 0o170000
	modeTree      = 0o040000
	modeLink      = 0o120000
	modeSubmodule = 0o160000
)

// entry is one of a tree's: "mode name NUL id", the mode in octal digits and the id in bytes. Its slices are
// parts of the tree's content.
type entry struct {
	mode uint32
	name []byte
	id   []byte
}

// entryEnd is where the entry that begins at byte at of a tree ends; 0 where it is damaged.
func entryEnd(raw []byte, at, idSize int) int {
	nul := bytes.IndexByte(raw[at:], 0)
	if end := at + nul + 1 + idSize; nul >= 0 && end <= len(raw) {
		return end
	}
	return 0
}

// entryAt reads the entry from at to end, as entryEnd told; false where it has no mode.
func entryAt(raw []byte, at, end, idSize int) (entry, bool) {
	e := entry{id: raw[end-idSize : end]}
	for i, c := range raw[at : end-idSize-1] {
		switch {
		case c >= '0' && c <= '7' && i < 7:
			e.mode = e.mode<<3 | uint32(c-'0')
		case c == ' ' && i > 0:
			e.name = raw[at+i+1 : end-idSize-1]
			return e, true
		default:
			return entry{}, false
		}
	}
	return entry{}, false
}

// appendFresh appends to fresh where the entries of the tree raw begin that are not among those that last
// has as well at its beginning and its end. It reports false where raw is damaged; the entries before are
// appended then. Last is well formed.
//
// What is the same is found by comparing bytes, not entries. Ids and names may hold any bytes, so the end that
// both have in common counts from where an entry begins in both: a file "a100644 b" ends like a file "b".
func appendFresh(fresh []int32, last, raw []byte, idSize int) ([]int32, bool) {
	at := 0
	for same := commonPrefix(last, raw); at < same; {
		end := entryEnd(raw, at, idSize)
		if end == 0 || end > same {
			break
		}
		at = end
	}
	i, j := at, at
	same := commonSuffix(last[at:], raw[at:])
	for {
		left, leftLast := len(raw)-i, len(last)-j
		if left == leftLast && left <= same {
			return fresh, true
		}
		if left < leftLast {
			j = entryEnd(last, j, idSize)
			continue
		}
		end := entryEnd(raw, i, idSize)
		if end == 0 {
			return fresh, false
		}
		fresh = append(fresh, int32(i)) //nolint:gosec // no tree is larger than 2 GiB
		i = end
	}
}

// commonPrefix is how many bytes a and b begin with alike.
func commonPrefix(a, b []byte) int {
	n := min(len(a), len(b))
	i := 0
	for ; i+8 <= n; i += 8 {
		if differ := binary.LittleEndian.Uint64(a[i:]) ^ binary.LittleEndian.Uint64(b[i:]); differ != 0 {
			return i + bits.TrailingZeros64(differ)/8
		}
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}

// commonSuffix is how many bytes a and b end with alike.
func commonSuffix(a, b []byte) int {
	n := min(len(a), len(b))
	i := 0
	for ; i+8 <= n; i += 8 {
		if differ := binary.LittleEndian.Uint64(a[len(a)-i-8:]) ^ binary.LittleEndian.Uint64(b[len(b)-i-8:]); differ != 0 {
			return i + bits.LeadingZeros64(differ)/8
		}
	}
	for i < n && a[len(a)-1-i] == b[len(b)-1-i] {
		i++
	}
	return i
}

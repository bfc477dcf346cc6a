package gitrepo

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// The kinds of a tree's entries, by the type bits of their modes. What is none of them is read as a file; what git doesn't
// know as one it takes for a submodule, but then what is there would be passed over.
const (
	modeType      = 0o170000
	modeTree      = 0o040000
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

// appendFresh appends to fresh where the entries of the tree raw begin that last doesn't have as they are, and
// some that it has. It reports false where raw is damaged; the entries before are looked at all the same. Last
// is not damaged.
//
// Runs of equal entries are found by comparing bytes, which is fast, and passed over entry by entry, as ids and
// names may hold any bytes: a file "a100644 b" ends like a file "b". Where the two differ, the order of names
// says which goes on; a tree out of order costs time, not correctness.
func appendFresh(fresh []int32, last, raw []byte, idSize int) ([]int32, bool) {
	i, j := 0, 0
	for {
		same := commonPrefix(last[j:], raw[i:])
		for same > 0 {
			end := entryEnd(raw, i, idSize)
			if end == 0 || end-i > same {
				break
			}
			same -= end - i
			i, j = end, j+end-i
		}
		if i == len(raw) {
			return fresh, true
		}
		end := entryEnd(raw, i, idSize)
		if end == 0 {
			return fresh, false
		}
		if j < len(last) {
			endLast := entryEnd(last, j, idSize)
			order := bytes.Compare(nameOf(raw[i:end-idSize]), nameOf(last[j:endLast-idSize]))
			if order >= 0 {
				j = endLast
			}
			if order > 0 {
				continue
			}
		}
		fresh = append(fresh, int32(i))
		i = end
	}
}

// nameOf is the name in "mode name NUL", with the NUL.
func nameOf(head []byte) []byte { return head[bytes.IndexByte(head, ' ')+1:] }

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

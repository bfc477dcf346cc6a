package gitrepo

import (
	"bytes"
	"hash/maphash"
	"slices"
	"strings"
)

// PathID is the number of a path in a History.
type PathID int32

// rootPath is the repository's own folder; noPath is returned where no more paths can be told apart.
const (
	rootPath PathID = 0
	noPath   PathID = -1
)

const (
	// maxPaths bounds the paths of a history. A few small trees that name each other often can make any
	// number of them; the largest public repositories have fewer.
	maxPaths = 1 << 22

	// maxPathText bounds the bytes of all paths, each in full: the names are held, and each path is looked at.
	maxPathText = 512 << 20
)

// paths numbers the paths of a history: each is a name below another path. It takes 16 bytes and the name
// for each, and a table of 4-byte slots that is at most three quarters full.
type paths struct {
	parent []PathID
	start  []uint32 // where the name of each path begins in text; it ends where the next begins
	text   []byte
	length []int32 // of each path in full, with a slash before each name
	total  int     // of all lengths
	slots  []int32 // by hash of parent and name, the path's number + 1; 0 is free
	limit  int     // maxPaths
	seed   maphash.Seed
}

func newPaths() *paths {
	return &paths{
		parent: []PathID{noPath}, start: []uint32{0, 0}, length: []int32{0},
		slots: make([]int32, 1<<10), limit: maxPaths, seed: maphash.MakeSeed(),
	}
}

// name is the last part of a path. It may move as paths are added.
func (p *paths) name(id PathID) []byte { return p.text[p.start[id]:p.start[id+1]] }

// child is the path of name below parent. The first caller to ask makes it; noPath where there are too many.
func (p *paths) child(parent PathID, name []byte) PathID {
	mask := uint64(len(p.slots) - 1) //nolint:gosec // a power of two
	i := p.hash(parent, name) & mask
	for ; p.slots[i] != 0; i = (i + 1) & mask {
		if id := PathID(p.slots[i] - 1); p.parent[id] == parent && bytes.Equal(p.name(id), name) {
			return id
		}
	}
	length := int(p.length[parent]) + 1 + len(name)
	if len(p.parent) >= p.limit || length > maxPathText-p.total {
		return noPath
	}
	p.total += length
	p.length = append(p.length, int32(length)) //nolint:gosec // up to maxPathText
	id := PathID(len(p.parent))                //nolint:gosec // below maxPaths
	p.parent = append(p.parent, parent)
	p.text = append(p.text, name...)
	p.start = append(p.start, uint32(len(p.text))) //nolint:gosec // up to maxPathText
	p.slots[i] = int32(id) + 1
	if len(p.parent) > len(p.slots)/4*3 {
		p.grow()
	}
	return id
}

func (p *paths) hash(parent PathID, name []byte) uint64 {
	return mix(maphash.Bytes(p.seed, name) ^ uint64(parent)) //nolint:gosec // a number like any other
}

func (p *paths) grow() {
	p.slots = make([]int32, 2*len(p.slots))
	mask := uint64(len(p.slots) - 1) //nolint:gosec // a power of two
	for id := 1; id < len(p.parent); id++ {
		i := p.hash(p.parent[id], p.name(PathID(id))) & mask
		for p.slots[i] != 0 {
			i = (i + 1) & mask
		}
		p.slots[i] = int32(id) + 1
	}
}

// String is the path below the folder that top lists the names of.
func (p *paths) String(id PathID, top []string) string {
	var names []string
	for ; id > rootPath; id = p.parent[id] {
		names = append(names, string(p.name(id)))
	}
	slices.Reverse(names)
	if len(names) >= len(top) && slices.Equal(names[:len(top)], top) {
		names = names[len(top):]
	}
	return strings.Join(names, "/")
}

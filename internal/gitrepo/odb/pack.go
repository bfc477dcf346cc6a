package odb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// pack is one packfile with its index: gitformat-pack(5).
type pack struct {
	file  *file
	table *file // the index's
	idx   *index
	first Num   // of its objects, which are numbered in the index's order
	end   int64 // where the trailing checksum begins
}

const (
	packHeader  = 12 // "PACK", version, number of objects
	entryHeader = 64 // more than any object's header has
	leastEntry  = 9  // bytes of the shortest object: its header, and a stream of nothing
)

// Types that an entry may have besides those of Kind.
const (
	offsetDelta Kind = 6
	refDelta    Kind = 7
)

// Errors of entries.
var (
	errOutside = errors.New("the index points outside the pack")
	errHeader  = errors.New("the object's header is cut short or makes no sense")
	errKind    = errors.New("the object is of a type that git doesn't have")
	errNoBase  = errors.New("the object that it is a delta of is missing")
	errCycle   = errors.New("the object is a delta of itself, by way of others")
)

// openPack opens a pack and its index. Besides the pack it returns what is wrong, and an error where there is
// nothing to read.
func openPack(path, indexPath string, width int) (*pack, []Fault, error) {
	table, err := open(indexPath)
	if err != nil {
		return nil, []Fault{{Path: indexPath, What: err.Error()}}, err
	}
	content, err := open(path)
	if err != nil {
		_ = table.close()
		return nil, []Fault{{Path: path, What: err.Error()}}, err
	}
	p, found, err := newPack(content, table, width)
	if err != nil {
		_ = content.close()
		_ = table.close()
	}
	return p, found, err
}

// newPack is openPack with the files that were opened.
func newPack(content, table *file, width int) (*pack, []Fault, error) {
	p := &pack{file: content, table: table}
	index, err := table.whole()
	if err == nil {
		p.idx, err = parseIndex(index, width)
	}
	if err != nil {
		return nil, []Fault{{Path: table.path, What: err.Error()}}, err
	}
	whats, err := p.check()
	if err != nil {
		return nil, []Fault{{Path: content.path, What: err.Error()}}, err
	}
	found := make([]Fault, len(whats))
	for i, what := range whats {
		found[i] = Fault{Path: content.path, What: what}
	}
	return p, found, nil
}

// check looks at both ends of the pack. An error means that there is nothing to read.
func (p *pack) check() (whats []string, err error) {
	head := p.file.at(0, packHeader)
	if len(head) < packHeader || string(head[:4]) != "PACK" {
		return nil, errors.New("not a pack")
	}
	if v := binary.BigEndian.Uint32(head[4:]); v != 2 && v != 3 {
		return nil, fmt.Errorf("a pack of version %d, which is not known: expected 2 or 3", v)
	}
	p.end = max(p.file.size-int64(p.idx.width), packHeader)
	if int64(p.idx.n) > (p.end-packHeader)/leastEntry {
		return nil, errors.New("the pack is too short for the objects that its index has")
	}
	if n := binary.BigEndian.Uint32(head[8:]); int64(n) != int64(p.idx.n) {
		whats = append(whats, fmt.Sprintf("the pack says that it has %d objects, its index has %d", n, p.idx.n))
	}
	if !bytes.Equal(p.file.at(p.end, p.idx.width), p.idx.trail) {
		whats = append(whats, "the pack doesn't end with the checksum that its index names: it is cut short, or the index is another pack's")
	}
	return whats, nil
}

func (p *pack) close() error { return errors.Join(p.file.close(), p.table.close()) }

// entry is the header of an object in a pack.
type entry struct {
	kind Kind  // or offsetDelta, refDelta
	size int64 // of what is stored, a content or a delta
	data int64 // where the compressed stream begins
	base int64 // where the base begins; with offsetDelta
	ref  []byte
}

func (e *entry) isDelta() bool { return e.kind >= offsetDelta }

// entry reads the header of the object at off.
func (p *pack) entry(off int64) (entry, error) {
	if off < packHeader || off >= p.end {
		return entry{}, errOutside
	}
	head := p.file.at(off, entryHeader)
	e := entry{kind: Kind(head[0] >> 4 & 7)}
	at, ok := e.readSize(head)
	if !ok {
		return entry{}, errHeader
	}
	switch e.kind {
	case Commit, Tree, Blob, Tag:
	case offsetDelta:
		distance, n, ok := readDistance(head[at:])
		if !ok {
			return entry{}, errHeader
		}
		at += n
		e.base = off - distance
		if distance <= 0 || e.base < packHeader {
			return entry{}, errNoBase
		}
	case refDelta:
		if len(head)-at < p.idx.width {
			return entry{}, errHeader
		}
		e.ref = head[at : at+p.idx.width]
		at += p.idx.width
	default:
		return entry{}, errKind
	}
	e.data = off + int64(at)
	if e.data > p.end || !plausible(e.size, p.end-e.data) {
		return entry{}, errEnds
	}
	return e, nil
}

// readSize reads the size: four bits of the first byte, then seven a byte, the lowest first.
func (e *entry) readSize(head []byte) (at int, ok bool) {
	c := head[0]
	e.size = int64(c & 15)
	shift := 4
	for at = 1; c&0x80 != 0; at++ {
		if at == len(head) || shift > 53 { // 60 bits are more than any file has
			return 0, false
		}
		c = head[at]
		e.size |= int64(c&0x7f) << shift
		shift += 7
	}
	return at, true
}

// readDistance reads how far before a delta its base begins: seven bits a byte, the highest first, each
// further byte adding one so that no number is written in two ways.
func readDistance(d []byte) (distance int64, n int, ok bool) {
	for n < len(d) && n < 8 {
		c := d[n]
		n++
		distance = distance<<7 | int64(c&0x7f)
		if c&0x80 == 0 {
			return distance, n, true
		}
		distance++
	}
	return 0, 0, false
}

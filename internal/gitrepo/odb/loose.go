package odb

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
)

// looseSet is the loose objects of one objects folder, each a file that is named by its id.
type looseSet struct {
	dir   string
	width int    // of an id
	ids   []byte // in order, width bytes each
	first Num    // of its objects
}

// listLoose lists the loose objects below dir. A file that isn't named like one is none: git leaves unfinished
// ones.
func listLoose(dir string, width int) (*looseSet, []Fault) {
	set := &looseSet{dir: dir, width: width}
	var found []Fault
	for first := range 256 {
		folder := filepath.Join(dir, hex.EncodeToString([]byte{byte(first)}))
		names, err := fileNames(folder)
		if err != nil {
			if !errors.Is(err, os.ErrNotExist) {
				found = append(found, Fault{Path: folder, What: cause(err).Error()})
			}
			continue
		}
		slices.Sort(names)
		for _, name := range names {
			rest, err := hex.DecodeString(name)
			if err != nil || len(rest) != width-1 || hex.EncodeToString(rest) != name {
				continue
			}
			set.ids = append(append(set.ids, byte(first)), rest...)
		}
	}
	return set, found
}

// fileNames lists a folder, in no order. A pipe in a folder's place doesn't hold it up.
func fileNames(dir string) ([]string, error) {
	d, err := os.OpenFile(dir, os.O_RDONLY|openFlags, 0) //nolint:gosec // the database's own folder
	if err != nil {
		return nil, err
	}
	defer d.Close() //nolint:errcheck // only read
	return d.Readdirnames(-1)
}

func (l *looseSet) len() int { return len(l.ids) / l.width }

func (l *looseSet) id(pos int) []byte { return l.ids[pos*l.width:][:l.width:l.width] }

func (l *looseSet) find(id []byte) (int, bool) {
	return sort.Find(l.len(), func(i int) int { return bytes.Compare(id, l.id(i)) })
}

// bucket is the range of positions of the ids that begin with a byte.
func (l *looseSet) bucket(first byte) (lo, hi int) {
	lo = sort.Search(l.len(), func(i int) bool { return l.ids[i*l.width] >= first })
	hi = sort.Search(l.len(), func(i int) bool { return l.ids[i*l.width] > first })
	return lo, hi
}

func (l *looseSet) path(pos int) string {
	name := hex.EncodeToString(l.id(pos))
	return filepath.Join(l.dir, name[:2], name[2:])
}

var (
	errLooseHeader = errors.New("the object doesn't begin with its type and size")
	errLooseTail   = errors.New("something follows the object")
)

// looseHeader is more than "commit ", the digits of the largest size, and NUL.
const looseHeader = 32

// looseObject is a loose object of which the header has been read.
type looseObject struct {
	kind  Kind
	size  int64
	begun []byte // the first bytes of the content, at most as many as the header leaves room for
}

// beginLoose reads the header of the loose object in f: "blob 12" and NUL.
func (i *inflater) beginLoose(f *file, head *[looseHeader]byte) (looseObject, error) {
	n, err := i.peek(f, 0, f.size, head[:])
	if err != nil {
		return looseObject{}, err
	}
	header, begun, ok := bytes.Cut(head[:n], []byte{0})
	name, digits, both := bytes.Cut(header, []byte{' '})
	size, err := strconv.ParseInt(string(digits), 10, 64)
	o := looseObject{kind: parseKind(name), size: size, begun: begun}
	if !ok || !both || err != nil || size < 0 || o.kind == 0 || strconv.FormatInt(size, 10) != string(digits) {
		return looseObject{}, errLooseHeader
	}
	switch {
	case int64(len(begun)) > size:
		return looseObject{}, errLonger
	case !plausible(size, f.size):
		return looseObject{}, errEnds
	}
	return o, nil
}

// endLoose fills buf, which must have the object's size, to the end of the file.
func (i *inflater) endLoose(o looseObject, buf []byte) error {
	if err := i.rest(buf[copy(buf, o.begun):]); err != nil {
		return err
	}
	if _, err := i.source.ReadByte(); err == nil {
		return errLooseTail
	}
	return nil
}

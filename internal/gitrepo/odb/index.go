package odb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
)

// index is a pack's table of contents: the ids of its objects in order, and where each begins. Versions 1 and
// 2 of gitformat-pack(5), "pack-*.idx files have the following format".
type index struct {
	n     int
	width int    // of an id
	fan   []byte // 256 numbers: how many ids begin with a byte up to this
	// The ids stand stride bytes apart, alone in version 2 and behind their offsets in version 1.
	ids    []byte
	stride int
	off4   []byte // offsets of 4 bytes, stride4 apart
	step4  int
	off8   []byte // those that need more; nil in version 1
	trail  []byte // the pack's own checksum
	isWide bool   // version 2: the top bit of an offset says that it stands in off8
}

const (
	fanBytes   = 256 * 4
	indexMagic = "\xfftOc"
)

// parseIndex reads the layout of an index, whose content it keeps.
func parseIndex(data []byte, width int) (*index, error) {
	x := &index{width: width}
	body := data
	if bytes.HasPrefix(data, []byte(indexMagic)) {
		if len(data) < 8 || binary.BigEndian.Uint32(data[4:]) != 2 {
			return nil, errors.New("an index of a version that is not known: expected 1 or 2")
		}
		x.isWide = true
		body = data[8:]
	}
	if len(body) < fanBytes+2*width {
		return nil, errors.New("the index is cut short")
	}
	x.fan, body = body[:fanBytes], body[fanBytes:]
	x.trail, body = body[len(body)-2*width:len(body)-width], body[:len(body)-2*width]
	last := uint32(0)
	for i := range 256 {
		to := binary.BigEndian.Uint32(x.fan[4*i:])
		if to < last {
			return nil, errors.New("the index's table of first bytes doesn't ascend")
		}
		last = to
	}
	if last > math.MaxInt32 || int64(last)*int64(width+4) > int64(len(body)) {
		return nil, errors.New("the index is shorter than the number of its objects asks for")
	}
	x.n = int(last)
	return x, x.layOut(body)
}

// layOut finds the tables in what follows the fan-out.
func (x *index) layOut(body []byte) error {
	if !x.isWide {
		x.stride, x.step4 = x.width+4, x.width+4
		x.off4 = body
		if x.n > 0 {
			x.ids = body[4:]
		}
		return nil
	}
	if int64(x.n)*int64(x.width+8) > int64(len(body)) { // id, checksum, offset
		return errors.New("the index is shorter than the number of its objects asks for")
	}
	x.stride, x.step4 = x.width, 4
	x.ids, body = body[:x.n*x.width], body[x.n*x.width:]
	body = body[x.n*4:]
	x.off4, x.off8 = body[:x.n*4], body[x.n*4:]
	return nil
}

// id is the id at a position in the order of ids.
func (x *index) id(pos int) []byte {
	return x.ids[pos*x.stride:][:x.width:x.width]
}

// offset says where in the pack the object at a position begins; false where the index doesn't.
func (x *index) offset(pos int) (int64, bool) {
	off := binary.BigEndian.Uint32(x.off4[pos*x.step4:])
	if !x.isWide || off&(1<<31) == 0 {
		return int64(off), true
	}
	at := int64(off&^(1<<31)) * 8
	if at+8 > int64(len(x.off8)) {
		return 0, false
	}
	wide := binary.BigEndian.Uint64(x.off8[at:])
	return int64(wide), wide <= math.MaxInt64 //nolint:gosec // the result says whether it fits
}

// bucket is the range of positions of the ids that begin with a byte.
func (x *index) bucket(first byte) (lo, hi int) {
	if first > 0 {
		lo = int(binary.BigEndian.Uint32(x.fan[4*(int(first)-1):]))
	}
	return lo, int(binary.BigEndian.Uint32(x.fan[4*int(first):]))
}

// find looks for an id, which an index may wrongly have twice: the first counts.
func (x *index) find(id []byte) (int, bool) {
	if len(id) != x.width {
		return 0, false
	}
	lo, end := x.bucket(id[0])
	hi := end
	want := binary.BigEndian.Uint64(id)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		have := x.id(mid)
		prefix := binary.BigEndian.Uint64(have) // mostly tells
		if prefix < want || prefix == want && bytes.Compare(have, id) < 0 {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < end && bytes.Equal(x.id(lo), id) {
		return lo, true
	}
	return 0, false
}

package delta

import (
	"errors"
	"math"
)

// What can be wrong with a delta.
var (
	errSize     = errors.New("the delta's sizes are cut short or too large")
	errBase     = errors.New("the delta is made for a base of another length")
	errTruncate = errors.New("the delta ends within an instruction")
	errReserved = errors.New("the delta has an instruction that git reserves")
	errBeyond   = errors.New("the delta copies from beyond its base")
	errLong     = errors.New("the delta makes more than it says")
	errShort    = errors.New("the delta makes less than it says")
)

// Sizes reads the beginning of a delta in git's format (gitformat-pack(5), "Deltified representation"): the
// lengths in bytes of its base and of what it makes. The rest are the instructions.
func Sizes(d []byte) (base, made int64, rest []byte, err error) {
	base, d, err = size(d)
	if err != nil {
		return 0, 0, nil, err
	}
	made, d, err = size(d)
	if err != nil {
		return 0, 0, nil, err
	}
	return base, made, d, nil
}

// size reads a number of 7 bits a byte, the lowest first.
func size(d []byte) (int64, []byte, error) {
	var n int64
	for i, c := range d {
		if i == 9 { // 63 bits are read
			break
		}
		n |= int64(c&0x7f) << (7 * i)
		if c&0x80 == 0 {
			return n, d[i+1:], nil
		}
	}
	return 0, nil, errSize
}

// Apply makes a text of base and a delta in git's format. The text is written into buf, which must have its
// length (see Sizes). The copies are appended to copies: those that continue one another are joined, Dst
// ascends, and none is shorter than MinCopy. Neither base nor buf may be longer than 2 GiB, and they must not overlap.
func Apply(buf, base, d []byte, copies []Copy) ([]Copy, error) {
	d, err := begin(buf, base, d)
	if err != nil {
		return copies, err
	}
	own := len(copies) // what was there before is never joined
	at := 0
	for len(d) > 0 {
		op := d[0]
		if op&0x80 == 0 { // insert the next op bytes
			n := int(op)
			switch {
			case n == 0:
				return copies, errReserved
			case n >= len(d):
				return copies, errTruncate
			case n > len(buf)-at:
				return copies, errLong
			}
			copy(buf[at:], d[1:1+n])
			at += n
			d = d[1+n:]
			continue
		}
		src, n, rest, ok := operands(op, d[1:])
		switch {
		case !ok:
			return copies, errTruncate
		case src > len(base) || n > len(base)-src:
			return copies, errBeyond
		case n > len(buf)-at:
			return copies, errLong
		}
		copy(buf[at:at+n], base[src:src+n])
		copies = join(copies, own, Copy{Dst: int32(at), Src: int32(src), Len: int32(n)}) //nolint:gosec // both texts are shorter than 2 GiB
		at += n
		d = rest
	}
	if at < len(buf) {
		return copies, errShort
	}
	return trim(copies, own), nil
}

// begin reads the sizes, which must be those of the two texts, and returns the instructions.
func begin(buf, base, d []byte) ([]byte, error) {
	want, made, rest, err := Sizes(d)
	switch {
	case err != nil:
		return nil, err
	case want != int64(len(base)):
		return nil, errBase
	case made != int64(len(buf)) || made > math.MaxInt32 || want > math.MaxInt32:
		return nil, errSize
	}
	return rest, nil
}

// operands reads where a copy begins and how long it is. The bits of op say which bytes of the two are
// there; the others are zero. A length of zero stands for 64 KiB.
func operands(op byte, d []byte) (src, n int, rest []byte, ok bool) {
	i := 0
	for bit := range 7 {
		if op&(1<<bit) == 0 {
			continue
		}
		if i == len(d) {
			return 0, 0, nil, false
		}
		if bit < 4 {
			src |= int(d[i]) << (8 * bit)
		} else {
			n |= int(d[i]) << (8 * (bit - 4))
		}
		i++
	}
	if n == 0 {
		n = 0x10000
	}
	return src, n, d[i:], true
}

// join appends c, or lengthens the last of copies[own:] where c continues it. A last one that is too short
// to be told, and isn't continued, gives way to c.
func join(copies []Copy, own int, c Copy) []Copy {
	if k := len(copies) - 1; k >= own {
		last := &copies[k]
		if last.Dst+last.Len == c.Dst && last.Src+last.Len == c.Src {
			last.Len += c.Len
			return copies
		}
		if last.Len < MinCopy {
			*last = c
			return copies
		}
	}
	return append(copies, c)
}

// trim takes away the last of copies[own:] if it is too short to be told.
func trim(copies []Copy, own int) []Copy {
	if k := len(copies) - 1; k >= own && copies[k].Len < MinCopy {
		return copies[:k]
	}
	return copies
}

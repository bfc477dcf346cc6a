package odb

import (
	"errors"
	"fmt"
	"hash"
	"hash/adler32"
	"io"

	"github.com/klauspost/compress/flate"

	"github.com/curfew-ci/curfew/internal/delta"
)

// maxRatio is the most by which deflate shrinks anything, 1 byte for 1032; what is declared to be larger
// than that is wrong, and no memory is asked for it.
const maxRatio = 1032

// Errors of streams.
var (
	errEnds     = errors.New("the file ends within the object")
	errLonger   = errors.New("the object is longer than it says")
	errTooFew   = errors.New("the object is shorter than it says")
	errStream   = errors.New("the object isn't compressed as git does")
	errChecksum = errors.New("the object's content doesn't match its checksum")
)

// inflater decompresses zlib streams. It is kept, since its tables are large.
type inflater struct {
	in     stream
	source flate.Reader  // in, set to the stream that is read
	z      io.ReadCloser // a flate.Resetter
	sum    hash.Hash32   // of what was inflated
	passed int           // bytes that were read since files were last unloaded
}

// start begins to read the zlib stream (RFC 1950) of f between off and end. Its two layers are taken apart here
// since the library's zlib reader allocates for each stream.
func (i *inflater) start(f *file, off, end int64) error {
	i.source = i.in.from(f, off, end)
	cmf, err1 := i.source.ReadByte()
	flg, err2 := i.source.ReadByte()
	switch {
	case err1 != nil || err2 != nil:
		return errEnds
	case cmf&0x0f != 8 || cmf>>4 > 7 || (int(cmf)<<8|int(flg))%31 != 0 || flg&0x20 != 0: // deflate, window, check, dictionary
		return errStream
	case i.z == nil:
		i.z, i.sum = flate.NewReader(i.source), adler32.New()
		return nil
	}
	i.sum.Reset()
	return streamError(i.z.(flate.Resetter).Reset(i.source, nil))
}

// end reads what follows the deflated stream, the checksum of its content.
func (i *inflater) end() error {
	var want uint32
	for range 4 {
		c, err := i.source.ReadByte()
		if err != nil {
			return errEnds
		}
		want = want<<8 | uint32(c)
	}
	if want != i.sum.Sum32() {
		return errChecksum
	}
	return nil
}

// inflate fills buf with the whole stream of f that begins at off and ends before end. A stream of another
// length is an error, and so is a wrong checksum.
func (i *inflater) inflate(f *file, off, end int64, buf []byte) error {
	if err := i.start(f, off, end); err != nil {
		return err
	}
	all := i.in.left()
	err := i.rest(buf)
	i.passed += all - i.in.left()
	if i.passed >= unloadAfter {
		i.passed = 0
		f.unload()
	}
	return err
}

// unloadAfter is how much of a pack is read before it is taken out of memory, most of which is not needed again.
const unloadAfter = 32 << 20

// rest fills buf with what is left of the stream, which must end there.
func (i *inflater) rest(buf []byte) error {
	n, err := i.fill(buf)
	if n < len(buf) {
		if errors.Is(err, io.EOF) {
			return errTooFew
		}
		return streamError(err)
	}
	for err == nil { // the stream's end may still be to come
		var beyond [1]byte
		n, err = i.z.Read(beyond[:])
		if n > 0 {
			return errLonger
		}
	}
	if !errors.Is(err, io.EOF) {
		return streamError(err)
	}
	return i.end()
}

// fill reads into buf until it is full or the stream ends; io.EOF says that it ended well. Unlike io.ReadFull
// it tells a stream that ends from one that is cut short.
func (i *inflater) fill(buf []byte) (int, error) {
	n := 0
	for n < len(buf) {
		m, err := i.z.Read(buf[n:])
		_, _ = i.sum.Write(buf[n : n+m]) // a hash takes everything
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// peek fills buf with the beginning of the stream and returns how much there was.
func (i *inflater) peek(f *file, off, end int64, buf []byte) (int, error) {
	if err := i.start(f, off, end); err != nil {
		return 0, err
	}
	n, err := i.fill(buf)
	if err != nil && !errors.Is(err, io.EOF) {
		return n, streamError(err)
	}
	return n, nil
}

// plausible reports whether a stream of so many bytes can inflate to size.
func plausible(size, stored int64) bool { return size/maxRatio <= stored }

// streamError says in our words what is wrong with a stream.
func streamError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return errEnds
	}
	return fmt.Errorf("the object doesn't decompress: %w", err)
}

// delta inflates a delta into buf, or a larger buffer.
func (i *inflater) delta(p *pack, e *entry, buf []byte, limit int64) ([]byte, error) {
	if e.size > limit {
		return buf, tooLargeError(e.size)
	}
	if int64(cap(buf)) < e.size {
		buf = make([]byte, e.size+e.size/4)
	}
	buf = buf[:e.size]
	return buf, i.inflate(p.file, e.data, p.end, buf)
}

// sizesBytes is the most that the two sizes at the beginning of a delta take.
const sizesBytes = 20

// made is the size of the object that a delta makes.
func (i *inflater) made(p *pack, e *entry) (int64, error) {
	var head [sizesBytes]byte
	n, err := i.peek(p.file, e.data, p.end, head[:min(sizesBytes, e.size)])
	if err != nil {
		return 0, err
	}
	_, made, _, err := delta.Sizes(head[:n])
	return made, err
}

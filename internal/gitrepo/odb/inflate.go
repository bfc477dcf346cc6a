package odb

import (
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zlib"

	"github.com/curfew-ci/curfew/internal/delta"
)

// maxRatio is the most by which deflate shrinks anything, 1 byte for 1032; what is declared to be larger
// than that is wrong, and no memory is asked for it.
const maxRatio = 1032

// Errors of streams.
var (
	errEnds   = errors.New("the file ends within the object")
	errLonger = errors.New("the object is longer than it says")
	errTooFew = errors.New("the object is shorter than it says")
)

// inflater decompresses zlib streams. It is kept, since its tables are large.
type inflater struct {
	in stream
	z  io.ReadCloser
}

// start begins to read the stream of f between off and end.
func (i *inflater) start(f *file, off, end int64) error {
	source := i.in.from(f, off, end)
	if i.z == nil {
		z, err := zlib.NewReader(source)
		if err != nil {
			return streamError(err)
		}
		i.z = z
		return nil
	}
	return streamError(i.z.(zlib.Resetter).Reset(source, nil)) //nolint:errcheck // zlib documents that it is one
}

// inflate fills buf with the whole stream of f that begins at off and ends before end. A stream of another
// length is an error, and so is a wrong checksum.
func (i *inflater) inflate(f *file, off, end int64, buf []byte) error {
	if err := i.start(f, off, end); err != nil {
		return err
	}
	return i.rest(buf)
}

// rest fills buf with what is left of the stream, which must end there.
func (i *inflater) rest(buf []byte) error {
	n, err := i.fill(buf)
	if n < len(buf) {
		if errors.Is(err, io.EOF) {
			return errTooFew
		}
		return streamError(err)
	}
	for err == nil { // the stream's end and checksum may still be to come
		var beyond [1]byte
		n, err = i.z.Read(beyond[:])
		if n > 0 {
			return errLonger
		}
	}
	if !errors.Is(err, io.EOF) {
		return streamError(err)
	}
	return nil
}

// fill reads into buf until it is full or the stream ends; io.EOF says that it ended well. Unlike io.ReadFull
// it tells a stream that ends from one that is cut short.
func (i *inflater) fill(buf []byte) (int, error) {
	n := 0
	for n < len(buf) {
		m, err := i.z.Read(buf[n:])
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

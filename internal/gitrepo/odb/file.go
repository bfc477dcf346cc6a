package odb

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"

	"github.com/klauspost/compress/flate"
)

// file is an open file, mapped into memory where the system can. It may be used by several goroutines.
type file struct {
	path   string
	size   int64
	data   []byte   // the whole content, or nil
	mapped bool     // data is a mapping
	f      *os.File // where data is nil
}

// open opens a regular file and maps it. Whatever else stands at the path is an error: a pipe, for one,
// would never end.
func open(path string) (*file, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|openFlags, 0) //nolint:gosec // the database's own file
	if err != nil {
		return nil, cause(err)
	}
	info, err := f.Stat()
	switch {
	case err != nil:
		err = cause(err)
	case !info.Mode().IsRegular():
		err = errors.New("not a regular file")
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	out := &file{path: path, size: info.Size(), f: f}
	if out.data = mapped(f, out.size); out.data != nil {
		out.f, out.mapped = nil, true
		_ = f.Close() // the mapping stays
	}
	return out, nil
}

// cause is an error without the path, which a Fault has.
func cause(err error) error {
	var of *fs.PathError
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}

func (f *file) close() error {
	if f.f != nil {
		return f.f.Close()
	}
	if f.mapped {
		return unmap(f.data)
	}
	return nil
}

// unload makes room: what was read of a mapped file counts as memory of the process until then.
func (f *file) unload() {
	if f.mapped {
		unload(f.data)
	}
}

// whole returns the whole content of a small file, an index or the like.
func (f *file) whole() ([]byte, error) {
	if f.data != nil || f.size == 0 {
		return f.data, nil
	}
	if f.size > math.MaxInt32 {
		return nil, fmt.Errorf("%d bytes are too many to hold", f.size)
	}
	data := make([]byte, f.size)
	if _, err := f.f.ReadAt(data, 0); err != nil {
		return nil, cause(err)
	}
	return data, nil
}

// at returns n bytes from off, or as many as the file has there.
func (f *file) at(off int64, n int) []byte {
	if off < 0 || off >= f.size {
		return nil
	}
	if f.f == nil {
		return f.data[off:min(off+int64(n), f.size)]
	}
	buf := make([]byte, n)
	n, _ = f.f.ReadAt(buf, off) // what is missing is noticed by the length
	return buf[:n]
}

// stream reads a part of a file byte by byte. It is kept to be set to the next part.
type stream struct {
	mapped bytes.Reader
	read   *bufio.Reader // where the file isn't mapped
}

// left is how many bytes of a mapped part are to be read.
func (s *stream) left() int { return s.mapped.Len() }

// from sets the stream to the bytes of f from off up to end.
func (s *stream) from(f *file, off, end int64) flate.Reader {
	off = min(max(off, 0), f.size)
	end = min(max(end, off), f.size)
	if f.f == nil {
		s.mapped.Reset(f.data[off:end])
		return &s.mapped
	}
	section := io.NewSectionReader(f.f, off, end-off)
	if s.read == nil {
		s.read = bufio.NewReaderSize(section, 16<<10)
	} else {
		s.read.Reset(section)
	}
	return s.read
}

package unpack

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// zipBzip2 is the method of a zip's files that are compressed by bzip2 (APPNOTE.TXT 4.4.5).
const zipBzip2 = 12

// zip walks a zip's directory.
func (w *walker) zip(name string, data []byte, depth int) (bool, error) {
	// zip.NewReader takes some 300 bytes for each entry of 46: a directory alone could fill the memory.
	if n := bytes.Count(data, []byte("PK\x01\x02")); n > w.limits.Entries {
		w.skip(name, fmt.Sprintf("lists more than %d files", w.limits.Entries), fixByHand)
		return true, nil
	}
	zr, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		w.skip(name, fmt.Sprintf("corrupt: %v", err), fixCorrupt)
		return false, nil
	}
	zr.RegisterDecompressor(zipBzip2, func(r io.Reader) io.ReadCloser { return io.NopCloser(bzip2.NewReader(r)) })
	for _, f := range zr.File {
		if err := w.step(); err != nil {
			return true, err
		}
		if f.FileInfo().IsDir() && f.UncompressedSize64 == 0 {
			continue
		}
		if err := w.zipEntry(inside(name, f.Name), f, depth); err != nil {
			return true, err
		}
	}
	return true, nil
}

func (w *walker) zipEntry(name string, f *zip.File, depth int) error {
	if f.Flags&1 != 0 {
		w.skip(name, "encrypted", fixEncrypt)
		return nil
	}
	r, err := f.Open()
	switch {
	case errors.Is(err, zip.ErrAlgorithm):
		w.skip(name, fmt.Sprintf("compressed by method %d, which is not read", f.Method), fixByHand)
		return nil
	case err != nil:
		w.skip(name, fmt.Sprintf("corrupt: %v", err), fixCorrupt)
		return nil
	}
	defer r.Close() //nolint:errcheck // only read
	return w.entry(name, w.meter(r), depth)
}

// tar walks a tar, which r may unpack on the way: a compressed tar is never held as a whole.
func (w *walker) tar(name string, r io.Reader, depth int) (bool, error) {
	tr := tar.NewReader(r)
	for n := 0; ; n++ {
		h, err := tr.Next()
		switch {
		case errors.Is(err, io.EOF):
			return true, w.tail(name, r)
		case errors.Is(err, tar.ErrInsecurePath): // a name that climbs; inside takes care of it
		case err != nil && w.ends(err):
			return true, err
		case err != nil:
			w.skip(name, fmt.Sprintf("corrupt after %d files: %v", n, err), fixCorrupt)
			return n > 0, nil
		}
		if err := w.step(); err != nil {
			return true, err
		}
		if !h.FileInfo().Mode().IsRegular() || h.Typeflag == tar.TypeXGlobalHeader {
			continue // folders, links and devices hold nothing
		}
		if err := w.entry(inside(name, h.Name), w.meter(tr), depth); err != nil {
			return true, err
		}
	}
}

// tail tells what follows a tar's end: NULs fill its last block, but tars that were put together as they are go on.
func (w *walker) tail(name string, r io.Reader) error {
	block := make([]byte, 32<<10)
	for {
		n, err := r.Read(block)
		switch {
		case len(bytes.Trim(block[:n], "\x00")) > 0:
			w.skip(name, "something follows its end: that is left out", fixTail)
			return nil
		case errors.Is(err, io.EOF):
			return nil
		case err != nil && w.ends(err):
			return err
		case err != nil:
			w.skip(name, fmt.Sprintf("corrupt after its end: %v", err), fixCorrupt)
			return nil
		}
	}
}

// compressed walks what gzip or bzip2 holds: a tar's files, or one file.
func (w *walker) compressed(name string, k kind, data []byte, depth int) (bool, error) {
	r := bzip2.NewReader(bytes.NewReader(data))
	if k == gzipped {
		zr, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			w.skip(name, fmt.Sprintf("corrupt: %v", err), fixCorrupt)
			return false, nil
		}
		r = zr
	}
	br := bufio.NewReader(w.meter(r))
	head, err := br.Peek(tarBlock)
	switch {
	case isTar(head):
		return w.tar(name, br, depth)
	case len(head) > 0 || errors.Is(err, io.EOF):
		if err := w.step(); err != nil {
			return true, err
		}
		return true, w.entry(inside(name, stem(name)), br, depth)
	case w.ends(err):
		return true, err
	}
	w.skip(name, fmt.Sprintf("corrupt: %v", err), fixCorrupt)
	return false, nil
}

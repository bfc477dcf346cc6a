package gitrepo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/curfew-ci/curfew/internal/unpack"
)

const (
	// maxFileBytes is the size above which a file is not read. It is that of the largest file that
	// GitHub takes.
	maxFileBytes = 100 << 20

	// sniffed is how much of a file decides whether it is text: as much as git looks at.
	sniffed = 8000
)

// ReadFile returns a file's content. A *Skip says why there is none; an error that wraps fs.ErrNotExist,
// that there is no such file. It follows no link at the path's end, and none that leaves the tree.
func (t *Tree) ReadFile(name string) ([]byte, error) { return t.read(name, onlyText) }

// ReadBytes is ReadFile for a file that may be binary, or text in UTF-16.
func (t *Tree) ReadBytes(name string) ([]byte, error) { return t.read(name, anything) }

// wanted says whether a file may be anything, by how it begins: "" for yes, or why not.
type wanted func(beginning []byte) string

func anything([]byte) string { return "" }

func (t *Tree) read(name string, fits wanted) ([]byte, error) {
	if !fs.ValidPath(name) {
		return nil, fmt.Errorf("%q is not a path of this tree", name)
	}
	info, err := t.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	case err != nil:
		return nil, unreadable(name, err)
	}
	if skip := unfit(name, info); skip != nil {
		return nil, skip
	}
	// A pipe put in the file's place since would hang the scan without O_NONBLOCK, and a link would be
	// followed, though not out of the tree.
	f, err := t.root.OpenFile(name, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, unreadable(name, err)
	}
	defer f.Close() //nolint:errcheck // only read
	if info, err = f.Stat(); err != nil {
		return nil, unreadable(name, err)
	}
	if skip := unfit(name, info); skip != nil {
		return nil, skip
	}
	return readAll(name, f, info.Size(), fits)
}

// unfit says why something is not a file to read, by its mode and size; nil where it is.
func unfit(name string, info fs.FileInfo) *Skip {
	switch mode := info.Mode(); {
	case mode&fs.ModeSymlink != 0:
		return &Skip{Path: name, Reason: "a symbolic link, which is not followed", Fix: fixLink}
	case mode.IsDir():
		return &Skip{Path: name, Reason: "a submodule or folder", Fix: fixModule}
	case !mode.IsRegular():
		return &Skip{Path: name, Reason: "not a regular file"}
	case info.Size() > maxFileBytes:
		return tooLarge(name)
	}
	return nil
}

func tooLarge(name string) *Skip {
	return &Skip{Path: name, Reason: fmt.Sprintf("larger than %d MiB", maxFileBytes>>20), Fix: "keep it out of the repository, or search it by itself"}
}

// readAll reads f to its end, unless its beginning isn't wanted, or it grows beyond the limit meanwhile.
func readAll(name string, f io.Reader, size int64, fits wanted) ([]byte, error) {
	buf := bytes.NewBuffer(make([]byte, 0, min(size, sniffed)+bytes.MinRead))
	if _, err := io.CopyN(buf, f, sniffed); err != nil && !errors.Is(err, io.EOF) {
		return nil, unreadable(name, err)
	}
	if reason := fits(buf.Bytes()); reason != "" {
		return nil, &Skip{Path: name, Reason: reason, Fix: fixBinary}
	}
	buf.Grow(int(max(size-int64(buf.Len()), 0)) + bytes.MinRead)
	if _, err := io.CopyN(buf, f, maxFileBytes+1-int64(buf.Len())); err != nil && !errors.Is(err, io.EOF) {
		return nil, unreadable(name, err)
	}
	if buf.Len() > maxFileBytes {
		return nil, tooLarge(name)
	}
	return buf.Bytes(), nil
}

// onlyText says why a file that begins like this isn't text; "" where it is. Like git, it goes by NUL, which
// no text has: archives, images, programs and databases do.
func onlyText(beginning []byte) string {
	switch {
	case unpack.Sniff(beginning) != unpack.Other:
		return "text in UTF-16"
	case bytes.IndexByte(beginning, 0) >= 0:
		return "binary"
	}
	return ""
}

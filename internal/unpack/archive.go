package unpack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
)

// Limits bound what Walk does with a hostile archive. A limit of 0 allows nothing of its kind: start from DefaultLimits.
type Limits struct {
	// Depth is how many archives may lie within each other; 1 opens the outermost only. A compressed tar is one.
	Depth int
	// Entries is how many files, folders and links all levels together may list.
	Entries int
	// EntryBytes is how much of one file is held in memory and searched. Walk holds up to Depth such files at once.
	EntryBytes int64
	// TotalBytes is how much may come out of all levels together, each level counted for itself.
	TotalBytes int64
	// Ratio is how many times the outermost archive's size may come out of it, if that is more than 64 MiB. Text
	// seldom shrinks to less than a fiftieth, a bomb to less than a thousandth.
	Ratio int64
}

// freeBytes may come out of any archive, whatever the ratio: a small archive does no harm.
const freeBytes = 64 << 20

// DefaultLimits take in what people keep in repositories: packages, jars, documents, layers of images.
func DefaultLimits() Limits {
	return Limits{Depth: 4, Entries: 100_000, EntryBytes: 64 << 20, TotalBytes: 1 << 30, Ratio: 200}
}

// Skip is a part of an archive that was not searched, and why.
type Skip struct {
	Path   string // the archive's or the file's in it: "outer.zip!dir/inner.gz"
	Reason string // lower case: "encrypted"
	Fix    string // what would change it
}

const (
	fixByHand  = "unpack it and scan the folder"
	fixEncrypt = "unpack it with its password and scan the folder, or keep it out of the repository"
	fixTail    = "unpack it with tar --ignore-zeros and scan the folder"
	fixCorrupt = "replace it by one that unpacks, or keep it out of the repository"
)

// IsArchive reports whether Walk has something to open in data, or to say of it: zip (also behind a program, as
// self-extracting archives have it), tar, gzip, bzip2; and kinds that it knows but can't open.
func IsArchive(data []byte) bool {
	kind, _ := kindOf(data)
	return kind != plain || endsAsZip(data)
}

// Walk calls visit for each file in the archive data and in the archives within it, in the archive's order. inner is name
// and the path within, parted by "!", as in "outer.zip!dir/inner.jar!a.txt"; it is for reading, not for opening: names
// in archives may be anything, and what a terminal would obey or a path would climb is taken out. content is raw: it may be
// binary or UTF-16. It is not used again.
//
// Whatever is left out is among the skips: what can't be read, what is beyond a limit. A file that breaks off is
// visited with what came before. The error is visit's or ctx's, and ends the walk.
func Walk(ctx context.Context, name string, data []byte, limits Limits, visit func(inner string, content []byte) error) ([]Skip, error) {
	w := &walker{ctx: ctx, limits: limits, visit: visit}
	w.budget = min(limits.TotalBytes, max(freeBytes, limits.Ratio*int64(len(data))))
	_, err := w.open(name, data, 1)
	var end *spent
	if errors.As(err, &end) {
		w.skip(name, end.reason+": the rest is left out", fixByHand)
		err = nil
	}
	return w.skips, err
}

// walker is one call of Walk.
type walker struct {
	ctx    context.Context
	limits Limits
	visit  func(string, []byte) error
	budget int64 // how many bytes may come out of all levels
	out    int64 // how many did
	count  int   // files so far, at all levels
	skips  []Skip
}

// spent ends a walk because a limit of the whole is reached.
type spent struct{ reason string }

func (s *spent) Error() string { return s.reason }

func (w *walker) skip(path, reason, fix string) {
	w.skips = append(w.skips, Skip{Path: path, Reason: reason, Fix: fix})
}

// open walks data, which lies depth archives deep, as every kind of archive that it can be taken for. It reports whether it
// was worth the name: what only begins like an archive may be text.
func (w *walker) open(name string, data []byte, depth int) (opened bool, err error) {
	kind, called := kindOf(data)
	switch {
	case kind == plain && !endsAsZip(data):
		return false, nil
	case depth > w.limits.Depth:
		w.skip(name, fmt.Sprintf("nested deeper than %d archives", w.limits.Depth), fixByHand)
		return true, nil
	}
	switch kind {
	case zipped:
		return w.zip(name, data, depth)
	case tarred:
		opened, err = w.tar(name, bytes.NewReader(data), depth)
	case gzipped, bzipped:
		opened, err = w.compressed(name, kind, data, depth)
	case foreign:
		w.skip(name, "an archive of kind "+called+", which is not read", fixByHand)
		opened = true
	}
	if err == nil && endsAsZip(data) {
		_, err = w.zip(name, data, depth)
	}
	return opened, err
}

// entry takes one file out of an archive that is depth deep, and opens it if it is an archive itself.
func (w *walker) entry(name string, r io.Reader, depth int) error {
	data, end := w.read(name, r)
	if end == nil {
		if opened, err := w.open(name, data, depth+1); opened || err != nil {
			return err
		}
	}
	if w.ctx.Err() != nil {
		return w.ctx.Err()
	}
	if err := w.visit(name, data); err != nil {
		return err
	}
	return end
}

// step counts a file that an archive lists, whatever becomes of it: skips take memory too.
func (w *walker) step() error {
	if w.count++; w.count > w.limits.Entries {
		return &spent{fmt.Sprintf("holds more than %d files", w.limits.Entries)}
	}
	return nil
}

// read takes in what r gives, as far as it goes and EntryBytes allows. What ends the whole walk comes as an error beside the
// data.
func (w *walker) read(name string, r io.Reader) ([]byte, error) {
	var buf bytes.Buffer
	_, err := io.CopyN(&buf, r, w.limits.EntryBytes+1)
	data := buf.Bytes()
	switch {
	case err == nil:
		w.skip(name, fmt.Sprintf("larger than %d bytes: the rest is left out", w.limits.EntryBytes), fixByHand)
		return data[:w.limits.EntryBytes], nil
	case errors.Is(err, io.EOF):
		return data, nil
	case w.ends(err):
		return data, err
	}
	w.skip(name, fmt.Sprintf("corrupt after %d bytes: %v", len(data), err), fixCorrupt)
	return data, nil
}

// ends reports whether err, met while reading, ends the whole walk; what else is met is the archive's fault.
func (w *walker) ends(err error) bool {
	var end *spent
	return errors.As(err, &end) || w.ctx.Err() != nil
}

// meter counts what comes out of r against the limits of the whole.
func (w *walker) meter(r io.Reader) io.Reader { return &meter{w, r} }

type meter struct {
	w *walker
	r io.Reader
}

func (m *meter) Read(p []byte) (int, error) {
	if err := m.w.ctx.Err(); err != nil {
		return 0, err
	}
	if m.w.out >= m.w.budget {
		return 0, &spent{fmt.Sprintf("unpacks to more than %d bytes", m.w.budget)}
	}
	n, err := m.r.Read(p[:min(int64(len(p)), m.w.budget-m.w.out)])
	m.w.out += int64(n)
	return n, err
}

package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
)

// Object is what a store holds under a name.
type Object struct {
	Data []byte
	Tag  string // changes with the data; what Replace compares
}

// What a store says of a condition that doesn't hold. Errors wrap them.
var (
	ErrExists   = errors.New("already there")
	ErrChanged  = errors.New("changed meanwhile")
	ErrNotFound = errors.New("not found")
)

// ErrTooLarge says that an object has more than MaxObject bytes: it was read well enough to know that no ledger wrote it.
var ErrTooLarge = fmt.Errorf("more than %d bytes", MaxObject)

// Store keeps objects under names. Its writes are conditional, each as a whole or not at all, and what
// one caller was told is written every other one sees: that much local file systems and S3-compatible
// storage have in common. Nothing is ever removed.
//
// A name is made of parts of A-Z a-z 0-9 . _ - that don't begin with a dot, joined by slashes, and has at
// most 512 bytes; an object has at most MaxObject.
type Store interface {
	// Get reads an object; ErrNotFound where there is none, ErrTooLarge where it is larger than any may be.
	Get(ctx context.Context, name string) (Object, error)
	// Create writes an object; ErrExists where there is one of that name.
	Create(ctx context.Context, name string, data []byte) error
	// Replace writes an object that is there with that tag; ErrChanged where it has another by now,
	// ErrNotFound where it isn't there.
	Replace(ctx context.Context, name, tag string, data []byte) error
	// List names the objects whose names begin with prefix and come after another name, in the order of
	// their bytes, at most limit (from 1 to MaxList) of them.
	List(ctx context.Context, prefix, after string, limit int) ([]string, error)
}

// MaxList is how many names a store lists at once.
const MaxList = 1000

// listsOf names all objects whose names begin with prefix and come after another name, a list at a time. An error ends it.
func listsOf(ctx context.Context, s Store, prefix, after string) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for {
			names, err := s.List(ctx, prefix, after, MaxList)
			if err != nil {
				yield(nil, err)
				return
			}
			if len(names) > 0 && !yield(names, nil) || len(names) < MaxList {
				return
			}
			after = names[len(names)-1]
		}
	}
}

// listAll names all objects whose names begin with prefix, at most limit.
func listAll(ctx context.Context, s Store, prefix string, limit int) ([]string, error) {
	var all []string
	for names, err := range listsOf(ctx, s, prefix, "") {
		if err != nil {
			return nil, err
		}
		if all = append(all, names...); len(all) > limit {
			return nil, fmt.Errorf("list %q: more than %d objects", prefix, limit)
		}
	}
	return all, nil
}

// createSame creates an object that may be there already, with the same data.
func createSame(ctx context.Context, s Store, name string, data []byte) error {
	err := s.Create(ctx, name, data)
	if !errors.Is(err, ErrExists) {
		return err
	}
	have, err := s.Get(ctx, name)
	if err != nil {
		return fmt.Errorf("%q is there already, and whether with the same data can't be told: %w", name, err)
	}
	if !bytes.Equal(have.Data, data) {
		return fmt.Errorf("%q is there with other data: the ledger was tampered with, or is another's", name)
	}
	return nil
}

// MaxObject is how many bytes an object may have. The largest are 256 records in one.
const MaxObject = 256*(MaxRecord+1) + 1<<10

// maxName is how many bytes a name may have; S3 takes 1,024 with its prefix.
const maxName = 512

// checkName holds names to what every store and file system takes: parts of A-Z a-z 0-9 . _ - that don't
// begin with a dot, joined by slashes.
func checkName(name string) error {
	if len(name) > maxName {
		return fmt.Errorf("a name of %d bytes: at most %d are allowed", len(name), maxName)
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part[0] == '.' || strings.Trim(part, safeChars) != "" {
			return errors.New("a name may have A-Z a-z 0-9 . _ - in parts that don't begin with a dot, joined by slashes")
		}
	}
	return nil
}

const safeChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

// safe is s with everything else than safeChars replaced, cut to 64 bytes: readable, and no way out of a
// folder. It is never read back.
func safe(s string) string {
	out := []byte(s[:min(len(s), 64)])
	for i, c := range out {
		if strings.IndexByte(safeChars, c) < 0 || i == 0 && c == '.' {
			out[i] = '_'
		}
	}
	return string(out)
}

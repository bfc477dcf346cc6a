package secret

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/curfew-ci/curfew/internal/redact"
)

// File is a file to search. Read is called once, by the goroutine that searches it, so that no more
// contents are held than there are workers.
type File struct {
	Path string // relative to the repository's root, with slashes
	Read func() ([]byte, error)
}

// Found is what came of one file. Err is set where it wasn't searched, or not to its end: it is what Read
// returned, ErrAllowlisted, or what Detect failed with.
type Found struct {
	Path   string
	Tokens []Token
	Err    error
}

// DetectAll searches files with at most workers goroutines and returns what came of each, in the order of
// files. A file that fails doesn't stop the others; when ctx ends, the files left have its error.
func (d *Detector) DetectAll(ctx context.Context, files []File, workers int) []Found {
	out := make([]Found, len(files))
	var group errgroup.Group
	group.SetLimit(max(workers, 1))
	for i, f := range files {
		group.Go(func() error {
			out[i] = d.detectFile(ctx, f)
			return nil
		})
	}
	_ = group.Wait() // errors stand in the slots
	return out
}

func (d *Detector) detectFile(ctx context.Context, f File) Found {
	found := Found{Path: f.Path, Err: ctx.Err()}
	if found.Err != nil {
		return found
	}
	if d.leavesOut(f.Path) {
		found.Err = ErrAllowlisted
		return found
	}
	content, unread := f.Read()
	found.Tokens, found.Err = d.detect(ctx, f.Path, content)
	if unread != nil {
		found.Err = unread
	}
	return found
}

// MaskerFor makes a masker for everything that is detected in a file's content and in texts made from it,
// such as error messages, which quote what they reject. Where the search of any fails, the error says so:
// the texts then may show a value, and must not be printed.
func (d *Detector) MaskerFor(ctx context.Context, path string, content []byte, texts ...string) (*redact.Masker, error) {
	all, err := d.detect(ctx, path, content) // whatever its path
	if err != nil {
		return nil, err
	}
	for _, text := range texts {
		tokens, err := d.detect(ctx, "", []byte(text))
		if err != nil {
			return nil, err
		}
		all = append(all, tokens...)
	}
	return NewMasker(all...), nil
}

package secret

import (
	"context"
	"errors"
)

// Found is what a search of one text came to.
type Found struct {
	Tokens     []Token    // in the order of their places
	Suppressed Suppressed // what was matched and is none
}

// Search is Detect, and counts what was matched and is no credential.
func (d *Detector) Search(ctx context.Context, path string, content []byte) (Found, error) {
	if d.LeavesOut(path) {
		return Found{}, ErrAllowlisted
	}
	return d.find(ctx, path, content)
}

// find is Search for a path that may be left out.
func (d *Detector) find(ctx context.Context, path string, content []byte) (Found, error) {
	s, ok := d.searchers.Get().(*Searcher)
	if !ok {
		return Found{}, errFailed
	}
	hits, err := s.search(ctx, path, content)
	suppressed := s.Suppressed()
	if !errors.Is(err, errFailed) {
		d.searchers.Put(s)
	}
	return Found{d.tokens(path, content, hits), suppressed}, err
}

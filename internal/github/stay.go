package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// stayKey marks the context of a question that no other place may answer.
type stayKey struct{}

// stay keeps a redirect from being followed: what was moved away is something else by then, a ticket of another
// repository for one.
func stay(ctx context.Context) context.Context { return context.WithValue(ctx, stayKey{}, true) }

// maxRedirects is as many as net/http follows unless said.
const maxRedirects = 10

// redirected decides over a redirect; to another host none is followed, which authTransport sees to.
func redirected(req *http.Request, via []*http.Request) error {
	switch {
	case req.Context().Value(stayKey{}) != nil:
		return http.ErrUseLastResponse
	case len(via) >= maxRedirects:
		return errors.New("GitHub redirects without end")
	}
	return nil
}

// whole reads all pages of a list by the job's token. That a page is short says nothing: GitHub leaves out what the
// token may not see. A full one is asked for more even where it links to none, as something between may take links out.
// What has more pages than are read is an error, as nobody knows what the rest would say.
func whole[T any](ctx context.Context, c *Client, q question) ([]T, error) {
	var all []T
	path := q.path
	for n := 1; n <= maxPages; n++ {
		q.path = paged(path, pageSize, n)
		src, more, err := c.fetchPage(ctx, q, "application/vnd.github+json", maxAnswer)
		if err != nil {
			return nil, err
		}
		var page []T
		if err := json.Unmarshal(src, &page); err != nil {
			return nil, fmt.Errorf("GET /%s: the answer can't be read: %w", q.url(), err)
		}
		all = append(all, page...)
		if !more && len(page) < pageSize {
			return all, nil
		}
	}
	return nil, fmt.Errorf("GET /%s: the list has more than %d pages, which are read at most", q.url(), maxPages)
}

package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	gogithub "github.com/google/go-github/v62/github"
)

// maxPages bounds a list.
const maxPages = 50

// page is one of a list.
type page[T any] struct {
	Total int `json:"total"` // in all pages; -1 where GitHub doesn't say
	Items []T `json:"items"`
}

// readPage reads a page whose items stand under a member, or which are all there is.
func readPage[T any](src []byte, member string) (page[T], error) {
	p := page[T]{Total: -1, Items: []T{}}
	if member == "" {
		err := json.Unmarshal(src, &p.Items)
		return p, err
	}
	var said map[string]json.RawMessage
	if err := json.Unmarshal(src, &said); err != nil {
		return p, err
	}
	if said[member] == nil || said["total_count"] == nil {
		return p, fmt.Errorf("it has no %q with a total_count", member)
	}
	if err := json.Unmarshal(said["total_count"], &p.Total); err != nil {
		return p, err
	}
	return p, json.Unmarshal(said[member], &p.Items)
}

// paged is the path of a list's n-th page, of at most size items.
func paged(path string, size, n int) string {
	with := "?"
	if strings.Contains(path, with) {
		with = "&"
	}
	return fmt.Sprintf("%s%sper_page=%d&page=%d", path, with, size, n)
}

// list reads all pages of a list. spend is asked before each request.
func list[T any](ctx context.Context, c *Client, q question, member string, spend func() error) ([]T, error) {
	all := []T{}
	size := map[bool]int{true: 30, false: pageSize}[member == "variables"] // what GitHub gives at most
	path := q.path
	for n := 1; n <= maxPages; n++ {
		if err := spend(); err != nil {
			return nil, err
		}
		q.path = paged(path, size, n)
		p, more, err := askKept(ctx, c, q, func(src []byte) (page[T], error) { return readPage[T](src, member) })
		if err != nil {
			return nil, err
		}
		all = append(all, p.Items...)
		switch {
		case more && len(p.Items) == 0:
			return nil, fmt.Errorf("GET /%s: an empty page that isn't the last", q.url())
		case more:
		case p.Total >= 0 && p.Total != len(all):
			return nil, fmt.Errorf("GET /%s: GitHub counts %d and lists %d: it changed while it was read, so take the inventory again", q.url(), p.Total, len(all))
		default:
			return all, nil
		}
	}
	return nil, fmt.Errorf("GET /%s: the list has more than %d pages, which are read at most", q.url(), maxPages)
}

// document reads one that is no list.
func document[T any](ctx context.Context, c *Client, q question, spend func() error) (T, error) {
	if err := spend(); err != nil {
		var none T
		return none, err
	}
	v, _, err := askKept(ctx, c, q, func(src []byte) (T, error) {
		var v T
		err := json.Unmarshal(src, &v)
		return v, err
	})
	return v, err
}

// askKept asks for settings, by the metadata token, unless the cache has the answer and GitHub says that it stands.
// read makes of an answer what is kept of it; more tells of a next page.
func askKept[T any](ctx context.Context, c *Client, q question, read func([]byte) (T, error)) (v T, more bool, err error) {
	const attempts = 2 // a connection that ends within an answer is nobody's refusal
	for n := 1; ; n++ {
		v, more, err = askOnce(ctx, c, q, read)
		if n == attempts || !errors.Is(err, io.ErrUnexpectedEOF) {
			return v, more, err
		}
	}
}

func askOnce[T any](ctx context.Context, c *Client, q question, read func([]byte) (T, error)) (v T, more bool, err error) {
	by := c.metadata
	req, err := by.rest.NewRequest(http.MethodGet, q.url(), nil)
	if err != nil {
		return v, false, err
	}
	req.Header.Set("Accept", "application/vnd.github+json")
	known, ok := c.cache.get(by.token, req.URL.String())
	if ok {
		req.Header.Set("If-None-Match", known.ETag)
	}
	resp, err := by.rest.BareDo(ctx, req)
	if ok && isUnchanged(err) {
		err = json.Unmarshal(known.Kept, &v)
		return v, known.More, err
	}
	if err != nil {
		return v, false, c.explain(ctx, q, err)
	}
	defer resp.Body.Close() //nolint:errcheck // all that is wanted has been read
	src, err := io.ReadAll(resp.Body)
	if err != nil {
		return v, false, fmt.Errorf("GET /%s: %w", q.url(), err)
	}
	if v, err = read(src); err != nil {
		return v, false, fmt.Errorf("GET /%s: the answer can't be read: %w", q.url(), err)
	}
	more = hasNext(resp.Header)
	if etag := resp.Header.Get("ETag"); etag != "" {
		kept, err := json.Marshal(v)
		if err != nil {
			return v, false, err
		}
		c.cache.put(by.token, req.URL.String(), cached{ETag: etag, More: more, Kept: kept})
	}
	return v, more, nil
}

func isUnchanged(err error) bool {
	var answer *gogithub.ErrorResponse
	return errors.As(err, &answer) && answer.Response != nil && answer.Response.StatusCode == http.StatusNotModified
}

// hasNext reports whether an answer links to a next page. The address isn't followed: the page's number is known.
func hasNext(h http.Header) bool {
	for _, line := range h.Values("Link") {
		for link := range strings.SplitSeq(line, ",") {
			if strings.Contains(link, `rel="next"`) {
				return true
			}
		}
	}
	return false
}

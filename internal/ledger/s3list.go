package ledger

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// maxPages is how many pages of a list are read for one List: a million keys that aren't names.
const maxPages = 1000

// errList says that a server answers something else than was asked.
var errList = errors.New("the answer lists what wasn't asked for, or in another order")

// List implements Store. Keys that are no names are left out, as whoever may create objects chooses theirs: they
// could otherwise have every list refused, by a character that XML doesn't have for one. A page that is shorter
// than was asked for is the last only where the server says so.
func (s *S3) List(ctx context.Context, prefix, after string, limit int) ([]string, error) {
	switch {
	case limit < 1 || limit > MaxList:
		return nil, s.wrap("list", prefix, fmt.Errorf("a limit of %d: expected 1 to %d", limit, MaxList))
	case strings.Trim(prefix+after, safeChars+"/") != "":
		return nil, s.wrap("list", prefix, errors.New("no name begins like that"))
	}
	l := listing{prefix: prefix, last: after, query: url.Values{
		"list-type": {"2"}, "encoding-type": {"url"}, "prefix": {s.opt.Prefix + prefix}, "max-keys": {strconv.Itoa(limit)},
	}}
	if after != "" {
		l.query.Set("start-after", s.opt.Prefix+after)
	}
	for range maxPages {
		p, err := s.page(ctx, l.query)
		if err == nil {
			err = l.take(p.keys, s.opt.Prefix)
		}
		if err != nil {
			return nil, s.wrap("list", prefix, err)
		}
		if len(l.names) >= limit || p.next == "" {
			return l.names[:min(len(l.names), limit)], nil
		}
		l.query.Set("continuation-token", p.next)
		l.query.Set("max-keys", strconv.Itoa(MaxList)) // what was left out shall cost few pages
	}
	return nil, s.wrap("list", prefix, fmt.Errorf("more than %d pages: remove what isn't the ledger's", maxPages))
}

// listing is what was listed so far.
type listing struct {
	prefix, last string // last is the key that was listed last, a name or not
	names        []string
	query        url.Values
}

// take takes the names of a page.
func (l *listing) take(keys []string, root string) error {
	for _, key := range keys {
		name, ok := strings.CutPrefix(key, root)
		if !ok || !strings.HasPrefix(name, l.prefix) || name <= l.last {
			return errList
		}
		if l.last = name; checkName(name) == nil {
			l.names = append(l.names, name)
		}
	}
	return nil
}

// page is one answer to a list.
type page struct {
	keys []string
	next string // "" where it is the last
}

func (s *S3) page(ctx context.Context, query url.Values) (page, error) {
	encoded := query.Encode()
	if strings.Contains(encoded, "+") {
		return page{}, errors.New("the answer's continuation token has a space, which none has")
	}
	a, err := s.ask(ctx, http.MethodGet, "/"+s.opt.Bucket, encoded, nil, nil)
	if err != nil {
		return page{}, err
	}
	if a.status != http.StatusOK {
		return page{}, a.refused()
	}
	var found struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		Contents              []struct{ Key string }
		EncodingType          string
		IsTruncated           bool
		NextContinuationToken string
	}
	if xml.Unmarshal(a.body, &found) != nil {
		return page{}, errors.New("the answer is no list")
	}
	if found.IsTruncated && found.NextContinuationToken == "" {
		return page{}, errors.New("the answer isn't the whole list, and doesn't say how to go on")
	}
	p := page{next: found.NextContinuationToken}
	if !found.IsTruncated {
		p.next = ""
	}
	for _, c := range found.Contents {
		key := c.Key
		if found.EncodingType == "url" {
			if key, err = url.QueryUnescape(key); err != nil {
				return page{}, errors.New("the answer is no list: a key is encoded wrongly")
			}
		}
		p.keys = append(p.keys, key)
	}
	return p, nil
}

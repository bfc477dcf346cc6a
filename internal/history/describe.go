package history

import (
	"bytes"
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/gitrepo"
	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
	"github.com/curfew-ci/curfew/internal/secret"
	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/unpack"
)

// readCache is how much of what is read again for describing it is kept, in bytes.
const readCache = 32 << 20

// describe makes a Found of each find: it reads the version that came first once more, and asks the
// history which commits hold it.
func (s *search) describe(ctx context.Context, all finds) error {
	order := s.order(all)
	hits := make([]gitrepo.Hit, len(order))
	for i, f := range order {
		hits[i] = gitrepo.Hit{Path: f.path, Blobs: all[f.find]}
	}
	held, err := s.history.Attribute(ctx, hits)
	if err != nil {
		return err
	}
	d := describer{search: s, reader: s.db.NewReader(readCache), searcher: s.detector.NewSearcher()}
	for i, f := range order {
		if err := d.read(ctx, f.blob, f.path); err != nil {
			return err
		}
		h, since, err := s.told(&held[i])
		if err != nil {
			return err
		}
		for _, found := range d.tokens(f.find) {
			found.History, found.Token.Since = h, since
			s.result.Found = append(s.result.Found, found)
		}
	}
	sortFound(s.result.Found)
	return nil
}

// earliest is a find and the blob that a commit held first.
type earliest struct {
	find
	blob odb.Num
}

// order lists the finds by the version to read for each: each version is read once.
func (s *search) order(all finds) []earliest {
	out := make([]earliest, 0, len(all))
	for f, blobs := range all {
		blob := slices.MinFunc(blobs, func(a, b odb.Num) int {
			return cmp.Or(cmp.Compare(s.first(a, f.path), s.first(b, f.path)), strings.Compare(s.db.ID(a).String(), s.db.ID(b).String()))
		})
		out = append(out, earliest{f, blob})
	}
	slices.SortFunc(out, func(a, b earliest) int {
		return cmp.Or(cmp.Compare(a.blob, b.blob), cmp.Compare(a.path, b.path), cmp.Compare(a.detector, b.detector), bytes.Compare(a.digest[:], b.digest[:]))
	})
	return out
}

// first is the place, in the order of commits, of the first that has blob at path; the last of all where
// none has.
func (s *search) first(blob odb.Num, path gitrepo.PathID) gitrepo.CommitIndex {
	for _, p := range s.history.Pairs(blob) {
		if p.Path == path && p.First != gitrepo.NoCommit {
			return p.First
		}
	}
	return math.MaxInt32
}

// told puts an attribution into words, and says when the credential came in.
func (s *search) told(a *gitrepo.Attribution) (finding.History, time.Time, error) {
	h := finding.History{InHead: a.InHead, Refs: a.Tips}
	first, since, err := s.commit(a.First)
	if err != nil {
		return h, since, err
	}
	last, _, err := s.commit(a.Last)
	h.First, h.Last = first, last
	return h, since, err
}

func (s *search) commit(i gitrepo.CommitIndex) (finding.Commit, time.Time, error) {
	if i == gitrepo.NoCommit {
		return finding.Commit{}, time.Time{}, nil
	}
	info, err := s.history.Describe(i)
	if err != nil {
		return finding.Commit{}, time.Time{}, err
	}
	c := finding.Commit{ID: info.ID.String(), Author: info.Author, Email: info.Email}
	if !info.Date.IsZero() {
		c.Date = info.Date.UTC().Format(time.RFC3339)
	}
	return c, info.Date, nil
}

// describer reads versions again and keeps the last one: finds come ordered by version.
type describer struct {
	*search
	reader   *odb.Reader
	searcher *secret.Searcher

	blob  odb.Num
	path  gitrepo.PathID
	views []view
}

// view is a text of a version, and what was found in it: its bytes as they are, or what they decode to.
type view struct {
	text   *source.Text
	hits   []secret.Hit
	tokens []secret.Token
}

// read searches a version at a path, unless it is the one that was searched last.
func (d *describer) read(ctx context.Context, blob odb.Num, path gitrepo.PathID) error {
	if d.views != nil && d.blob == blob && d.path == path {
		return nil
	}
	_, data, err := d.reader.Read(blob)
	if err != nil {
		return err
	}
	data = bytes.Clone(data) // texts outlive the next read
	d.blob, d.path, d.views = blob, path, nil
	all := unpack.Texts(data)
	if len(all) == 0 {
		all = [][]byte{nil} // binary: its path alone was found
	}
	name := d.history.Path(path)
	for _, text := range all {
		hits, err := d.searcher.Hits(ctx, name, text, d.searcher.Whole(text))
		if err != nil && hits == nil {
			return err
		}
		d.views = append(d.views, view{source.NewText(name, text), hits, d.detector.Tokens(name, text, hits)})
	}
	return nil
}

// tokens lists the places of f in the version that was read last: the first one, of each value that stands
// there several times.
func (d *describer) tokens(f find) []Found {
	for _, v := range d.views {
		for i := range v.hits {
			if h := &v.hits[i]; h.Detector == f.detector && h.Digest == f.digest {
				return v.at(h)
			}
		}
	}
	return nil
}

// at is the token that stands where a hit does.
func (v *view) at(h *secret.Hit) []Found {
	for i := range v.tokens {
		t := &v.tokens[i]
		if t.Detector == h.Detector && t.Region.Start.Offset == h.Start && t.Region.End.Offset == h.End {
			hidden := secret.Ranges(t.Region.Path, v.tokens...)
			return []Found{{Token: *t, Excerpt: secret.Excerpt(v.text, t.Region, hidden, secret.NewMasker(v.tokens...))}}
		}
	}
	return nil
}

func sortFound(found []Found) {
	slices.SortFunc(found, func(a, b Found) int {
		x, y := &a.Token, &b.Token
		return cmp.Or(
			strings.Compare(x.Region.Path, y.Region.Path), strings.Compare(a.History.First.ID, b.History.First.ID),
			cmp.Compare(x.Region.Start.Offset, y.Region.Start.Offset), cmp.Compare(x.Region.End.Offset, y.Region.End.Offset),
			strings.Compare(x.Detector, y.Detector))
	})
}

func sortSkips(skips []*gitrepo.Skip) {
	slices.SortFunc(skips, func(a, b *gitrepo.Skip) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Reason, b.Reason))
	})
}

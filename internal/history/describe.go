package history

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/gitrepo"
	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/secret"
	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/unpack"
)

// readCache is how much of what is read again for describing it is kept, in bytes.
const readCache = 32 << 20

// describe makes a Found of each find that is new: it reads the version that came first once more, and asks the
// history which commits hold it.
func (s *search) describe(ctx context.Context, all finds) error {
	s.dropOld(ctx, all)
	order := s.order(all)
	hits := make([]gitrepo.Hit, len(order))
	for i, f := range order {
		hits[i] = gitrepo.Hit{Path: f.path, Blobs: all[f.find]}
	}
	held, err := s.history.Attribute(ctx, hits)
	if err != nil {
		return err
	}
	d := describer{search: s, reader: s.db.NewReader(readCache), searcher: s.detector.NewSearcher(), commits: map[gitrepo.CommitIndex]commit{}}
	for i, f := range order {
		h, since, err := d.told(&held[i])
		if err != nil {
			return err
		}
		found, err := d.find(ctx, &f)
		if err != nil {
			s.lost = append(s.lost, fmt.Sprintf("%s (%s): %v", s.history.Path(f.path), s.db.ID(f.blob), err))
			continue
		}
		found.History, found.Token.Since = h, since
		s.result.Found = append(s.result.Found, found)
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
func (d *describer) told(a *gitrepo.Attribution) (finding.History, time.Time, error) {
	h := finding.History{InHead: a.InHead, Refs: a.Tips}
	first, err := d.commit(a.First)
	if err != nil {
		return h, time.Time{}, err
	}
	last, err := d.commit(a.Last)
	h.First, h.Last = first.Commit, last.Commit
	return h, first.when, err
}

// commit is a commit in words, and when its author says to have made it.
type commit struct {
	finding.Commit
	when time.Time
}

// commit describes a commit, each once: many credentials come with one.
func (d *describer) commit(i gitrepo.CommitIndex) (commit, error) {
	c, known := d.commits[i]
	if known || i == gitrepo.NoCommit {
		return c, nil
	}
	info, err := d.history.Describe(i)
	if err != nil {
		return c, err
	}
	c = commit{finding.Commit{ID: info.ID.String(), Author: info.Author, Email: info.Email}, info.Date}
	if !info.Date.IsZero() {
		c.Date = info.Date.UTC().Format(time.RFC3339)
	}
	d.commits[i] = c
	return c, nil
}

// describer reads versions again and keeps the last one: finds come ordered by version and path.
type describer struct {
	*search
	reader   *odb.Reader
	searcher *secret.Searcher
	commits  map[gitrepo.CommitIndex]commit

	read  bool
	blob  odb.Num
	path  gitrepo.PathID
	views []view
}

// view is a text of a version, and what was found in it at a path: its bytes as they are, or what they
// decode to.
type view struct {
	bytes   []byte
	version *secret.Version

	text   *source.Text
	hits   map[hit]int // the first place of each in tokens
	tokens []secret.Token
	hidden []redact.Range
	masker *redact.Masker
}

// hit is a find at the path of a view.
type hit struct {
	detector string
	digest   secret.Digest
}

// look searches a version at a path, unless it is the one that was searched last.
func (d *describer) look(ctx context.Context, blob odb.Num, path gitrepo.PathID) error {
	if d.read && d.blob == blob && d.path == path {
		return nil
	}
	if !d.read || d.blob != blob {
		_, data, err := d.reader.Read(blob)
		if err != nil {
			return err
		}
		d.views = nil
		all := unpack.Texts(bytes.Clone(data)) // texts outlive the next read
		if len(all) == 0 {
			all = [][]byte{nil} // binary: its path alone was found
		}
		for _, text := range all {
			d.views = append(d.views, view{bytes: text, version: d.searcher.Whole(text)})
		}
	}
	d.read, d.blob, d.path = true, blob, path
	for i := range d.views {
		if err := d.views[i].search(ctx, d, d.history.Path(path)); err != nil {
			return err
		}
	}
	return nil
}

// search fills in what v holds at a path.
func (v *view) search(ctx context.Context, d *describer, path string) error {
	hits, err := d.searcher.Hits(ctx, path, v.bytes, v.version)
	if err != nil && hits == nil {
		return err
	}
	v.text, v.tokens = source.NewText(path, v.bytes), d.detector.Tokens(path, v.bytes, hits)
	v.hidden, v.masker = secret.Ranges(path, v.tokens...), secret.NewMasker(v.tokens...)
	type place struct {
		detector   string
		start, end int
	}
	at := make(map[place]int, len(v.tokens))
	for i := range v.tokens {
		t := &v.tokens[i]
		at[place{t.Detector, t.Region.Start.Offset, t.Region.End.Offset}] = i
	}
	v.hits = make(map[hit]int, len(hits))
	for i := range hits {
		h := &hits[i]
		token, ok := at[place{h.Detector, h.Start, h.End}]
		if _, known := v.hits[hit{h.Detector, h.Digest}]; ok && !known {
			v.hits[hit{h.Detector, h.Digest}] = token
		}
	}
	return nil
}

// find describes f as its earliest version has it: at its first place there.
func (d *describer) find(ctx context.Context, f *earliest) (Found, error) {
	if err := d.look(ctx, f.blob, f.path); err != nil {
		return Found{}, err
	}
	for i := range d.views {
		v := &d.views[i]
		if at, ok := v.hits[hit{f.detector, f.digest}]; ok {
			t := v.tokens[at]
			return Found{Token: t, Excerpt: secret.Excerpt(v.text, t.Region, v.hidden, v.masker)}, nil
		}
	}
	return Found{}, errors.New("not found again, which is a fault of curfew")
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

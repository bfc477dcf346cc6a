package history

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/curfew-ci/curfew/internal/gitrepo"
	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
	"github.com/curfew-ci/curfew/internal/secret"
	"github.com/curfew-ci/curfew/internal/unpack"
)

// placed is a blob at a path.
type placed struct {
	blob odb.Num
	path gitrepo.PathID
}

// dropOld drops the finds that the commits which Options.Since leaves out have at the same path: a later version of the file
// is new, what it kept of the one before is not. What can't be read there drops nothing.
func (s *search) dropOld(ctx context.Context, all finds) {
	found := len(all)
	reader, searcher := s.db.NewReader(readCache), s.detector.NewSearcher()
	var texts [][]byte
	var versions []*secret.Version
	last := odb.Num(-1)
	for _, old := range s.old(all) {
		if old.blob != last {
			_, data, _ := reader.Read(old.blob)
			texts, versions, last = unpack.Texts(data), nil, old.blob
			for _, text := range texts {
				versions = append(versions, searcher.Whole(text))
			}
		}
		for i, text := range texts {
			hits, _ := searcher.Hits(ctx, s.history.Path(old.path), text, versions[i])
			for _, h := range hits {
				if h.End > 0 { // else the path gave it away, and the file is another
					delete(all, find{old.path, h.Detector, h.Digest})
				}
			}
		}
	}
	s.opt.Progress.Found.Add(int64(len(all) - found))
}

// old lists the blobs that are left out at the paths of finds, so that each is read once.
func (s *search) old(all finds) []placed {
	paths := map[gitrepo.PathID]bool{}
	for f := range all {
		paths[f.path] = true
	}
	var out []placed
	for path := range maps.Keys(paths) {
		for _, blob := range s.history.Before(path) {
			out = append(out, placed{blob, path})
		}
	}
	slices.SortFunc(out, func(a, b placed) int { return cmp.Or(cmp.Compare(a.blob, b.blob), cmp.Compare(a.path, b.path)) })
	return out
}

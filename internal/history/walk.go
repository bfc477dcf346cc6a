package history

import (
	"context"
	"errors"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/curfew-ci/curfew/internal/gitrepo"
	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
	"github.com/curfew-ci/curfew/internal/secret"
	"github.com/curfew-ci/curfew/internal/unpack"
)

// find names a credential: versions of a file that hold the same value at the same path hold one.
type find struct {
	path     gitrepo.PathID
	detector string
	digest   secret.Digest
}

// finds are the blobs that hold each find.
type finds map[find][]odb.Num

// worker searches the families of deltas that it is given, one after the other.
type worker struct {
	*search
	ctx      context.Context //nolint:containedctx // of one walk: its visits have no room for it
	walker   *odb.Walker
	searcher *secret.Searcher

	finds   finds
	met     int // blobs, searched or not
	blobs   int
	bytes   int64
	skipped skips
}

// walk searches all blobs, each worker family after family.
func (s *search) walk(ctx context.Context) (finds, error) {
	roots := s.forest.Roots(odb.Blob)
	workers := make([]*worker, max(s.opt.Workers, 1))
	var next atomic.Int64
	g, gctx := errgroup.WithContext(ctx)
	for i := range workers {
		w := &worker{
			search: s, ctx: gctx, walker: s.forest.NewWalker(odb.WalkerOptions{}), searcher: s.detector.NewSearcher(),
			finds: finds{}, skipped: skips{},
		}
		workers[i] = w
		g.Go(func() error {
			return odb.Guard(func() error { return w.run(roots, &next) })
		})
	}
	err := g.Wait()
	return s.join(workers), err
}

// run walks the families of roots that no other worker has taken.
func (w *worker) run(roots []odb.Num, next *atomic.Int64) error {
	for {
		n := next.Add(1) - 1
		if n >= int64(len(roots)) {
			return nil
		}
		if err := odb.Walk(w.ctx, w.walker, roots[n], w.visit); err != nil {
			return err
		}
	}
}

// join puts together what the workers found: the order in which they did leaves no trace.
func (s *search) join(workers []*worker) finds {
	all := finds{}
	skipped := skips{}
	found := 0
	for _, w := range workers {
		for f, blobs := range w.finds {
			all[f] = append(all[f], blobs...)
		}
		skipped.join(w.skipped)
		found += len(w.finds)
		s.met += w.met
		s.result.Blobs += w.blobs
		s.result.Bytes += w.bytes
		s.faults = append(s.faults, w.walker.Faults()...)
	}
	s.noFiles(skipped)
	s.result.Skipped = skipped.list(s.history.Path, s.opt.Known)
	s.opt.Progress.Found.Add(int64(len(all) - found)) // those that several workers found
	return all
}

// visit searches one version of a file and returns what is known of it for those made of it; nil where it
// isn't text.
func (w *worker) visit(v odb.Version, base *secret.Version, hasBase bool) (*secret.Version, error) {
	pairs := w.history.Pairs(v.Num)
	if v.Data == nil {
		w.count(pairs, nil)
		w.skip(pairs, v.Omitted, "search it by itself")
		return nil, nil
	}
	w.count(pairs, v.Data)
	texts := unpack.Texts(v.Data)
	if len(texts) == 0 {
		if unpack.IsArchive(v.Data) {
			w.skip(pairs, AnArchive, "check it out and search the files in it with --archives")
		} else {
			w.skip(pairs, Binary, FixBinary)
		}
		w.note(v.Num, pairs, nil, w.searcher.Whole(nil)) // a path alone can give a key store away
		return nil, w.ctx.Err()
	}
	var version *secret.Version
	if hasBase && base != nil {
		version = w.searcher.Next(v.Data, base, v.BaseLen, v.Copies)
	} else {
		version = w.searcher.Whole(v.Data)
	}
	// What nothing reaches is looked over all the same, for what is made of it.
	w.note(v.Num, pairs, texts[0], version)
	for _, decoded := range texts[1:] {
		w.note(v.Num, pairs, decoded, w.searcher.Whole(decoded))
	}
	return version, w.ctx.Err()
}

// maxRepeats bounds how often the credentials of one blob are noted at further paths: folders that repeat
// each other put one file at millions.
const maxRepeats = 1000

// note keeps what a text holds at the paths at which it was.
func (w *worker) note(blob odb.Num, pairs []gitrepo.Pair, text []byte, version *secret.Version) {
	repeats := 0
	for i := range pairs {
		if w.ctx.Err() != nil {
			return
		}
		path := pairs[i].Path
		hits, err := w.searcher.Hits(w.ctx, w.history.Path(path), text, version)
		switch {
		case errors.Is(err, secret.ErrAllowlisted):
			if text != nil { // else it is binary, and that has been said
				w.skip(pairs[i:i+1], err.Error(), "")
			}
			continue
		case err != nil && w.ctx.Err() == nil:
			w.skip(pairs[i:i+1], err.Error(), "search it by itself")
		}
		if i > 0 {
			if repeats += len(hits); repeats > maxRepeats {
				w.skip(pairs[i:], "what it holds is told at too many other paths already", "search it at one of them")
				return
			}
		}
		w.keep(blob, path, hits)
	}
}

// keep notes hits in a blob at a path.
func (w *worker) keep(blob odb.Num, path gitrepo.PathID, hits []secret.Hit) {
	before := len(w.finds)
	for i := range hits {
		f := find{path, hits[i].Detector, hits[i].Digest}
		if blobs := w.finds[f]; len(blobs) == 0 || blobs[len(blobs)-1] != blob {
			w.finds[f] = append(blobs, blob)
		}
	}
	if n := len(w.finds) - before; n > 0 {
		w.opt.Progress.Found.Add(int64(n))
	}
}

func (w *worker) skip(pairs []gitrepo.Pair, reason, fix string) {
	for i := range pairs {
		w.skipped.add(pairs[i].Path, why{reason, fix})
	}
}

// count counts a blob that the history reaches; data is nil where it isn't read.
func (w *worker) count(pairs []gitrepo.Pair, data []byte) {
	if len(pairs) == 0 {
		return
	}
	w.met++
	if data != nil {
		w.blobs++
	}
	w.bytes += int64(len(data))
	w.opt.Progress.Objects.Add(1)
	w.opt.Progress.Bytes.Add(int64(len(data)))
}

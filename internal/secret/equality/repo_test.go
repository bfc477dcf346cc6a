package equality

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
	"github.com/curfew-ci/curfew/internal/secret/engine"
)

// TestEqualityRepo holds the engine to the library on every blob of a repository's history: the library
// searches what git reads, the engine goes along the deltas of our own reader. It is asked for by
//
//	CURFEW_EQUALITY_REPO     the repository, or its bare directory
//	CURFEW_EQUALITY_CACHE    a folder to keep the library's findings in: it takes minutes to hours
//	CURFEW_EQUALITY_LARGEST  bytes up to which every blob is compared; all by default
//	CURFEW_EQUALITY_EVERY    n, to compare one in n of those that are larger; none by default
func TestEqualityRepo(t *testing.T) {
	repo := os.Getenv("CURFEW_EQUALITY_REPO")
	if repo == "" {
		t.Skip("no repository to compare on: make equality REPO=path")
	}
	largest, every := number(t, "CURFEW_EQUALITY_LARGEST"), number(t, "CURFEW_EQUALITY_EVERY")
	compareRepo(t, repo, os.Getenv("CURFEW_EQUALITY_CACHE"), func(b blob) bool {
		return largest == 0 || b.size <= largest || every > 0 && b.number()%every == 0
	})
}

// TestEqualityHere holds the engine to the library on a sample of this project's own history.
func TestEqualityHere(t *testing.T) {
	const every = 2
	here := filepath.Join("..", "..", "..")
	if _, err := os.Stat(filepath.Join(here, ".git")); err != nil {
		t.Skip("this is no clone: its history isn't here to compare on")
	}
	compareRepo(t, here, "", func(b blob) bool { return b.number()%every == 0 })
}

// compareRepo compares the blobs of a repository that are wanted.
func compareRepo(t *testing.T, repo, folder string, wanted func(blob) bool) {
	t.Helper()
	cfg, rules := configuration(t)
	all := listBlobs(t, repo)
	blobs := slices.DeleteFunc(slices.Clone(all), func(b blob) bool { return !wanted(b) })
	t.Logf("%d of %d blobs are compared", len(blobs), len(all))
	c := openCache(t, folder, rules)
	searchAll(t, repo, newLibrary(cfg), c, blobs)

	e, err := engine.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	objects := strings.TrimSuffix(output(t, nil, repo, "rev-parse", "--git-path", "objects"), "\n")
	if !filepath.IsAbs(objects) {
		objects = filepath.Join(repo, objects)
	}
	y := newTally(cfg)
	walkAll(t, objects, &comparison{t: t, engine: e, cache: c, tally: y, wanted: byID(blobs)})
	t.Log(y)
	if y.texts+y.panics+y.cut != len(blobs) || len(blobs) == 0 {
		t.Errorf("%d blobs were compared, want %d", y.texts+y.panics+y.cut, len(blobs))
	}
	if y.missing+y.extra > 0 {
		t.Errorf("%d findings are missing, %d unexplained", y.missing, y.extra)
	}
}

func number(t *testing.T, name string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(cmp.Or(os.Getenv(name), "0"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// number is the beginning of a blob's id: any samples of it are the same in every run.
func (b blob) number() int64 {
	n, _ := strconv.ParseInt(b.id[:8], 16, 64)
	return n
}

func byID(blobs []blob) map[string]blob {
	out := make(map[string]blob, len(blobs))
	for _, b := range blobs {
		out[b.id] = b
	}
	return out
}

// comparison is the engine's side.
type comparison struct {
	t      *testing.T
	engine *engine.Engine
	cache  *cache
	tally  *tally
	wanted map[string]blob
}

// walkAll takes the engine along all deltas of a database, on all cores.
func walkAll(t *testing.T, objects string, c *comparison) {
	t.Helper()
	db, err := odb.Open(objects, odb.SHA1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // read only
	forest, err := db.Forest(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	roots := forest.Roots(odb.Blob)
	var next atomic.Int64
	var group errgroup.Group
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() error {
			w, s := forest.NewWalker(odb.WalkerOptions{}), c.engine.NewScanner()
			for {
				i := int(next.Add(1)) - 1
				if i >= len(roots) {
					return nil
				}
				err := odb.Walk(context.Background(), w, roots[i], func(v odb.Version, base *engine.State, hasBase bool) (*engine.State, error) {
					return c.visit(s, db.ID(v.Num).String(), v, base, hasBase), nil
				})
				if err != nil {
					return err
				}
			}
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}

// visit looks over a version and compares it, if it is among those that are wanted.
func (c *comparison) visit(s *engine.Scanner, id string, v odb.Version, base *engine.State, hasBase bool) *engine.State {
	var st *engine.State
	if hasBase {
		st = s.Next(v.Data, base, v.BaseLen, v.Copies)
	} else {
		st = s.Whole(v.Data)
	}
	b, wanted := c.wanted[id]
	if !wanted {
		return st
	}
	library, _ := c.cache.get(b)
	found, tooMany := matches(c.t, s, b.path, v.Data, st)
	switch {
	case library.Panic != "":
		c.tally.count(&c.tally.panics)
	case tooMany:
		c.tally.count(&c.tally.cut)
	default:
		c.tally.check(c.t, id, b.path, v.Data, library.Found, found)
	}
	return st
}

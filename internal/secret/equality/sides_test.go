package equality

import (
	"runtime"
	"testing"

	"golang.org/x/sync/errgroup"
)

// searchAll has the library search the blobs that the cache doesn't know, on all cores.
func searchAll(t *testing.T, repo string, l library, c *cache, blobs []blob) {
	t.Helper()
	var todo []blob
	for _, b := range blobs {
		if _, known := c.get(b); !known {
			todo = append(todo, b)
		}
	}
	t.Logf("the library searches %d of %d blobs", len(todo), len(blobs))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	err := readBlobs(repo, todo, func(b blob, text []byte) {
		group.Go(func() error {
			line := cacheLine{cacheKey: cacheKey{b.id, b.path}}
			found, err := l.search(b.path, text)
			if line.Found = found; err != nil {
				line.Panic = err.Error()
			}
			return c.put(line)
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}

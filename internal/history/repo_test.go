package history_test

import (
	"context"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/gitrepo"
	"github.com/curfew-ci/curfew/internal/history"
	"github.com/curfew-ci/curfew/internal/secret"
	"github.com/curfew-ci/curfew/rules"
)

// TestRepository searches a repository that the environment names, for measuring by hand.
func TestRepository(t *testing.T) {
	dir := os.Getenv("CURFEW_BENCH_REPO")
	if dir == "" {
		t.Skip("CURFEW_BENCH_REPO names no repository")
	}
	tree, err := gitrepo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close() //nolint:errcheck // only read
	d, err := secret.New(rules.SecretRules())
	if err != nil {
		t.Fatal(err)
	}
	started := time.Now()
	r, err := history.Search(context.Background(), tree, d, history.Options{Workers: runtime.GOMAXPROCS(0)})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %d commits, %d blobs, %d bytes, %d found, %d skipped", time.Since(started), r.Commits, r.Blobs, r.Bytes, len(r.Found), len(r.Skipped))
	for _, f := range r.Found[:min(len(r.Found), 60)] {
		t.Logf("%s %s covered=%v unlikely=%q in head %v %+v", f.Token.Region, f.Token.Detector, f.Token.Covered, f.Token.Unlikely, f.History.InHead, f.History.First)
	}
	for _, m := range r.Missing {
		t.Logf("%+v", m)
	}
}
